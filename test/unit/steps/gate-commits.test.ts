import { describe, expect, it } from "vitest";

import type { CommitsAnswer } from "../../../src/git/commits-between.ts";
import { AppError } from "../../../src/platform/errors.ts";
import { gateCommits } from "../../../src/steps/gate-commits.ts";
import { commitAnswer } from "../../support/intake-rig.ts";
import { SHA_A, SHA_B } from "../argocd/application-builder.ts";

const NONE = { commits: [], touching: 0, others: 0 };
const TWO = { commits: [commitAnswer(SHA_B), commitAnswer(SHA_A)], touching: 5, others: 7 };

async function commits(
  answer: CommitsAnswer | Error,
  { from = SHA_A, signal = new AbortController().signal } = {},
): ReturnType<typeof gateCommits> {
  const reader = {
    commitsBetween: () => (answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)),
  };
  return await gateCommits(reader, { repository: "r", from, to: SHA_B, paths: ["checkout"], signal });
}

describe("the commits that a gate shows", () => {
  it("are those that touch the application; the rest is counted", async () => {
    expect(await commits({ kind: "forward", added: TWO, removed: NONE })).toEqual({
      direction: "forward",
      commits: [
        { sha: SHA_B, subject: "A change", author: "Ana", authoredAt: 1 },
        { sha: SHA_A, subject: "A change", author: "Ana", authoredAt: 1 },
      ],
      otherCommits: 10,
    });
  });

  it("are those that would be gone when it goes back, with a warning", async () => {
    const shown = await commits({ kind: "backward", added: NONE, removed: TWO });
    expect(shown).toMatchObject({ direction: "backward", otherCommits: 10 });
    expect(shown.commits).toHaveLength(2);
    expect(shown.warning).toContain("goes back");
  });

  it("come with a warning of what would be lost when the two have parted", async () => {
    const shown = await commits({ kind: "diverged", added: TWO, removed: { ...NONE, touching: 1, others: 2 } });
    expect(shown.direction).toBe("diverged");
    expect(shown.warning).toContain("3 commits");
  });

  it("are none when nothing changes, and none with the reason when it cannot be told", async () => {
    expect(await commits({ kind: "same" })).toEqual({ direction: "same", commits: [], otherCommits: 0 });
    expect((await commits({ kind: "same" }, { from: "" })).warning).toContain("live there yet");
    for (const kind of ["unknown-live", "unknown-target"] as const) {
      expect(await commits({ kind, sha: SHA_A })).toMatchObject({ direction: "unknown", commits: [] });
    }
    const away = new AppError("git.example.com does not answer.", { code: "git.unreachable", retry: "backoff" });
    expect((await commits(away)).warning).toContain("git.example.com does not answer");
  });

  it("are not gathered any more once the gate is given up", async () => {
    const signal = AbortSignal.abort(new Error("the server ends"));
    await expect(commits(new Error("killed"), { signal })).rejects.toThrow("the server ends");
  });
});
