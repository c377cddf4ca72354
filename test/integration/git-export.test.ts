import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, readlink, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { GitRepositories } from "../../src/git/git-repositories.ts";
import { unpackArchive } from "../../src/programs/unpack-archive.ts";
import { runGit } from "../../src/simulator/git-program.ts";
import type { GitRepository } from "../../src/simulator/git-repository.ts";
import { GitWorkbench } from "../support/git-workbench.ts";

const LONG = `${"deep/".repeat(40)}name.tf`;
const MIB = 1024 * 1024;

/** What a fast-import stream needs for one file. */
function fileText(mode: string, path: string, content: string): string {
  return `M ${mode} inline ${JSON.stringify(path)}\ndata ${Buffer.byteLength(content)}\n${content}\n`;
}

describe("a folder of a repository", () => {
  let bench: GitWorkbench;
  let repository: GitRepository;
  let git: GitRepositories;
  let sha: string;

  const commit = async (branch: string, changes: string): Promise<string> => {
    const head = `commit refs/heads/${branch}\ncommitter Ana <ana@example.com> 1793491200 +0000\ndata 4\ntest\n`;
    await runGit(["--git-dir", repository.folder, "fast-import", "--quiet", "--force"], `${head}${changes}\n`);
    return await repository.resolve(branch);
  };

  beforeAll(async () => {
    bench = await GitWorkbench.create();
    repository = await bench.repository("infra.git");
    sha = await commit(
      "main",
      [
        fileText("100644", "network/main.tf", "resource {}\n"),
        fileText("100755", "network/run.sh", "#!/bin/sh\n"),
        fileText("120000", "network/link.tf", "main.tf"),
        fileText("100644", "network/ümlaut and spaces.txt", "binary \u0000 text"),
        fileText("100644", `network/${LONG}`, "long"),
        fileText("100644", "network/.gitattributes", "*.tf export-ignore\n*.txt export-subst\n*.sh eol=crlf\n"),
        fileText("100644", ".gitattributes", "* export-ignore\n"),
        fileText("100644", "other/large.bin", "x".repeat(3 * MIB)),
      ].join(""),
    );
    git = bench.open();
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  const exported = async (path: string, more: { revision?: string; mostBytes?: number } = {}): Promise<Buffer> =>
    git.exportFolder(
      { repository: bench.url("infra.git"), revision: sha, path, mostBytes: 64 * MIB, ...more },
      (file) => readFile(file),
    );

  const unpacked = async (tar: Buffer, look: (folder: string) => Promise<void>): Promise<void> => {
    const folder = await mkdtemp(join(tmpdir(), "quarterdeck unpack "));
    try {
      await unpackArchive(tar, folder);
      await look(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

  test("is there after unpacking as the commit has it, whatever the repository says of its files", async () => {
    await unpacked(await exported("network"), async (folder) => {
      expect((await readdir(folder)).toSorted()).toEqual(
        [".gitattributes", "deep", "link.tf", "main.tf", "run.sh", "ümlaut and spaces.txt"].toSorted(),
      );
      expect(await readFile(join(folder, "main.tf"), "utf8")).toBe("resource {}\n");
      expect(await readFile(join(folder, "ümlaut and spaces.txt"), "utf8")).toBe("binary \u0000 text");
      expect(await readFile(join(folder, "run.sh"), "utf8")).toBe("#!/bin/sh\n");
      expect(await readFile(join(folder, LONG), "utf8")).toBe("long");
      expect(await readlink(join(folder, "link.tf"))).toBe("main.tf");
      expect(((await stat(join(folder, "run.sh"))).mode & 0o777).toString(8)).toBe("700");
      expect(((await stat(join(folder, "main.tf"))).mode & 0o777).toString(8)).toBe("600");
    });
  });

  test("is the whole repository for its root", async () => {
    for (const path of ["", ".", "/"]) {
      await unpacked(await exported(path), async (folder) => {
        expect((await readdir(folder)).toSorted()).toEqual([".gitattributes", "network", "other"]);
      });
    }
  });

  test("gives the same bytes each time, and from another mirror", async () => {
    const digest = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
    const first = digest(await exported("network"));
    const other = bench.open({ folder: join(bench.folder, "other mirrors") });
    const request = { repository: bench.url("infra.git"), revision: sha, path: "/network/", mostBytes: MIB };
    expect(digest(await other.exportFolder(request, (file) => readFile(file)))).toBe(first);
    expect(digest(await exported("network"))).toBe(first);
  });

  test("is fetched without what is beside it", async () => {
    const mirrors = join(bench.folder, "small mirrors");
    const small = bench.open({ folder: mirrors });
    const request = { repository: bench.url("infra.git"), revision: sha, path: "network", mostBytes: MIB };
    await small.exportFolder(request, async () => undefined);
    const mirror = (await readdir(mirrors)).find((name) => name !== "home" && name !== "exports") ?? "";
    const { stdout } = await listed(join(mirrors, mirror), sha);
    expect(stdout).toContain("missing");
    expect(await readdir(join(mirrors, "exports"))).toEqual([]);
  });

  test("is found when it was committed after the mirror was made", async () => {
    const later = await commit("later", fileText("100644", "new/a.txt", "new"));
    await unpacked(await exported("new", { revision: later }), async (folder) => {
      expect(await readFile(join(folder, "a.txt"), "utf8")).toBe("new");
    });
  });

  test.each([
    ["that is not there", "absent", {}, "git.no-folder"],
    ["that is a file", "network/main.tf", {}, "git.no-folder"],
    ["with more than there may be", "other", { mostBytes: MIB }, "git.folder-too-large"],
    ["of a commit that is not there", "network", { revision: "0".repeat(40) }, "git.no-folder"],
  ])("%s is refused", async (_what, path, more, code) => {
    await expect(exported(path, more)).rejects.toMatchObject({ code });
  });

  test("with a submodule is refused, and the submodule named", async () => {
    const revision = await commit("sub", `M 160000 ${sha} network/vendor\n`);
    const refused = exported("network", { revision });
    await expect(refused).rejects.toMatchObject({ code: "git.submodule", message: expect.stringContaining("vendor") });
  });
});

async function listed(repository: string, sha: string): Promise<{ stdout: string }> {
  const objects = await runGit(["--git-dir", repository, "ls-tree", "-r", sha, "other"]);
  const [, , id = ""] = objects.split(/\s/u);
  return { stdout: await runGit(["--git-dir", repository, "cat-file", "--batch-check"], `${id}\n`) };
}
