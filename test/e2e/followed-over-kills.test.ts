import { spawn } from "node:child_process";
import { once } from "node:events";

import { afterAll, beforeAll, expect, it } from "vitest";

import { systemClock } from "../../src/platform/clock.ts";
import { openLog } from "../../src/store/store.ts";
import { letTokensPromote } from "../support/api-world.ts";
import { ENTRY, ProcessRig } from "../support/process-rig.ts";
import { seededFractions } from "../support/seeded-fractions.ts";

// The moments of the kills follow from it; a failure names it, so that the same moments can be tried again.
const SEED = Number(process.env["QUARTERDECK_TEST_SEED"] ?? 20_261_122);
const KILLS = 2;
const LONGEST_LIFE_MS = 900;

let rig: ProcessRig;
let environment: Readonly<Record<string, string>>;

beforeAll(async () => {
  rig = await ProcessRig.open({ speed: 2 });
  environment = { QUARTERDECK_CONFIG: await rig.configuration("with-ci.yaml", letTokensPromote("ci")) };
});
afterAll(async () => {
  await rig.killAll();
  await rig[Symbol.asyncDispose]();
});

/** A job that starts a run under its own key and follows it, as CI does; tried again from the beginning it is the same. */
async function job(token: string): Promise<{ readonly code: unknown; readonly lines: readonly string[] }> {
  const words = ["promote", "checkout", "abc123", "to", "staging", "--again"];
  const { PATH = "", HOME = "" } = process.env;
  const { PORT = "" } = rig.world.environment;
  const to = { QUARTERDECK_URL: `http://127.0.0.1:${PORT}`, QUARTERDECK_TOKEN: token };
  const child = spawn(process.execPath, [ENTRY, "run", ...words, "--follow", "--idempotency-key", "build-4711"], {
    env: { PATH, HOME, ...to },
    stdio: ["ignore", "pipe", "ignore"],
  });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => void (said += text));
  const [code]: unknown[] = await once(child, "close");
  return { code, lines: said.trim().split("\n") };
}

it(`is one run that each job follows to its end, however often the server is killed (seed ${SEED})`, async () => {
  const { stdout } = await rig.run(["token", "create", "ci", "--scopes", "run,read"], environment);
  const token = stdout.trim();
  const fraction = seededFractions(SEED);
  await rig.start(environment);
  const jobs = [job(token)];
  for (let kill = 0; kill < KILLS; kill += 1) {
    await systemClock.sleep(fraction() * LONGEST_LIFE_MS);
    await rig.killAll();
    if (kill === 1) jobs.push(job(token));
    await rig.start(environment);
  }
  const ended = await Promise.all(jobs);
  for (const { code, lines } of ended) {
    expect([code, lines.at(-1)]).toEqual([0, expect.stringMatching(/^run_\w{4} succeeded\.$/u)]);
    const facts = lines.filter((line) => /^\d\d:/u.test(line));
    expect(new Set(facts).size).toBe(facts.length);
  }
  // Both were told the same facts, and both of the same run.
  const [first, second] = ended.map(({ lines }) => lines.filter((line) => /^(?:Started|\d\d:)/u.test(line)));
  expect(second).toEqual(first);
  const { QUARTERDECK_DATA = "" } = rig.world.environment;
  using opened = openLog(QUARTERDECK_DATA);
  const types = Array.from(opened.log.rows(), ({ type }) => type);
  expect(types.filter((type) => type === "run.started")).toHaveLength(1);
  expect(types.filter((type) => type === "token.made")).toHaveLength(1);
  const verified = await rig.run(["audit", "verify"]);
  expect([verified.code, verified.stderr]).toEqual([0, ""]);
});
