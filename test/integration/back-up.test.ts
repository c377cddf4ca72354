import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { ANA, PRIYA } from "../support/app-rig.ts";
import { ENTRY, ProcessRig } from "../support/process-rig.ts";
import { ROOT } from "../support/tracked-files.ts";

const PAGE = readFileSync(join(ROOT, "docs/operating.md"), "utf8");

/** The commands of the page below `<!-- tried: NAME -->`. */
function printed(name: string): string {
  const [, below = ""] = PAGE.split(`<!-- tried: ${name} -->\n`);
  const [, block] = /^\n`{3}\n([^]*?)`{3}/u.exec(below) ?? [];
  if (block === undefined) throw new Error(`the page has no commands called ${name}`);
  return block;
}

const HAS_SQLITE = existsSync("/usr/bin/sqlite3");

let rig: ProcessRig;

beforeEach(async () => {
  rig = await ProcessRig.open();
});

afterEach(() => rig[Symbol.asyncDispose]());

/** Types the commands where the data folder is, as an operator would; `npx` runs this program and this Node. */
function type(commands: string): string {
  const cwd = dirname(rig.world.dataFolder);
  const bin = join(cwd, "bin");
  mkdirSync(bin, { recursive: true });
  const npx = `#!/bin/sh\ncase "$1" in node) shift; exec "${process.execPath}" "$@";; esac\nshift\nexec "${process.execPath}" "${ENTRY}" "$@"\n`;
  writeFileSync(join(bin, "npx"), npx);
  chmodSync(join(bin, "npx"), 0o755);
  const { PATH = "" } = process.env;
  const env = { PATH: `${bin}:${PATH}` };
  return execFileSync("/bin/sh", ["-e", "-c", commands], { cwd, env, encoding: "utf8", stdio: "pipe" });
}

async function openGate(): Promise<void> {
  await rig.type(ANA, "/promote checkout abc123 to prod");
  await rig.message("the gate", ({ blocks }) => JSON.stringify(blocks).includes("gate_approve"));
}

describe("the commands of the chapter about backing up", () => {
  it.skipIf(!HAS_SQLITE)("make a copy beside the running server, from which another one goes on", async () => {
    await rig.start();
    await openGate();
    expect(type(printed("back-up"))).toMatch(/^Intact: \d+ events/u);
    const copy = join(dirname(rig.world.dataFolder), "backup/quarterdeck.db");
    expect(statSync(copy).mode & 0o077).toBe(0);
    await rig.killAll();
    expect(type(printed("restore"))).toMatch(/^Intact: \d+ events/u);
    await rig.start();
    const gate = await rig.message("the gate", ({ blocks }) => JSON.stringify(blocks).includes("gate_approve"));
    expect(await rig.press(PRIYA, gate, "gate_approve")).toBe(true);
    await rig.until("the run to succeed", () => rig.ended(1));
    const { stdout } = await rig.run(["audit", "verify"]);
    expect(stdout).toMatch(/^Intact/u);
  });

  it("make the same copy where there is no sqlite3", async () => {
    await rig.start();
    await openGate();
    const lines = printed("back-up").split("\n");
    const without = lines.map((line) => (line.startsWith("sqlite3") ? printed("back-up-with-node") : line));
    expect(type(without.join("\n"))).toMatch(/^Intact: \d+ events/u);
  });
});
