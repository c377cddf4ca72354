import { randomBytes } from "node:crypto";
import { appendFile, mkdir, readdir, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { GitRepositories, GitRepositoriesDeps } from "../../src/git/git-repositories.ts";
import { AppError } from "../../src/platform/errors.ts";
import { runGit } from "../../src/simulator/git-program.ts";
import type { GitRepository } from "../../src/simulator/git-repository.ts";
import { appErrorOf } from "../support/app-error-of.ts";
import { GitWorkbench } from "../support/git-workbench.ts";
import { eventually } from "../support/eventually.ts";

const author = { name: "Ana Lopez", email: "ana@example.com" };
const HOUR_MS = 3_600_000;

describe("the mirror of a repository", () => {
  let bench: GitWorkbench;
  let repository: GitRepository;
  let first: string;

  beforeEach(async () => {
    bench = await GitWorkbench.create();
    repository = await bench.repository("deploy.git");
    first = await commit("main", "first", { "app/deployment.yaml": "replicas: 1\n" });
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  const url = (): string => bench.url("deploy.git");
  const commit = (branch: string, message: string, files: Record<string, string> = {}): Promise<string> =>
    repository.commit({ branch, author, message, files });
  const resolved = async (git: GitRepositories, text: string): Promise<string> => {
    const answer = await git.resolveRevision({ repository: url(), text, allowedBranches: ["**"] });
    return answer.kind === "resolved" ? answer.sha : answer.kind;
  };
  const mirrorFolder = async (): Promise<string> => {
    const name = (await readdir(bench.mirrors)).find((entry) => /^[0-9a-f]{32}$/u.test(entry));
    return join(bench.mirrors, name ?? "no mirror");
  };
  const packFolder = async (): Promise<string> => join(await mirrorFolder(), "objects", "pack");

  /** Mirrors whose git writes down each sub-command, and can be held before a fetch. */
  const watched = async (deps: Partial<GitRepositoriesDeps> = {}) => {
    const log = join(bench.folder, "calls");
    const gate = join(bench.folder, "gate");
    const lines = `echo "$1" >> '${log}'\nif [ "$1" = fetch ]; then while [ -e '${gate}' ]; do sleep 0.02; done; fi\nexec git "$@"`;
    const git = bench.open({ program: await bench.script("git-watched", lines), ...deps });
    const fetches = async (): Promise<number> => {
      const text = await readFile(log, "utf8").catch(() => "");
      return text.split("\n").filter((line) => line === "fetch").length;
    };
    const settled = (count: number) => eventually(async () => expect(await fetches()).toBe(count));
    return { git, fetches, settled, hold: () => writeFile(gate, ""), release: () => rm(gate) };
  };

  test("holds commits and folders but no file contents", async () => {
    await bench.fetch(bench.open(), url());
    const types = await runGit([
      "--git-dir",
      await mirrorFolder(),
      "cat-file",
      "--batch-all-objects",
      "--batch-check=%(objecttype)",
    ]);
    expect(new Set(types.trim().split("\n"))).toEqual(new Set(["commit", "tree"]));
  });

  test("works with a server that cannot leave out file contents", async () => {
    await runGit(["--git-dir", repository.folder, "config", "uploadpack.allowFilter", "false"]);
    const git = bench.open();
    expect(await resolved(git, "main")).toBe(first);
    const second = await commit("main", "second", { "app/deployment.yaml": "replicas: 2\n" });
    expect(await resolved(git, "main")).toBe(second);
  });

  test("is not made of an empty repository, which could be a login page as well", async () => {
    await bench.repository("empty.git");
    expect((await appErrorOf(bench.fetch(bench.open(), bench.url("empty.git")))).code).toBe("git.empty");
  });

  test("keeps nothing in its configuration: neither an address nor a way to fetch on demand", async () => {
    await bench.fetch(bench.open(), url());
    expect(await readFile(join(await mirrorFolder(), "config"), "utf8")).not.toMatch(/remote|url|promisor|partial/iu);
  });

  test("follows branches that are made, moved back, rewritten, deleted and replaced by a folder", async () => {
    const git = bench.open();
    const second = await commit("main", "second");
    expect(await resolved(git, "main")).toBe(second);
    await bench.setReference(repository, "refs/heads/main", first);
    await bench.setReference(repository, "refs/heads/release", first);
    await bench.setReference(repository, "refs/tags/v1", first);
    expect(await resolved(git, "main")).toBe(first);
    await bench.setReference(repository, "refs/heads/release", undefined);
    await bench.setReference(repository, "refs/heads/release/1.0", second);
    await bench.setReference(repository, "refs/tags/v1", second);
    expect(await resolved(git, "release/1.0")).toBe(second);
    expect(await resolved(git, "v1")).toBe(second);
    expect(await resolved(git, "release")).toBe("unknown");
  });

  test("is one for all spellings of an address", async () => {
    const git = bench.open();
    for (const spelling of [url(), `${url()}/`, url().replace(/\.git$/u, "")]) await bench.fetch(git, spelling);
    expect(await readdir(bench.mirrors)).toHaveLength(2);
  });

  test("is fetched once for all who ask at the same time", async () => {
    const { git, fetches } = await watched({ maxAgeMs: HOUR_MS });
    await Promise.all(Array.from({ length: 20 }, () => bench.fetch(git, url())));
    expect(await fetches()).toBe(1);
  });

  test("is fetched once more for all who asked after a fetch had begun", async () => {
    const { git, fetches, settled, hold, release } = await watched();
    await bench.fetch(git, url());
    await hold();
    const early = bench.fetch(git, url());
    await settled(2);
    const late = Array.from({ length: 20 }, () => bench.fetch(git, url()));
    await release();
    await Promise.all([early, ...late]);
    expect(await fetches()).toBe(3);
  });

  test("is fetched for the others when one stops waiting", async () => {
    const { git, settled, hold, release } = await watched();
    await hold();
    const abort = new AbortController();
    const impatient = appErrorOf(bench.fetch(git, url(), abort.signal));
    const patient = bench.fetch(git, url());
    await settled(1);
    abort.abort(new AppError("the person left", { code: "test.left" }));
    expect((await impatient).code).toBe("test.left");
    await release();
    await expect(patient).resolves.toBeUndefined();
  });

  test("is asked once for a miss, however often the answer is no", async () => {
    const { git, fetches } = await watched();
    expect(await resolved(git, "main")).toBe(first);
    const before = await fetches();
    expect(await resolved(git, "no-such-branch")).toBe("unknown");
    expect(await fetches()).toBe(before + 1);
  });

  test("answers for a known commit without a fetch", async () => {
    const { git, fetches } = await watched();
    expect(await resolved(git, "main")).toBe(first);
    const before = await fetches();
    expect(await resolved(git, first)).toBe(first);
    expect(await resolved(git, first.slice(0, 7))).toBe(first);
    expect(await fetches()).toBe(before);
  });

  test("is asked for a commit or branch that it does not know, however fresh it is", async () => {
    const git = bench.open({ maxAgeMs: HOUR_MS });
    expect(await resolved(git, "main")).toBe(first);
    const second = await commit("topic", "second");
    expect(await resolved(git, "topic")).toBe(second);
    const third = await commit("topic", "third");
    expect(await resolved(git, third.slice(0, 8))).toBe(third);
  });

  test("outlives a restart without a new copy", async () => {
    await bench.fetch(bench.open(), url());
    await rename(repository.folder, `${repository.folder}.away`);
    expect(await resolved(bench.open(), first)).toBe(first);
  });

  test("takes up after a kill in the middle of a fetch: locks and half a pack are removed", async () => {
    await bench.fetch(bench.open(), url());
    const folder = await mirrorFolder();
    const leftovers = [
      "packed-refs.lock",
      "config.lock",
      "refs/heads/main.lock",
      "objects/pack/tmp_pack_x1",
      "objects/info/commit-graphs/commit-graph-chain.lock",
    ];
    for (const name of leftovers) await writeFile(join(folder, name), "half");
    await writeFile(join(folder, "same"), "");
    await mkdir(`${folder}.new/objects`, { recursive: true });
    await mkdir(`${folder}.old/objects`, { recursive: true });
    const second = await commit("main", "second");
    expect(await resolved(bench.open(), "main")).toBe(second);
    expect(await readdir(bench.mirrors)).toHaveLength(2);
    const left = await readdir(folder, { recursive: true });
    expect(left).toContain("same");
    expect(leftovers.filter((name) => left.includes(name))).toEqual([]);
  });

  test("is not mistaken for complete after a kill in the middle of the first fetch", async () => {
    await bench.fetch(bench.open(), url());
    const folder = await mirrorFolder();
    await rename(folder, `${folder}.new`);
    expect(await resolved(bench.open(), "main")).toBe(first);
  });

  const DAMAGES: readonly (readonly [string, (folder: string) => Promise<unknown>])[] = [
    ["HEAD is gone", (folder) => rm(join(folder, "HEAD"))],
    ["its configuration is garbage", (folder) => writeFile(join(folder, "config"), "[core\n\u0000")],
    ["its objects are gone", (folder) => rm(join(folder, "objects"), { recursive: true })],
    ["its references are garbage", (folder) => appendFile(join(folder, "packed-refs"), "garbage\n")],
    [
      "its packs are gone",
      async (folder) => {
        const pack = join(folder, "objects", "pack");
        for (const name of await readdir(pack)) await rm(join(pack, name));
      },
    ],
    [
      "its packs are cut",
      async (folder) => {
        const pack = join(folder, "objects", "pack");
        for (const name of await readdir(pack)) await truncate(join(pack, name), 40).catch(() => undefined);
      },
    ],
  ];

  test.each(DAMAGES)("is made anew when %s at the start", async (_what, damage) => {
    await bench.fetch(bench.open(), url());
    await damage(await mirrorFolder());
    const git = bench.open({ maxAgeMs: HOUR_MS });
    expect(await resolved(git, first)).toBe(first);
    expect(await resolved(git, "main")).toBe(first);
  });

  test.each(DAMAGES)("is made anew when %s while it is in use", async (_what, damage) => {
    const git = bench.open({ maxAgeMs: HOUR_MS });
    await bench.fetch(git, url());
    await damage(await mirrorFolder());
    expect(await resolved(git, first)).toBe(first);
    expect(await resolved(git, "main")).toBe(first);
  });

  test("is refused when the repository is bigger than the limit, and nothing of it stays", async () => {
    await commit(
      "main",
      "big",
      Object.fromEntries(Array.from({ length: 400 }, () => [randomBytes(90).toString("hex"), ""])),
    );
    const git = bench.open({ limits: { maxBytes: 20_000 } });
    const error = await appErrorOf(bench.fetch(git, url()));
    expect(error).toMatchObject({ code: "git.too-big", retry: "never" });
    expect(error.message).toContain("bigger than the limit");
    expect(await readdir(bench.mirrors)).toEqual(["home"]);
  });

  test("stays as it was when the repository outgrows the limit", async () => {
    const git = bench.open({ limits: { maxBytes: 20_000 } });
    await bench.fetch(git, url());
    await commit(
      "main",
      "big",
      Object.fromEntries(Array.from({ length: 400 }, () => [randomBytes(90).toString("hex"), ""])),
    );
    expect((await appErrorOf(bench.fetch(git, url()))).code).toBe("git.too-big");
    expect((await appErrorOf(bench.fetch(git, url()))).code).toBe("git.too-big");
    expect(await resolved(git, first)).toBe(first);
  });

  test("is given up while it grows, not only when it is complete", async () => {
    const endless = `if [ "$1" != fetch ]; then exec git "$@"; fi\nwhile :; do head -c 65536 /dev/zero >> "$GIT_DIR/objects/pack/tmp_pack_x"; sleep 0.01; done`;
    const program = await bench.script("git-endless", endless);
    const git = bench.open({ program, limits: { maxBytes: 1_000_000, sizeCheckMs: 20 } });
    expect((await appErrorOf(bench.fetch(git, url()))).code).toBe("git.too-big");
    expect(await readdir(bench.mirrors)).toEqual(["home"]);
  });

  test("stays small in packs over many fetches", async () => {
    const git = bench.open();
    await bench.fetch(git, url());
    let last = first;
    for (let count = 0; count < 55; count += 1) {
      last = await commit("main", `commit ${count}`, { "app/deployment.yaml": `replicas: ${count}\n` });
      await bench.fetch(git, url());
    }
    const packs = (await readdir(await packFolder())).filter((name) => name.endsWith(".pack"));
    expect(packs.length).toBeLessThan(20);
    expect(await resolved(git, last)).toBe(last);
    expect(await resolved(git, first)).toBe(first);
  });

  test("of a repository that is not there is an error that says so", async () => {
    const error = await appErrorOf(bench.fetch(bench.open(), bench.url("nothing.git")));
    expect(error.code).toBe("git.not-a-repository");
    expect(error.message).toContain("Check the address");
  });

  test("says that its folder cannot be written, and is made once it can", async () => {
    const blocked = join(bench.folder, "blocked");
    await writeFile(blocked, "a file where a folder should be");
    const git = bench.open({ folder: join(blocked, "git") });
    const error = await appErrorOf(bench.fetch(git, url()));
    expect(error).toMatchObject({ code: "git.disk", retry: "backoff" });
    expect(error.message).toContain(blocked);
    await rm(blocked);
    await expect(bench.fetch(git, url())).resolves.toBeUndefined();
  });

  test("of a folder on this machine needs a rule that allows it", async () => {
    const error = await appErrorOf(bench.fetch(bench.open({ rules: [] }), url()));
    expect(error.code).toBe("git.access");
  });

  test("never runs what a repository brings: hooks, submodules, filters", async () => {
    const marker = join(bench.folder, "pwned");
    const gitmodules = `[submodule "x"]\n\tpath = x\n\turl = ext::sh -c touch% ${marker}\n\tupdate = !touch ${marker}\n`;
    const sha = await commit("main", "evil", {
      ".gitmodules": gitmodules,
      ".gitattributes": "* filter=evil\n",
      "hooks/post-checkout": `touch ${marker}`,
    });
    expect(await resolved(bench.open(), "main")).toBe(sha);
    expect(await readdir(bench.folder)).not.toContain("pwned");
  });
});
