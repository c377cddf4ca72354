import type { TriggerKind } from "../trigger-kind.ts";
import { cloudeventsKind } from "./cloudevents.ts";
import { genericKind } from "./generic.ts";
import { githubKind } from "./github.ts";
import { gitlabKind } from "./gitlab.ts";
import { harborKind } from "./harbor.ts";
import { ociKind } from "./oci.ts";

/** Every sender that posts to `/triggers/NAME`. */
export function httpKinds(): readonly TriggerKind[] {
  return [githubKind, gitlabKind, harborKind, ociKind, cloudeventsKind, genericKind];
}
