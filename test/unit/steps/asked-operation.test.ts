import { describe, expect, it } from "vitest";

import { rememberBefore } from "../../../src/argocd/expectation.ts";
import { findRollback } from "../../../src/steps/asked-operation.ts";
import { seenBefore, seenIn } from "../argocd/recording.ts";

function changesOf(kinds: readonly string[]): readonly string[] {
  return kinds.filter((kind, index) => kind !== kinds[index - 1]);
}

describe("what was asked of a real Argo CD", () => {
  it("is found as a rollback of its own all its life, which carries no identity", () => {
    const [recording, app, postedAt] = ["degraded-after-sync", "checkout-staging", 9.1] as const;
    const before = rememberBefore(seenBefore(recording, app, postedAt));
    const revisions = ["f08ca6572a4368aa2f76fcb86a7cd5af70c88bfc"];
    const restores = { historyId: 1, revisions, sourceDigest: "", username: "quarterdeck" };
    const found = seenIn(recording, app).map(({ t, application }) => {
      const kind = findRollback(application, { before, postedAtMs: 0, restores })?.kind ?? "none";
      return `${t < postedAt ? "before" : "after"} ${kind}`;
    });
    expect(changesOf(found)).toEqual(["before none", "after requested", "after active", "after finished"]);
    const others = seenIn(recording, app).map(({ application }) =>
      findRollback(application, { before, postedAtMs: 0, restores: { ...restores, username: "ana" } }),
    );
    expect(new Set(others)).toEqual(new Set([undefined]));
  });
});
