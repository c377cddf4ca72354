import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { createDemoRepository, DEMO_COMMITS } from "../../src/simulator/git-demo-repository.ts";
import type { GitRepository } from "../../src/simulator/git-repository.ts";

describe("the demo's repository", () => {
  let folder: string;
  let repository: GitRepository;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "demo-repository-"));
    repository = await createDemoRepository(folder);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const git = async (...args: string[]): Promise<string[]> =>
    (await execa("git", ["--git-dir", folder, ...args])).stdout.split("\n");

  test("holds exactly the commits that are exported by name, in order", async () => {
    const { experiment, ...main } = DEMO_COMMITS;
    expect(await git("rev-list", "--reverse", "main")).toEqual(Object.values(main));
    expect(await repository.resolve("experiment/dark-mode")).toBe(experiment);
  });

  test("has one commit that begins with abc123, which changes checkout in both environments", async () => {
    expect(await repository.resolve("abc123")).toBe(DEMO_COMMITS.target);
    const changed = await git("diff-tree", "-r", "--no-commit-id", "--name-only", DEMO_COMMITS.target);
    expect(changed).toEqual([
      "checkout/prod/deployment.json",
      "checkout/prod/settings.json",
      "checkout/staging/deployment.json",
      "checkout/staging/settings.json",
    ]);
  });

  test("has a prefix of four digits that two commits share", async () => {
    const { checkoutRounding, hostileSubject } = DEMO_COMMITS;
    expect(hostileSubject.slice(0, 4)).toBe(checkoutRounding.slice(0, 4));
    await expect(repository.resolve(checkoutRounding.slice(0, 4))).rejects.toThrow(/ambiguous/u);
  });

  test("renders checkout on main as it is at abc123, so that promoting it ends Synced", async () => {
    expect(await git("diff", "--name-only", DEMO_COMMITS.target, "main", "--", "checkout")).toEqual([""]);
  });

  test("names its tags", async () => {
    expect(await repository.resolve("checkout-1.5.0")).toBe(DEMO_COMMITS.target);
    expect(await repository.resolve("checkout-1.4.2")).toBe(DEMO_COMMITS.checkoutLive);
  });
});
