import { z } from "zod";

import type { JsonMap } from "../../platform/canonical-json.ts";
import type { TriggerKind } from "../trigger-kind.ts";
import { deliveryId } from "./delivery-id.ts";
import { nothing, readingOf, type Fact } from "./fact.ts";
import { githubCheckSuite, githubWorkflowRun } from "./github-checks.ts";
import { GithubEvent } from "./github-event.ts";
import { githubPackage } from "./github-package.ts";
import { githubPush } from "./github-push.ts";
import { githubRelease } from "./github-release.ts";
import { admitHmac, verifyHmac, type HmacProof } from "./hmac-proof.ts";
import { loneHeader } from "./lone-header.ts";
import { oneLine } from "./one-line.ts";
import { FORM, readPayload } from "./read-payload.ts";

const Settings = z.strictObject({});

const PROOF: HmacProof = {
  kind: "hmac",
  header: "x-hub-signature-256",
  algorithm: "sha256",
  encoding: "hex",
  prefix: "sha256=",
};

const READERS: Readonly<Record<string, (payload: JsonMap) => Fact>> = {
  ping: () => nothing("it is a ping: the webhook works"),
  push: githubPush,
  workflow_run: githubWorkflowRun,
  check_suite: githubCheckSuite,
  release: githubRelease,
  package: githubPackage,
  registry_package: githubPackage,
};

/** Webhooks of GitHub and GitHub Enterprise Server, of a repository, an organization or an app. */
export const githubKind: TriggerKind<z.infer<typeof Settings>> = {
  name: "github",
  summary: "Pushes, workflow runs, check suites, releases and container images of GitHub",
  settings: Settings,
  event: GithubEvent,
  proof: "secret",
  contentTypes: ["application/json", FORM],
  headers: ["X-GitHub-Event: workflow_run"],
  admit: (head) => admitHmac(head, PROOF),
  verify: (delivery, { secrets }) => verifyHmac(delivery, PROOF, secrets),
  read(delivery) {
    const payload = readPayload(delivery);
    if (payload.kind === "unreadable") return payload;
    const { headers, body } = delivery;
    const id = deliveryId(loneHeader(headers, "x-github-delivery"), body);
    const name = loneHeader(headers, "x-github-event") ?? "";
    const reader = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
    const fact =
      reader?.(payload.value) ?? nothing(`nothing is read from the event ${oneLine(name) || "without a name"}`);
    return readingOf(id, [fact]);
  },
};
