import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { GitRepositories } from "../../src/git/git-repositories.ts";
import type { RevisionAnswer } from "../../src/git/look-up-revision.ts";
import { createDemoRepository, DEMO_COMMITS } from "../../src/simulator/git-demo-repository.ts";
import { runGit } from "../../src/simulator/git-program.ts";
import type { GitRepository } from "../../src/simulator/git-repository.ts";
import { appErrorOf } from "../support/app-error-of.ts";
import { GitWorkbench } from "../support/git-workbench.ts";

const author = { name: "Ana Lopez", email: "ana@example.com" };

describe("a revision", () => {
  let bench: GitWorkbench;
  let repository: GitRepository;
  let git: GitRepositories;

  beforeAll(async () => {
    bench = await GitWorkbench.create();
    repository = await createDemoRepository(join(bench.folder, "deploy.git"));
    await runGit(["--git-dir", repository.folder, "config", "uploadpack.allowFilter", "true"]);
    git = bench.open();
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  const resolve = (text: string, allowedBranches: readonly string[] = ["main"]): Promise<RevisionAnswer> =>
    git.resolveRevision({ repository: bench.url("deploy.git"), text, allowedBranches });
  const commit = (branch: string, message: string, files: Record<string, string> = {}): Promise<string> =>
    repository.commit({ branch, from: DEMO_COMMITS.target, author, message, files });

  test.each(["abc1", "abc123", "ABC1236E", DEMO_COMMITS.target])(
    "named %s is the one commit that begins so",
    async (text) => {
      expect(await resolve(text)).toMatchObject({
        kind: "resolved",
        sha: DEMO_COMMITS.target,
        short: DEMO_COMMITS.target.slice(0, 7),
        via: "sha",
      });
    },
  );

  test("has subject, author and time", async () => {
    const answer = await resolve("abc123");
    expect(answer).toMatchObject({
      subject: expect.stringMatching(/\S/u),
      author: { email: expect.stringContaining("@") },
    });
    expect(answer).toHaveProperty("authoredAt", expect.any(Number));
  });

  test("can be a branch, short or in full", async () => {
    for (const text of ["main", "refs/heads/main"]) {
      expect(await resolve(text)).toMatchObject({
        kind: "resolved",
        sha: DEMO_COMMITS.webPrices,
        via: "branch",
      });
    }
  });

  test("can be a tag, plain or annotated, and is then the commit that the tag is of", async () => {
    expect(await resolve("checkout-1.4.2")).toMatchObject({ sha: DEMO_COMMITS.checkoutLive, via: "tag" });
    expect(await resolve("checkout-1.5.0")).toMatchObject({
      sha: DEMO_COMMITS.target,
      via: "tag",
    });
  });

  test("can be a tag of a tag, but not a tag of a file", async () => {
    const inner = (await runGit(["--git-dir", repository.folder, "rev-parse", "refs/tags/checkout-1.5.0"])).trim();
    const outer = `object ${inner}\ntype tag\ntag outer\ntagger A <a@x> 1795000000 +0000\n\nouter\n`;
    const outerId = (await runGit(["--git-dir", repository.folder, "mktag"], outer)).trim();
    const blob = (await runGit(["--git-dir", repository.folder, "hash-object", "-w", "--stdin"], "x")).trim();
    await bench.setReference(repository, "refs/tags/outer", outerId);
    await bench.setReference(repository, "refs/tags/blob", blob);
    expect(await resolve("outer")).toMatchObject({ kind: "resolved", sha: DEMO_COMMITS.target, via: "tag" });
    expect(await resolve("blob")).toMatchObject({ kind: "unknown" });
  });

  test("is ambiguous when several commits begin so, the newest first", async () => {
    expect(await resolve("1427")).toMatchObject({
      kind: "ambiguous",
      count: 2,
      candidates: [{ sha: DEMO_COMMITS.hostileSubject }, { sha: DEMO_COMMITS.checkoutRounding }],
    });
    expect(await resolve("14272")).toMatchObject({ kind: "resolved", sha: DEMO_COMMITS.checkoutRounding });
  });

  test("is not made ambiguous by a commit that may not be deployed anyway", async () => {
    const before = DEMO_COMMITS.checkoutRounding;
    await bench.setReference(repository, "refs/heads/old", before);
    expect(await resolve("1427", ["old"])).toMatchObject({
      kind: "resolved",
      sha: before,
    });
  });

  test("is never a tree or a file that happens to begin so", async () => {
    const tree = (await runGit(["--git-dir", repository.folder, "rev-parse", "main^{tree}"])).trim();
    expect(await resolve(tree)).toMatchObject({ kind: "unknown" });
    expect(await resolve(tree.slice(0, 12))).toMatchObject({ kind: "unknown" });
  });

  test("that is on another branch only is refused with the branches it is on", async () => {
    expect(await resolve("experiment/dark-mode")).toMatchObject({
      kind: "not-allowed",
      sha: DEMO_COMMITS.experiment,
      onBranches: ["experiment/dark-mode"],
      allowedBranches: ["main"],
    });
    expect(await resolve("experiment/dark-mode", ["experiment/*"])).toMatchObject({ kind: "resolved" });
    expect(await resolve("main", [])).toMatchObject({ kind: "not-allowed" });
  });

  test("that no branch has any more is refused as such", async () => {
    const gone = await commit("gone", "Soon forgotten");
    expect(await resolve(gone, ["gone"])).toMatchObject({ kind: "resolved" });
    await bench.setReference(repository, "refs/heads/gone", undefined);
    expect(await resolve("main")).toMatchObject({ kind: "resolved" });
    expect(await resolve(gone, ["gone"])).toMatchObject({
      kind: "not-allowed",
      onBranches: [],
    });
  });

  test("that looks like digits but is a branch is the branch", async () => {
    await bench.setReference(repository, "refs/heads/abc123", DEMO_COMMITS.webLive);
    expect(await resolve("abc123")).toMatchObject({
      via: "branch",
      sha: DEMO_COMMITS.webLive,
    });
    await bench.setReference(repository, "refs/heads/abc123", undefined);
  });

  test("of 40 digits is the commit even when someone names a branch so", async () => {
    const ref = `refs/heads/${DEMO_COMMITS.target}`;
    await bench.setReference(repository, ref, DEMO_COMMITS.degrading);
    await bench.fetch(git, bench.url("deploy.git"));
    expect(await resolve(DEMO_COMMITS.target)).toMatchObject({
      via: "sha",
      sha: DEMO_COMMITS.target,
    });
    await bench.setReference(repository, ref, undefined);
  });

  test("that is a branch and a tag is the branch", async () => {
    await bench.setReference(repository, "refs/tags/main", DEMO_COMMITS.webLive);
    expect(await resolve("main")).toMatchObject({
      via: "branch",
      sha: DEMO_COMMITS.webPrices,
    });
    await bench.setReference(repository, "refs/tags/main", undefined);
  });

  test("is not read as `git describe` writes it", async () => {
    expect(await resolve(`main-3-g${DEMO_COMMITS.target.slice(0, 8)}`)).toMatchObject({ kind: "unknown" });
  });

  test("that is unknown comes with what may have been meant", async () => {
    expect(await resolve("mian")).toEqual({ kind: "unknown", suggestions: ["main"] });
    expect(await resolve("dark-mode")).toMatchObject({ suggestions: ["experiment/dark-mode"] });
    expect(await resolve("0000000")).toEqual({ kind: "unknown", suggestions: [] });
  });

  test.each(["--all", "HEAD~1", "main:README.md", "main\n--exec=x", "main@{upstream}", ""])(
    "typed as %j is malformed",
    async (text) => {
      expect(await resolve(text)).toMatchObject({ kind: "malformed" });
    },
  );

  test("is found at once after it was pushed", async () => {
    await resolve("main");
    const sha = await commit("main", "Fresh from the press");
    expect(await resolve(sha.slice(0, 8))).toMatchObject({ kind: "resolved", sha });
    expect(await resolve("main")).toMatchObject({ kind: "resolved", sha });
  });

  test("can be a branch that an attacker named like an option, without harm", async () => {
    await bench.setReference(repository, "refs/heads/--upload-pack=x", DEMO_COMMITS.target);
    await bench.setReference(repository, "refs/heads/-d", DEMO_COMMITS.target);
    expect(await resolve("abc123", ["--upload-pack=x"])).toMatchObject({ kind: "resolved" });
    expect(await resolve("experiment/dark-mode", ["-d"])).toMatchObject({ kind: "not-allowed" });
    expect(await resolve("refs/heads/-d")).toMatchObject({ kind: "resolved", sha: DEMO_COMMITS.target });
  });

  test("brings texts of others as one harmless line", async () => {
    const message = "\u001B[31mred\u202E <!channel>\r\n\nmore";
    const sha = await commit("texts", message);
    expect(await resolve(sha, ["texts"])).toMatchObject({
      subject: "[31mred <!channel>",
    });
  });
});

describe("a revision while the server is away", () => {
  test("is answered for digits that are known, and for nothing else", async () => {
    await using bench = await GitWorkbench.create();
    const repository = await createDemoRepository(join(bench.folder, "deploy.git"));
    const git = bench.open();
    const resolve = (text: string): Promise<RevisionAnswer> =>
      git.resolveRevision({ repository: bench.url("deploy.git"), text, allowedBranches: ["main"] });
    await resolve("main");
    await runGit(["--git-dir", repository.folder, "config", "core.repositoryFormatVersion", "99"]);
    expect(await resolve(DEMO_COMMITS.target.slice(0, 7))).toMatchObject({ kind: "resolved" });
    expect(await resolve("abc123")).toMatchObject({ kind: "resolved", sha: DEMO_COMMITS.target });
    for (const text of ["main", "checkout-1.5.0", "ffff"]) {
      expect((await appErrorOf(resolve(text))).code).toMatch(/^git\./u);
    }
  });
});

describe("many commits with the same digits", () => {
  test("are capped, counted and newest first", async () => {
    await using bench = await GitWorkbench.create();
    const repository = await bench.repository("many.git");
    const shas = await repository.commitAll(
      Array.from({ length: 1500 }, (_, place) => ({ author, message: `commit ${place}`, files: {} })),
    );
    const counts = new Map<string, number>();
    for (const sha of shas) counts.set(sha.slice(0, 4), (counts.get(sha.slice(0, 4)) ?? 0) + 1);
    const [digits = "", count = 0] = [...counts].toSorted(([, left], [, right]) => right - left)[0] ?? [];
    expect(count).toBeGreaterThan(1);
    const answer = await bench
      .open()
      .resolveRevision({ repository: bench.url("many.git"), text: digits, allowedBranches: ["main"] });
    expect(answer).toMatchObject({ kind: "ambiguous", count });
  });
});
