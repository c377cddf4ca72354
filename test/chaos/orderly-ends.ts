import { systemClock } from "../../src/platform/clock.ts";
import { Arena, type ArenaOptions } from "./arena.ts";
import type { Conclusion } from "./conclusion.ts";
import { amid } from "./kills.ts";

export interface OrderlyEnds {
  readonly tries: number;
  readonly afterMs: readonly number[];
  /** Those that did not end with exit code 0. */
  readonly wrong: readonly string[];
}

const LONGEST_LIFE_MS = 3000;

/** SIGTERM to the server and to workers under load, again and again, as a rollout of Quarterdeck itself does. */
export async function endInOrder(
  options: ArenaOptions,
  tries: number,
): Promise<Conclusion & { readonly ends: OrderlyEnds }> {
  await using arena = await Arena.open({ rejects: 0.05, cancels: 0.05, workers: 2, ...options });
  await arena.startWorkers();
  const [afterMs, wrong]: [number[], string[]] = [[], []];
  await amid(arena, async () => {
    for (let number = 0; number < tries; number += 1) {
      await systemClock.sleep(arena.fractions() * LONGEST_LIFE_MS);
      const end = number % 2 === 0 ? await endServer(arena) : await endWorker(arena);
      afterMs.push(end.afterMs);
      if (end.how !== "exit code 0") wrong.push(end.how);
    }
  });
  return { ...(await arena.conclude()), killed: {}, arena: arena.report(), ends: { tries, afterMs, wrong } };
}

interface End {
  readonly how: string;
  readonly afterMs: number;
}

async function endServer(arena: Arena): Promise<End> {
  const end = await arena.stopServer();
  arena.startServer();
  await arena.server.ready;
  return { ...end, how: end.how === "exit code 0" ? end.how : `the server: ${end.how}` };
}

async function endWorker(arena: Arena): Promise<End> {
  const index = Math.floor(arena.fractions() * arena.workers.length);
  const began = performance.now();
  const how = (await arena.workers[index]?.kill("SIGTERM")) ?? "there is none";
  const afterMs = performance.now() - began;
  await arena.startWorker(index);
  await arena.workers[index]?.ready;
  return { afterMs, how: how === "exit code 0" ? how : `a worker: ${how}` };
}
