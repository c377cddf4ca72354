import { readdirSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { RemoteJournal } from "../../src/git/remote-journal.ts";
import type { RepositoryAccess } from "../../src/git/repository-access.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { runGit } from "../../src/simulator/git-program.ts";
import { appErrorOf } from "../support/app-error-of.ts";
import { GitSmartHost } from "../support/git-smart-host.ts";
import { GitWorkbench } from "../support/git-workbench.ts";

const TOKEN = "canary-t0ken-0815";
const AT = Date.UTC(2026, 10, 21, 18);

describe("a journal in a repository elsewhere", () => {
  let bench: GitWorkbench;
  let host: GitSmartHost;
  let count = 0;

  beforeAll(async () => {
    bench = await GitWorkbench.create();
    host = await GitSmartHost.start(bench.folder, TOKEN);
  });
  afterAll(async () => {
    await host[Symbol.asyncDispose]();
    await bench[Symbol.asyncDispose]();
  });

  const folder = (): string => join(bench.folder, "journals");
  const empty = async (): Promise<string> => {
    const name = `audit-${(count += 1)}.git`;
    await runGit(["init", "--quiet", "--bare", join(bench.folder, name)]);
    return name;
  };
  const open = (name: string, access: RepositoryAccess = { kind: "token", username: "x", token: TOKEN }) => {
    const repository = access.kind === "local" ? bench.url(name) : `${host.url}/${name}`;
    const rules = [{ url: repository, access }];
    const environment = { PATH: process.env["PATH"] };
    return new RemoteJournal({
      repository,
      branch: "anchors",
      folder: folder(),
      rules,
      environment,
      clock: systemClock,
    });
  };
  const log = async (name: string, format: string): Promise<readonly string[]> => {
    const text = await runGit(["--git-dir", join(bench.folder, name), "log", `--format=${format}`, "anchors"]);
    return text.trim().split("\n");
  };

  it.each([["over HTTP with a token"], ["in a folder of this machine"]])(
    "grows by one commit at a time, %s",
    async (way) => {
      const name = await empty();
      await using journal = open(name, way.includes("HTTP") ? undefined : { kind: "local" });
      const commits: string[] = [];
      for (const number of [1, 2, 3])
        commits.push(await journal.append({ message: `Entry ${number}\n\n{"n":${number}}\n`, at: AT }));
      expect(await log(name, "%H")).toEqual(commits.toReversed());
      expect(await log(name, "%s %an %at")).toEqual([3, 2, 1].map((n) => `Entry ${n} Quarterdeck ${AT / 1000}`));
      expect(readdirSync(folder())).toEqual(["home"]);
    },
  );

  it("keeps the files and the commits that somebody else has put on the branch", async () => {
    const name = await empty();
    const repository = await bench.repository(`seed-${name}`);
    const author = { name: "Olga", email: "olga@example.com" };
    await repository.commit({
      branch: "anchors",
      author,
      message: "What this is",
      files: { "README.md": "anchors\n" },
    });
    const source = join(bench.folder, `seed-${name}`);
    await runGit(["--git-dir", source, "push", "--quiet", join(bench.folder, name), "refs/heads/anchors"]);
    await using journal = open(name);
    const commit = await journal.append({ message: "Entry", at: AT });
    expect(await log(name, "%s")).toEqual(["Entry", "What this is"]);
    const files = await runGit(["--git-dir", join(bench.folder, name), "ls-tree", "--name-only", commit]);
    expect(files).toBe("README.md\n");
  });

  it("finds out whether it may push, and pushes nothing", async () => {
    const name = await empty();
    await using journal = open(name);
    await journal.tryOut();
    expect(await runGit(["--git-dir", join(bench.folder, name), "for-each-ref"])).toBe("");
    await using stranger = open(name, { kind: "token", username: "x", token: "wrong-wrong-wrong" });
    const error = await appErrorOf(stranger.tryOut());
    expect(error.code).toBe("git.authentication");
    expect(error.message).not.toContain("wrong-wrong");
  });

  it("says that the server does not take it, and never forces it", async () => {
    const name = await empty();
    const hook = join(bench.folder, name, "hooks/pre-receive");
    await writeFile(hook, "#!/bin/sh\necho no anchors here >&2\nexit 1\n", { mode: 0o755 });
    await using journal = open(name);
    const error = await appErrorOf(journal.append({ message: "Entry", at: AT }));
    expect(error.code).toBe("git.rejected");
    expect(error.message).toContain("Check that the credentials may write there");
    rmSync(hook);
    await journal.append({ message: "Entry", at: AT });
    expect(await log(name, "%s")).toEqual(["Entry"]);
  });
});
