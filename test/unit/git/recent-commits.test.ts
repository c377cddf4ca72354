import { describe, expect, it } from "vitest";

import type { MirrorReader } from "../../../src/git/look-up-revision.ts";
import { recentCommits } from "../../../src/git/recent-commits.ts";
import { cpuTimeMs } from "../../support/cpu-time.ts";

const SHA = "a".repeat(40);

describe("the newest commits of a repository", () => {
  it("are found quickly where twenty thousand tags stand at one of them", async () => {
    const tags = Array.from({ length: 20_000 }, (_, index) => `${SHA}  refs/tags/v${index}\n`).join("");
    const mirror: MirrorReader = {
      read: ({ command, operands = [] }) => {
        const references = operands.includes("refs/tags/") ? tags : "refs/heads/main\n";
        const stdout = command === "log" ? `${SHA}\0aaaaaaa\0Ana\0a@b.c\x001\x001\0First\0` : references;
        return Promise.resolve({ exitCode: 0, stdout });
      },
    };
    const started = cpuTimeMs();
    const [commit] = await recentCommits(mirror, { allowedBranches: ["main"], most: 10 });
    expect(commit?.names).toHaveLength(20_000);
    // A second and more when each of them was a new list.
    expect(cpuTimeMs() - started).toBeLessThan(500);
  });
});
