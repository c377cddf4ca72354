import { cp, rm } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import { verifyLog } from "../../src/audit/verify-log.ts";
import { openLog } from "../../src/store/store.ts";
import { BenchProcess } from "./bench-process.ts";
import type { Figure } from "./figure.ts";
import { GATES, parkGates } from "./parked-gates.ts";
import { spreadOf } from "./spread.ts";

const CHAINS = 200;
const ROUNDS = 7;

const Resumed = z.object({ runs: z.number(), fromOpening: z.number(), fromStart: z.number() });
type Resumed = z.infer<typeof Resumed>;

const SCRIPT = import.meta.resolve("./recovering-engine.ts");

/** P8: how soon a server that was killed goes on with everything, and how fast its log is verified. */
export async function measureRecovery(folder: string): Promise<readonly Figure[]> {
  const left = join(folder, "left");
  await parkGates(left);
  await killAmidChains(left);
  const rounds: Resumed[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const copy = join(folder, "copy");
    await cp(left, copy, { recursive: true });
    rounds.push(await resume(copy));
    await rm(copy, { recursive: true });
  }
  const runs = rounds[0]?.runs ?? 0;
  return [
    {
      ...resumedFigure(
        `from the opening of the log until ${runs}`,
        rounds.map(({ fromOpening }) => fromOpening),
      ),
      limit: 500,
    },
    // Most of which is the loading of code, as in P6.
    resumedFigure(
      `from the start of the process until ${runs}`,
      rounds.map(({ fromStart }) => fromStart),
    ),
    verifiedFigure(left),
  ];
}

async function killAmidChains(folder: string): Promise<void> {
  await using engine = await BenchProcess.start(SCRIPT);
  await engine.call("start", { folder, chains: CHAINS });
  await engine.kill();
}

async function resume(folder: string): Promise<Resumed> {
  await using engine = await BenchProcess.start(SCRIPT);
  const resumed = Resumed.parse(await engine.call("resume", { folder, chains: CHAINS }));
  await engine.kill();
  return resumed;
}

function resumedFigure(since: string, times: readonly number[]): Figure {
  const { median, min, max } = spreadOf(times);
  const what = `${since} killed runs go on, beside ${GATES} gates`;
  return { goal: "P8", what, value: { measured: median, min, max }, unit: "ms" };
}

function verifiedFigure(folder: string): Figure {
  const rates: number[] = [];
  let events = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    using opened = openLog(folder);
    const begunMs = performance.now();
    const verdict = verifyLog({ rows: opened.log.rows(), people: opened.log.people(), anchors: [] });
    if (verdict.status !== "intact") throw new Error(`the log of the benchmark is broken: ${verdict.message}`);
    events = verdict.events;
    rates.push((events * 1000) / (performance.now() - begunMs));
  }
  const { median, min, max } = spreadOf(rates);
  const value = { measured: Math.round(median), min: Math.round(min), max: Math.round(max) };
  return { goal: "P8", what: `verified events of a log of ${events}`, value, unit: "/s", least: 100_000 };
}
