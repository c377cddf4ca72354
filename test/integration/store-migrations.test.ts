import { execFile } from "node:child_process";
import { cpSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { promisify } from "node:util";

import { expect, it } from "vitest";

import { StoreFolder } from "../support/store-folder.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

it("has a migration for everything that the schema of the log says", async () => {
  using folder = new StoreFolder();
  const copy = join(folder.path, "migrations");
  cpSync(join(ROOT, "src/store/migrations"), copy, { recursive: true });
  const before = readdirSync(copy);
  const kit = join(ROOT, "node_modules/drizzle-kit/bin.cjs");
  const options = ["generate", "--dialect", "sqlite", "--schema", "src/store/schema.ts", "--out", relative(ROOT, copy)];
  const { stdout } = await promisify(execFile)(process.execPath, [kit, ...options], { cwd: ROOT });
  expect(stdout).toContain("No schema changes");
  expect(readdirSync(copy)).toEqual(before);
});
