import { z } from "zod";

import { BenchEngine } from "./bench-engine.ts";
import { answerCalls } from "./bench-process.ts";
import { chainOf, nothing } from "./engine-chain.ts";
import { approvalGate } from "./parked-gates.ts";

const Start = z.object({ folder: z.string(), chains: z.number() });

// A promotion through three environments has about so many.
const STEPS = 20;

const executed = new Map<string, number>();
const waiting = { runs: Infinity, resolve: (): void => undefined };

/** Resolves when a step of so many runs has been executed. */
async function allExecuted(runs: number): Promise<void> {
  if (executed.size >= runs) return;
  await new Promise<void>((resolve) => Object.assign(waiting, { runs, resolve }));
}

function open(folder: string, onExecuted: (run: string) => void): Promise<BenchEngine> {
  const noted = (run: string): void => {
    executed.set(run, (executed.get(run) ?? 0) + 1);
    if (executed.size >= waiting.runs) waiting.resolve();
    onExecuted(run);
  };
  return BenchEngine.open({ folder, kinds: [nothing(noted), approvalGate], onChanged: () => undefined });
}

answerCalls({
  /** Begins with so many chains of runs, each followed by the next; resolves when several of each have been. */
  async start(argument) {
    const { folder, chains } = Start.parse(argument);
    const steps = chainOf(STEPS);
    const next = (): void => void engine.start(engine.newRunId(), steps);
    const engine = await open(folder, (run) => {
      if (executed.get(run) === STEPS) next();
    });
    for (let chain = 0; chain < chains; chain += 1) next();
    await allExecuted(chains * 2.5);
  },
  /** Takes up what was left; the times from the opening of the log and from the start of the process until all runs go on. */
  async resume(argument) {
    const { folder } = Start.parse(argument);
    const begunMs = performance.now();
    const engine = await open(folder, () => undefined);
    const runs = engine.store.events.activeRuns().length;
    await engine.resume();
    await allExecuted(runs);
    const nowMs = performance.now();
    return { runs, fromOpening: nowMs - begunMs, fromStart: nowMs };
  },
});
