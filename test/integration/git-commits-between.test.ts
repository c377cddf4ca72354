import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { CommitsAnswer } from "../../src/git/commits-between.ts";
import type { GitRepositories } from "../../src/git/git-repositories.ts";
import { createDemoRepository, DEMO_COMMITS } from "../../src/simulator/git-demo-repository.ts";
import { runGit } from "../../src/simulator/git-program.ts";
import type { GitRepository } from "../../src/simulator/git-repository.ts";
import { appErrorOf } from "../support/app-error-of.ts";
import { GitWorkbench } from "../support/git-workbench.ts";

const author = { name: "Ana Lopez", email: "ana@example.com" };
const NONE = { commits: [], touching: 0, others: 0 };

describe("the commits between what is live and the target", () => {
  let bench: GitWorkbench;
  let repository: GitRepository;
  let git: GitRepositories;

  beforeAll(async () => {
    bench = await GitWorkbench.create();
    repository = await createDemoRepository(join(bench.folder, "deploy.git"));
    git = bench.open();
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  const between = (from: string, to: string, paths: readonly string[] = [], most?: number): Promise<CommitsAnswer> =>
    git.commitsBetween({
      repository: bench.url("deploy.git"),
      from,
      to,
      paths,
      ...(most === undefined ? {} : { most }),
    });

  test("are those that touch the application, the newest first, and a count of the rest", async () => {
    expect(await between(DEMO_COMMITS.checkoutLive, DEMO_COMMITS.target, ["checkout/prod"])).toMatchObject({
      kind: "forward",
      added: {
        commits: [{ sha: DEMO_COMMITS.target }, { sha: DEMO_COMMITS.hostileSubject }],
        touching: 2,
        others: 2,
      },
      removed: NONE,
    });
  });

  test("are all of them for the root of the repository, however it is written", async () => {
    const wanted = await between(DEMO_COMMITS.checkoutLive, DEMO_COMMITS.target);
    expect(wanted).toMatchObject({ added: { touching: 4, others: 0 } });
    for (const paths of [["."], ["/"], ["./"], [""], ["checkout", "."]]) {
      expect(await between(DEMO_COMMITS.checkoutLive, DEMO_COMMITS.target, paths)).toEqual(wanted);
    }
  });

  test("are what goes away when the target comes before what is live", async () => {
    expect(await between(DEMO_COMMITS.target, DEMO_COMMITS.checkoutLive, ["checkout"])).toMatchObject({
      kind: "backward",
      added: NONE,
      removed: { touching: 2, others: 2 },
    });
  });

  test("are listed for both sides when the two have diverged", async () => {
    expect(await between(DEMO_COMMITS.target, DEMO_COMMITS.experiment)).toMatchObject({
      kind: "diverged",
      added: { commits: [{ sha: DEMO_COMMITS.experiment }], touching: 1 },
      removed: { touching: 3 },
    });
  });

  test("have no common beginning for unrelated histories", async () => {
    const other = await createDemoRepository(join(bench.folder, "other.git"));
    const orphan = await other.commit({ branch: "orphan", author, message: "orphan", files: { x: "1" } });
    await runGit([
      "--git-dir",
      repository.folder,
      "fetch",
      "--quiet",
      other.folder,
      "+refs/heads/orphan:refs/heads/orphan",
    ]);
    expect(await between(DEMO_COMMITS.target, orphan)).toMatchObject({
      kind: "diverged",
      added: { touching: 1 },
    });
  });

  test("are none when both are the same", async () => {
    expect(await between(DEMO_COMMITS.target, DEMO_COMMITS.target)).toEqual({ kind: "same" });
  });

  test.each(["0".repeat(40), "main", "", "--output=/tmp/x"])("are unknown when %j is live", async (from) => {
    expect(await between(from, DEMO_COMMITS.target)).toEqual({ kind: "unknown-live", sha: from });
    expect(await between(DEMO_COMMITS.target, from)).toEqual({ kind: "unknown-target", sha: from });
  });

  test("are capped in the list but not in the count", async () => {
    const answer = await between(DEMO_COMMITS.initial, DEMO_COMMITS.webPrices, [], 3);
    expect(answer).toMatchObject({
      added: { commits: [{ sha: DEMO_COMMITS.webPrices }, {}, {}], touching: 14, others: 0 },
    });
  });

  test("include those of a side branch whose change the merge did not take over", async () => {
    const base = await repository.commit({
      branch: "trunk",
      from: DEMO_COMMITS.webPrices,
      author,
      message: "base",
      files: { "shop/a": "1" },
    });
    const side = await repository.commit({
      branch: "side",
      from: base,
      author,
      message: "side",
      files: { "shop/a": "2" },
    });
    const tree = (await runGit(["--git-dir", repository.folder, "rev-parse", `${base}^{tree}`])).trim();
    const person = "Ana <ana@example.com> 1796000000 +0000";
    const text = `tree ${tree}\nparent ${base}\nparent ${side}\nauthor ${person}\ncommitter ${person}\n\nmerge, ours\n`;
    const merge = (
      await runGit(["--git-dir", repository.folder, "hash-object", "-t", "commit", "-w", "--stdin"], text)
    ).trim();
    await bench.setReference(repository, "refs/heads/trunk", merge);
    const answer = await between(base, merge, ["shop"]);
    expect(answer).toMatchObject({ kind: "forward", added: { touching: 2, others: 0 } });
    expect(answer).toMatchObject({
      added: { commits: expect.arrayContaining([expect.objectContaining({ sha: side })]) },
    });
  });

  test("take a path as it is written, without Git's patterns", async () => {
    for (const path of [":(exclude)checkout", "*", "checkout/*", ":/", "--all", "-p"]) {
      expect(await between(DEMO_COMMITS.checkoutLive, DEMO_COMMITS.target, [path])).toMatchObject({
        added: { touching: 0, others: 4 },
      });
    }
  });

  test("refuse a path that leads out of the repository", async () => {
    const error = await appErrorOf(between(DEMO_COMMITS.checkoutLive, DEMO_COMMITS.target, ["checkout/../../etc"]));
    expect(error.code).toBe("git.path");
  });
});
