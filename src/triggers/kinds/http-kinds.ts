import type { TriggerKind } from "../trigger-kind.ts";
import { argoEventsKind } from "./argo-events.ts";
import { argocdNotificationsKind } from "./argocd-notifications.ts";
import { cloudeventsKind } from "./cloudevents.ts";
import { dockerHubKind } from "./docker-hub.ts";
import type { FetchText } from "./fetch-text-port.ts";
import { genericKind } from "./generic.ts";
import { githubKind } from "./github.ts";
import { gitlabKind } from "./gitlab.ts";
import { harborKind } from "./harbor.ts";
import { ociKind } from "./oci.ts";
import { quayKind } from "./quay.ts";
import { s3Kind } from "./s3.ts";
import { snsKind } from "./sns.ts";
import { terraformCloudKind } from "./terraform-cloud.ts";

/** What the kinds need to ask others. */
export interface HttpKindDeps {
  readonly fetchText: FetchText;
}

/** Every sender that posts to `/triggers/NAME`. */
export function httpKinds(deps: HttpKindDeps): readonly TriggerKind[] {
  return [
    githubKind,
    gitlabKind,
    dockerHubKind,
    harborKind,
    quayKind,
    ociKind,
    cloudeventsKind,
    s3Kind,
    snsKind(deps),
    terraformCloudKind,
    argocdNotificationsKind,
    argoEventsKind,
    genericKind,
  ];
}
