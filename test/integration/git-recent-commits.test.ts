import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { GitWorkbench } from "../support/git-workbench.ts";
import type { GitRepository } from "../../src/simulator/git-repository.ts";

const author = { name: "Ana Lopez", email: "ana@example.com" };

describe("the newest commits that may be deployed", () => {
  let bench: GitWorkbench;
  let repository: GitRepository;

  beforeAll(async () => {
    bench = await GitWorkbench.create();
    repository = await bench.repository("deploy.git");
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  const commit = (branch: string, message: string, from?: string): Promise<string> =>
    repository.commit({ branch, author, message, files: { [`${message}.txt`]: message }, ...(from && { from }) });

  const recent = (
    git: ReturnType<GitWorkbench["open"]>,
    { most = 10, allowedBranches = ["main", "release/*"], signal = AbortSignal.timeout(20_000) } = {},
  ) => git.recentCommits({ repository: bench.url("deploy.git"), allowedBranches, most, signal });

  it("come from every allowed branch, with the branches and tags that stand at them, and from no other", async () => {
    const git = bench.open();
    const first = await commit("main", "first");
    await bench.setReference(repository, "refs/tags/v1", first);
    const second = await commit("main", "second", first);
    await commit("release/1", "fix", first);
    await commit("wild", "experiment", second);
    const commits = await recent(git);
    expect(new Set(commits.map(({ subject }) => subject))).toEqual(new Set(["first", "second", "fix"]));
    const names = new Map(commits.map(({ subject, names: at }) => [subject, at]));
    expect([names.get("first"), names.get("second"), names.get("fix")]).toEqual([["v1"], ["main"], ["release/1"]]);
    expect(commits.find(({ subject }) => subject === "first")?.author.name).toBe("Ana Lopez");
    expect(await recent(git, { most: 1 })).toHaveLength(1);
    expect(await recent(git, { allowedBranches: ["nothing"] })).toEqual([]);
  });

  it("are those that are known already when the repository does not answer in time", async () => {
    const git = bench.open({ maxAgeMs: 0 });
    await recent(git);
    expect(await recent(git, { signal: AbortSignal.abort() })).not.toEqual([]);
  });
});
