import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";

import { expect, test } from "vitest";

const MAIN = new URL("../sim/main.ts", import.meta.url).pathname;
// Where there is no Git, or no repository, as in an unpacked archive.
const WITHOUT_COMMIT = "777000";

/** Other seeds for each commit, so that something new is looked at each time, and the same ones when a commit is tried again. */
function seedOfCommit(): string {
  try {
    const commit = execFileSync("git", ["rev-parse", "HEAD"], {
      cwd: new URL(".", import.meta.url),
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return String(Number.parseInt(commit.slice(0, 7), 16));
  } catch {
    return WITHOUT_COMMIT;
  }
}

test("no seed of a minute violates anything, nor one that failed once", async () => {
  const child = spawn(process.execPath, [MAIN, "--minutes", "0.5", "--from", seedOfCommit()], {
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
