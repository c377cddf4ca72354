import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { z } from "zod";

import { type Application, startApplication } from "../../src/app/application.ts";
import { readEnvironment } from "../../src/config/environment.ts";
import type { StepKind } from "../../src/engine/step-kind.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { SecretMask } from "../../src/platform/masking.ts";
import { requestOf } from "./bench-engine.ts";
import { answerCalls } from "./bench-process.ts";
import { chainOf, nothing } from "./engine-chain.ts";

const Start = z.record(z.string(), z.string());
/** `pauseMs` is how long each step takes; none where it is absent. */
const Chains = z.object({ count: z.number(), steps: z.number(), pauseMs: z.number().default(0) });

/** Lets go of what nobody holds any more, so that what is left is what is kept. */
const collect = garbageCollector();

function garbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  const found: unknown = runInNewContext("gc");
  if (typeof found !== "function") throw new TypeError("this Node has no garbage collector to call");
  return () => void Reflect.apply(found, undefined, []);
}

interface Running {
  readonly application: Application;
  readonly resources: AsyncDisposableStack;
}

const running: { server?: Running } = {};
const chains = { length: 0, pauseMs: 0, executed: 0, left: new Map<string, number>() };

answerCalls({
  /** The whole application, as `quarterdeck serve` starts it, with one more step kind. */
  async start(argument) {
    const mask = new SecretMask();
    const environment = readEnvironment(mask, { ...process.env, ...Start.parse(argument) });
    const resources = new AsyncDisposableStack();
    const surroundings = { environment, mask, logger: silentLogger, clock: systemClock, random: systemRandom };
    const application = await startApplication(surroundings, resources);
    running.server = { application, resources };
    const { kinds } = application.engine;
    if (kinds instanceof Map) kinds.set("bench/nothing", pausing());
  },
  /** Begins with so many chains of runs; each run is followed by the next. */
  async chains(argument) {
    const { count, steps, pauseMs } = Chains.parse(argument);
    chains.length = steps;
    chains.pauseMs = pauseMs;
    await Promise.all(Array.from({ length: count }, startRun));
  },
  executed: () => chains.executed,
  /** The runs that are under way come to their end, and no others follow. */
  end() {
    chains.length = 0;
  },
  /** How much the process has in memory, what can be collected left out. */
  memory() {
    collect();
    const { rss, heapUsed, external } = process.memoryUsage();
    return { rss, used: heapUsed + external };
  },
  /** How many runs have not ended. */
  open: () => running.server?.application.store.events.listRuns({ openOnly: true, limit: 100_000 }).length ?? 0,
  async stop() {
    await running.server?.resources.disposeAsync();
  },
});

async function startRun(): Promise<void> {
  const runs = running.server?.application.engine.runs;
  if (runs === undefined || chains.length === 0) return;
  const run = runs.newRunId();
  chains.left.set(run, chains.length);
  await runs.start(requestOf(run, chainOf(chains.length)));
}

/** An action that takes as long as the chains say. */
function pausing(): StepKind {
  const kind = nothing(noteExecuted);
  if (kind.sort !== "action") throw new TypeError("it is no action");
  return {
    ...kind,
    run: async (...asked: Parameters<typeof kind.run>) => {
      if (chains.pauseMs > 0) await systemClock.sleep(chains.pauseMs);
      return await kind.run(...asked);
    },
  };
}

function noteExecuted(run: string): void {
  chains.executed += 1;
  const left = (chains.left.get(run) ?? 1) - 1;
  if (left > 0) {
    chains.left.set(run, left);
    return;
  }
  chains.left.delete(run);
  void startRun();
}
