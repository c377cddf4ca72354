import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";

import { expect, test } from "vitest";

const MAIN = new URL("../sim/main.ts", import.meta.url).pathname;

/** Other seeds for each commit, so that something new is looked at each time, and the same ones when a commit is tried again. */
function seedOfCommit(): string {
  const commit = execFileSync("git", ["rev-parse", "HEAD"], { cwd: new URL(".", import.meta.url), encoding: "utf8" });
  return String(Number.parseInt(commit.slice(0, 7), 16));
}

test("no seed of a minute violates anything, nor one that failed once", async () => {
  const child = spawn(process.execPath, [MAIN, "--minutes", "1", "--from", seedOfCommit()], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  child.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  const [code] = await once(child, "exit");

  // The table says which seeds fail, and how to look at one.
  expect(printed).not.toContain("VIOLATED");
  expect(printed).toMatch(/^runs succeeded +[1-9]/mu);
  expect(code).toBe(0);
}, 240_000);
