import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { describe, expect, it } from "vitest";

import { runProgram } from "../support/process-rig.ts";
import { ROOT } from "../support/tracked-files.ts";

/** A Node of this machine that is too old for the program; most have none beside the project's own. */
function tryOldNode(): string | undefined {
  const programs = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "node"));
  return programs.find((program) => {
    if (!existsSync(program)) return false;
    const [major = 0] = execFileSync(program, ["--version"], { encoding: "utf8" }).slice(1).split(".").map(Number);
    return major < 24;
  });
}

describe("the program", () => {
  const old = tryOldNode();

  // Skipped, and counted as skipped, where there is no such Node.
  it.skipIf(old === undefined)("says on a Node that is too old which one it needs and how to come by it", async () => {
    const { code, stdout, stderr } = await runProgram(["help"], { node: old });
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^Quarterdeck needs Node 24\.12 or later; this is \d+\.\d+\.\d+ \(\/.*\/node\)\.\n/u);
    expect(stderr).toContain("start it with npm or npx");
    expect(stderr).toContain("Elsewhere install Node 24");
    expect(code).toBe(1);
  });

  it("is there for npx in a clone, whatever Node the machine has", () => {
    const { stdout, status } = spawnSync("sh", ["-c", "npx --no quarterdeck help"], { cwd: ROOT, encoding: "utf8" });
    expect(stdout).toContain("Usage: quarterdeck ROLE");
    expect(status).toBe(0);
  });

  it("finds beside a server what the file .env gives that server, and what is set before it", async () => {
    const cwd = await mkdtemp(join(tmpdir(), "quarterdeck-env-"));
    await writeFile(join(cwd, ".env"), "QUARTERDECK_DATA=from-the-file\n");
    const found = await runProgram(["audit", "verify"], { cwd });
    expect(found.stderr).toContain("There is nothing at from-the-file.");
    const set = await runProgram(["audit", "verify"], { cwd, environment: { QUARTERDECK_DATA: "as-set" } });
    expect(set.stderr).toContain("There is nothing at as-set.");
    await rm(cwd, { recursive: true });
  });
});
