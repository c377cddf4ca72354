import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { systemClock } from "../../src/platform/clock.ts";
import { createDemoRepository, DEMO_COMMITS } from "../../src/simulator/git-demo-repository.ts";
import { GitHost } from "../../src/simulator/git-host.ts";
import type { GitRepository } from "../../src/simulator/git-repository.ts";

const env = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1", GIT_TERMINAL_PROMPT: "0" };
const git = async (...args: string[]): Promise<string> => (await execa("git", args, { env })).stdout;

describe("the Git host", () => {
  let folder: string;
  let repository: GitRepository;
  let host: GitHost;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "git-host-"));
    repository = await createDemoRepository(join(folder, "deploy.git"));
    host = await GitHost.start({ clock: systemClock, repositories: { "acme/deploy.git": repository.folder } });
  });
  afterAll(async () => {
    await host[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  test("serves a bare clone without blobs that can fetch a blob later", async () => {
    const mirror = join(folder, "mirror.git");
    await git("clone", "--quiet", "--mirror", "--filter=blob:none", host.repositoryUrl("acme/deploy.git"), mirror);
    expect(await git("-C", mirror, "rev-parse", "main")).toBe(DEMO_COMMITS.webPrices);
    const file = `${DEMO_COMMITS.target}:checkout/prod/deployment.json`;
    expect(JSON.parse(await git("-C", mirror, "show", file))).toMatchObject({ kind: "Deployment" });
  });

  test("gives out a commit by its bare name", async () => {
    const other = join(folder, "other.git");
    await git("init", "--quiet", "--bare", other);
    const url = host.repositoryUrl("acme/deploy.git");
    await git("-C", other, "fetch", "--quiet", "--depth=1", url, DEMO_COMMITS.checkoutRounding);
    expect(await git("-C", other, "cat-file", "-t", DEMO_COMMITS.checkoutRounding)).toBe("commit");
  });

  test("shows a commit made after the clone", async () => {
    const author = { name: "Ana", email: "ana@example.com" };
    const sha = await repository.commit({
      branch: "later",
      from: DEMO_COMMITS.target,
      author,
      message: "x",
      files: {},
    });
    const refs = await git("ls-remote", host.repositoryUrl("acme/deploy.git"), "refs/heads/later");
    expect(refs).toBe(`${sha}\trefs/heads/later`);
  });

  test("refuses a push and does not know other repositories", async () => {
    const mine = join(folder, "mine");
    await git("clone", "--quiet", host.repositoryUrl("acme/deploy.git"), mine);
    await expect(git("-C", mine, "push", "origin", "main:refs/heads/mine")).rejects.toThrow(/403/u);
    await expect(git("ls-remote", host.repositoryUrl("acme/other.git"))).rejects.toThrow(/not found/u);
  });

  test("fails as told, and works again afterwards", async () => {
    const url = host.repositoryUrl("acme/deploy.git");
    host.setFault({ kind: "down" });
    await expect(git("ls-remote", url)).rejects.toThrow(/Empty reply|Recv failure/u);
    host.setFault({ kind: "unauthorized" });
    await expect(git("ls-remote", url)).rejects.toThrow(/Authentication failed|could not read Username/u);
    host.setFault({ kind: "error" });
    await expect(git("ls-remote", url)).rejects.toThrow(/500/u);
    host.setFault({ kind: "none" });
    expect(await git("ls-remote", url, "refs/heads/main")).toContain(DEMO_COMMITS.webPrices);
  });

  test("asks for its token", async () => {
    await using guarded = await GitHost.start({
      clock: systemClock,
      repositories: { "acme/deploy.git": repository.folder },
      token: "a-secret",
    });
    const url = guarded.repositoryUrl("acme/deploy.git");
    await expect(git("ls-remote", url)).rejects.toThrow(/could not read Username/u);
    expect(await git("ls-remote", url.replace("http://", "http://git:a-secret@"), "refs/heads/main")).toContain("main");
    const header = "http.extraHeader=Authorization: Bearer a-secret";
    expect(await git("-c", header, "ls-remote", url, "refs/heads/main")).toContain("main");
  });
});
