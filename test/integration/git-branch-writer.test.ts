import { execFile } from "node:child_process";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { BranchWriter, type WriteRequest } from "../../src/git/branch-writer.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { GitHost } from "../../src/simulator/git-host.ts";
import { runGit } from "../../src/simulator/git-program.ts";
import type { GitRepository } from "../../src/simulator/git-repository.ts";
import { appErrorOf } from "../support/app-error-of.ts";
import { GitWorkbench } from "../support/git-workbench.ts";

const TOKEN = "canary-t0ken-0815";
const READER = "canary-reader-4711";
const ANA = { name: "Ana Lopez", email: "ana@example.com" };
const PATH = "acme/deploy.git";

describe("a branch of a repository elsewhere", () => {
  let bench: GitWorkbench;
  let host: GitHost;
  let repository: GitRepository;
  let writer: BranchWriter;
  let count = 0;

  beforeAll(async () => (bench = await GitWorkbench.create()));
  afterAll(async () => bench[Symbol.asyncDispose]());
  beforeEach(async () => {
    repository = await bench.repository(`deploy-${(count += 1)}.git`);
    await repository.commit({ author: ANA, message: "First", files: { "apps/a.txt": "one\n", "apps/b.txt": "two\n" } });
    host = await GitHost.start({
      clock: systemClock,
      repositories: { [PATH]: repository.folder },
      token: READER,
      pushTokens: [TOKEN],
    });
    writer = open(TOKEN);
  });
  afterEach(async () => {
    await writer[Symbol.asyncDispose]();
    await host[Symbol.asyncDispose]();
  });

  const folder = (): string => join(bench.folder, "writes");
  const open = (token: string, { clock = systemClock, place = folder() } = {}): BranchWriter =>
    new BranchWriter({
      folder: place,
      rules: [{ url: host.url, access: { kind: "token", username: "x", token } }],
      environment: { PATH: process.env["PATH"] },
      clock,
      random: systemRandom,
      fetchTimeoutMs: 30_000,
    });
  /** Replaces what is in files. */
  const order = (contents: Readonly<Record<string, string>>, more: Partial<WriteRequest> = {}): WriteRequest => ({
    repository: host.repositoryUrl(PATH),
    branch: "main",
    files: Object.keys(contents).map((path) => ({ path, isRead: true })),
    edit: () => Object.entries(contents).map(([path, content]) => ({ path, content })),
    message: "Write\n\nQuarterdeck-Effect: run_1/promote/step/1\n",
    author: { name: "Quarterdeck", email: "quarterdeck@example.com" },
    own: { trailer: "Quarterdeck-Effect", values: ["run_1/promote/step/1"] },
    earlier: [],
    onCommit: async () => undefined,
    ...more,
  });
  const git = async (...args: readonly string[]): Promise<string> =>
    (await runGit(["--git-dir", repository.folder, ...args])).trim();
  const subjects = async (): Promise<readonly string[]> => (await git("log", "--format=%s", "main")).split("\n");
  const others = async (path = "apps/b.txt"): Promise<string> =>
    repository.commit({ author: ANA, message: "Others", files: { [path]: `others ${(count += 1)}\n` } });

  it("gets one commit, which changes the files and nothing else", async () => {
    await repository.commit({ author: ANA, message: "Big", files: { "far/away.bin": "x".repeat(300_000) } });
    const made: string[] = [];
    const result = await writer.write(
      order({ "apps/a.txt": "ONE\n" }, { onCommit: async ({ sha }) => void made.push(sha) }),
    );
    expect(result).toEqual({ kind: "written", revision: await git("rev-parse", "main"), files: ["apps/a.txt"] });
    expect(made).toEqual([await git("rev-parse", "main")]);
    expect(await git("show", "--format=%an <%ae> %s", "--name-status", "main")).toBe(
      "Quarterdeck <quarterdeck@example.com> Write\n\nM\tapps/a.txt",
    );
    expect(await git("show", "main:apps/a.txt")).toBe("ONE");
    expect((await readdir(folder())).filter((name) => name !== "home")).toEqual([]);
  });

  it("gets new files, and loses those that are deleted, with the folders that were left empty", async () => {
    const result = await writer.write(
      order(
        { "new/deep/c.txt": "three\n" },
        {
          files: ["new/deep/c.txt", "apps/a.txt", "apps/b.txt", "apps/none.txt"].map((path) => ({
            path,
            isRead: false,
          })),
          edit: () => [
            { path: "new/deep/c.txt", content: "three\n" },
            ...["apps/a.txt", "apps/b.txt", "apps/none.txt"].map((path) => ({ path, content: undefined })),
          ],
        },
      ),
    );
    expect(result).toMatchObject({ kind: "written", files: ["new/deep/c.txt", "apps/a.txt", "apps/b.txt"] });
    expect(await git("ls-tree", "-r", "--name-only", "main")).toBe("new/deep/c.txt");
  });

  it("stays as it is where everything is as it is to be", async () => {
    const head = await git("rev-parse", "main");
    expect(await writer.write(order({ "apps/a.txt": "one\n" }))).toEqual({ kind: "unchanged", revision: head });
    expect(host.pushes).toBe(0);
  });

  it("is written in copies that are gone afterwards, also those of a process that was killed", async () => {
    const left = join(folder(), "copy-left");
    await mkdir(left, { recursive: true });
    await using after = open(TOKEN);
    await after.write(order({ "apps/a.txt": "ONE\n" }));
    expect(await readdir(folder())).toEqual(["home"]);
  });

  it("gets commits that are signed, where there is a key", async () => {
    const signingKeyFile = join(bench.folder, `signer-${count}`);
    await promisify(execFile)("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", signingKeyFile]);
    const author = { name: "Quarterdeck", email: "quarterdeck@example.com", signingKeyFile };
    await writer.write(order({ "apps/a.txt": "ONE\n" }, { author }));
    expect(await git("cat-file", "commit", "main")).toContain("gpgsig -----BEGIN SSH SIGNATURE-----");
    const missing = { ...author, signingKeyFile: join(bench.folder, "no-key") };
    const error = await appErrorOf(
      writer.write(order({ "apps/b.txt": "TWO\n" }, { author: missing, own: { trailer: "None", values: [] } })),
    );
    expect(error.code).toBe("git.signing");
  });

  it("keeps what a file may be executed as", async () => {
    await runGit(["--git-dir", repository.folder, "fast-import", "--quiet"], program("apps/run.sh", "echo one\n"));
    await writer.write(order({ "apps/run.sh": "echo two\n" }));
    expect(await git("ls-tree", "main", "apps/run.sh")).toMatch(/^100755/u);
  });

  it.each([["asked"], ["sent"]] as const)("is written on top of what others add meanwhile (%s)", async (at) => {
    host.addPushFault({ kind: "overtaken", at, by: () => others("apps/a.txt") });
    host.addPushFault({ kind: "overtaken", at, by: () => others() });
    const seen: string[] = [];
    const request = order(
      {},
      {
        files: [{ path: "apps/a.txt", isRead: true }],
        edit: (files) => {
          const text = files.get("apps/a.txt") ?? "";
          seen.push(text.trim());
          return [{ path: "apps/a.txt", content: `${text}and ours\n` }];
        },
      },
    );
    expect(await writer.write(request)).toMatchObject({ kind: "written" });
    expect(seen[0]).toBe("one");
    expect(new Set(seen.slice(1))).toEqual(new Set([expect.stringMatching(/^others/u)]));
    expect(await subjects()).toEqual(["Write", "Others", "Others", "First"]);
    expect(await git("show", "main:apps/a.txt")).toMatch(/^others \d+\nand ours$/u);
  });

  it("takes many writers at once, of this process and of others", async () => {
    await using other = open(TOKEN, { place: join(bench.folder, "elsewhere") });
    const writing = Array.from({ length: 6 }, (_, index) => {
      const value = `run_${index}/promote/step/1`;
      const own = { trailer: "Quarterdeck-Effect", values: [value] };
      const message = `Write ${index}\n\nQuarterdeck-Effect: ${value}\n`;
      return (index % 2 === 0 ? writer : other).write(order({ [`apps/${index}.txt`]: "new\n" }, { own, message }));
    });
    const kinds = (await Promise.all(writing)).map(({ kind }) => kind);
    expect(new Set(kinds)).toEqual(new Set(["written"]));
    expect((await subjects()).toSorted()).toEqual(["First", ...[0, 1, 2, 3, 4, 5].map((each) => `Write ${each}`)]);
  });

  it("is given up when others are always quicker, to be tried again later", async () => {
    for (let each = 0; each < 8; each += 1) {
      host.addPushFault({ kind: "overtaken", at: "sent", by: () => others() });
    }
    await using hasty = open(TOKEN, { clock: { ...systemClock, sleep: async () => undefined } });
    const error = await appErrorOf(hasty.write(order({ "apps/a.txt": "ONE\n" })));
    expect([error.code, error.retry, host.pushes]).toEqual(["git.rejected", "backoff", 8]);
  });

  it("is not written twice when the answer to the push was lost", async () => {
    host.addPushFault({ kind: "answer-lost" });
    const result = await writer.write(order({ "apps/a.txt": "ONE\n" }));
    expect(result).toEqual({ kind: "found", revision: await git("rev-parse", "main") });
    expect(await subjects()).toEqual(["Write", "First"]);
  });

  it("is not written twice after a crash, though others have changed it since", async () => {
    const crash = new Error("the process is gone");
    const made: string[] = [];
    const crashing = order(
      { "apps/a.txt": "ONE\n" },
      {
        onCommit: async ({ sha }) => {
          made.push(sha);
          if (made.length === 1) throw crash;
        },
      },
    );
    await expect(writer.write(crashing)).rejects.toBe(crash);
    expect(await subjects()).toEqual(["First"]);
    const first = await writer.write({ ...crashing, earlier: made });
    expect(first).toMatchObject({ kind: "written" });
    await others("apps/a.txt");
    // By the name of the commit, and by what its message says where a server gave it another name.
    expect(await writer.write({ ...crashing, earlier: made, own: { trailer: "Nothing", values: [] } })).toEqual({
      kind: "found",
      revision: first.revision,
    });
    expect(await writer.write(order({ "apps/a.txt": "ONE\n" }))).toEqual({ kind: "found", revision: first.revision });
    expect(await subjects()).toEqual(["Others", "Write", "First"]);
  });

  it("begins at another one where it is not there yet", async () => {
    const request = order({ "apps/a.txt": "ONE\n" }, { branch: "release/next", from: "main" });
    expect(await writer.write(request)).toMatchObject({ kind: "written" });
    expect(await git("log", "--format=%s", "release/next")).toBe("Write\nFirst");
    expect(await subjects()).toEqual(["First"]);
    const error = await appErrorOf(writer.write(order({ "apps/a.txt": "ONE\n" }, { branch: "nowhere" })));
    expect(error.code).toBe("git.no-branch");
  });

  it("is left alone where a file was changed since it was looked at", async () => {
    const since = await git("rev-parse", "main");
    await others("apps/b.txt");
    expect(await writer.write(order({ "apps/a.txt": "ONE\n" }, { since }))).toMatchObject({ kind: "written" });
    const error = await appErrorOf(
      writer.write(order({ "apps/b.txt": "TWO\n" }, { since, own: { trailer: "None", values: [] } })),
    );
    expect([error.code, error.retry]).toEqual(["git.moved", "never"]);
  });

  it("cannot be written by whoever may not, or where the server protects it", async () => {
    await using reader = open(READER);
    const denied = await appErrorOf(reader.write(order({ "apps/a.txt": "ONE\n" })));
    expect([denied.code, denied.retry]).toEqual(["git.no-push-right", "never"]);
    expect((await appErrorOf(reader.tryOut({ repository: host.repositoryUrl(PATH), branch: "main" }))).code).toBe(
      "git.no-push-right",
    );
    await host.protect(PATH, ["main"]);
    const refused = await appErrorOf(writer.write(order({ "apps/a.txt": "ONE\n" })));
    expect([refused.code, refused.retry]).toEqual(["git.protected-branch", "never"]);
    expect(refused.message).toContain("open a pull request");
    expect([denied.message, refused.message].join(" ")).not.toContain("canary");
    await host.protect(PATH, []);
    await writer.tryOut({ repository: host.repositoryUrl(PATH), branch: "main" });
    expect(await subjects()).toEqual(["First"]);
  });

  it("is left alone where what is named is no file of its own, or no text", async () => {
    const raw = join(bench.folder, "raw.bin");
    await writeFile(raw, Buffer.from([0xff, 0xfe, 0x00]));
    const blob = await git("hash-object", "-w", raw);
    await runGit(
      ["--git-dir", repository.folder, "fast-import", "--quiet"],
      `${commitHead("Odd")}M 120000 inline link\ndata 8\n../other\nM 100644 ${blob} raw.bin\n\n`,
    );
    const expected = {
      link: "git.not-a-file",
      "link/passwd": "git.not-a-file",
      apps: "git.not-a-file",
      "apps/a.txt/b": "git.not-a-file",
      "raw.bin": "git.not-text",
      ".git/config": "git.bad-path",
      "apps/../../x": "git.bad-path",
    };
    const codes: Record<string, string> = {};
    for (const path of Object.keys(expected)) {
      codes[path] = (await appErrorOf(writer.write(order({ [path]: "new\n" })))).code;
    }
    expect(codes).toEqual(expected);
    expect(host.pushes).toBe(0);
  });
});

function commitHead(message: string): string {
  return `commit refs/heads/main\ncommitter A <a@example.com> 1793491300 +0000\ndata ${message.length}\n${message}\nfrom refs/heads/main^0\n`;
}

function program(path: string, content: string): string {
  return `${commitHead("Program")}M 100755 inline ${path}\ndata ${Buffer.byteLength(content)}\n${content}\n`;
}
