import { describe, expect, it } from "vitest";

import { appliedRevision, liveRevision } from "../../../src/steps/live-revision.ts";
import { anApplication, aState, SHA_A, SHA_B } from "../argocd/application-builder.ts";

const operationState = aState(SHA_A, "ana", "Succeeded");

describe("the revision that is live", () => {
  it("is the one that was applied last, wherever the branch is", () => {
    const pinned = anApplication({ status: { operationState, sync: { status: "Synced", revision: SHA_B } } });
    expect(liveRevision(pinned)).toBe(SHA_A);
  });

  it("is the one that the branch has come to, where Argo CD follows it and finds nothing to apply", () => {
    const spec = { syncPolicy: { automated: {} } };
    const followed = anApplication({ spec, status: { operationState, sync: { status: "Synced", revision: SHA_B } } });
    expect([liveRevision(followed), appliedRevision(followed)]).toEqual([SHA_B, SHA_A]);
    const notYet = anApplication({ spec, status: { operationState, sync: { status: "OutOfSync", revision: SHA_B } } });
    expect(liveRevision(notYet)).toBe(SHA_A);
  });
});
