import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

const MAIN = fileURLToPath(new URL("../chaos/main.ts", import.meta.url));
const SEED = process.env["QUARTERDECK_TEST_SEED"] ?? "20261121";

/** Runs the program to its end; a chaos that is told to end takes everything with it that it has started. */
async function chaos(...args: readonly string[]): Promise<{ readonly code: number | null; readonly said: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const end = (): void => void child.kill("SIGTERM");
  process.once("exit", end);
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => void (said += text));
  const code = await new Promise<number | null>((resolve) => void child.once("close", resolve));
  process.off("exit", end);
  return { code, said };
}

describe(`the short chaos (npm run chaos -- --short --seed ${SEED})`, () => {
  it("loses nothing, does nothing twice and leaves nothing undone", { timeout: 300_000 }, async () => {
    const { code, said } = await chaos("--short", "--seed", SEED);
    expect(said).toContain("acknowledged commands and clicks lost");
    expect({ code, said: code === 0 ? "" : said }).toEqual({ code: 0, said: "" });
  });

  it("says how it is used when it is asked for something that it does not know", async () => {
    const { code, said } = await chaos("--only", "nothing");
    expect(code).toBe(2);
    expect(said).toContain("Usage: npm run chaos");
  });
});
