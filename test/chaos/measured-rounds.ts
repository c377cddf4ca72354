import { systemClock } from "../../src/platform/clock.ts";
import { Arena, type ArenaOptions } from "./arena.ts";
import type { Conclusion } from "./conclusion.ts";
import { attack, type Attack } from "./intruder.ts";
import { amid } from "./kills.ts";

export interface RoundsOptions {
  /** How often each thing is done. */
  readonly each: number;
  /** How long Redis stands still, once. */
  readonly partitionMs: number;
  /** How many forged jobs of each sort. */
  readonly forgeries: number;
}

// After it, and before the next thing happens.
const PEACE_MS = 7000;
const SLOW_ARGOCD_MS = 250;
const SYNC_WITHIN_MS = 8000;

/**
 * With a Redis that keeps nothing and two workers: one thing at a time happens, with peace before and after it, so that the time
 * until everything moves again is that of this one thing. In the end somebody who can read and write Redis forges jobs.
 */
export async function oneThingAtATime(
  options: ArenaOptions,
  { each, partitionMs, forgeries }: RoundsOptions,
): Promise<Conclusion & { readonly attack: Attack }> {
  await using arena = await Arena.open({ workers: 2, ...options });
  await arena.startWorkers();
  await arena.world.demo.argocd.control({
    action: "add-fault",
    fault: { kind: "slow", matching: "^(?:GET|POST) /api/v1/applications/", delayMs: SLOW_ARGOCD_MS },
  });
  const result = await amid(arena, async () => {
    for (let round = 0; round < each; round += 1) for (const thing of THINGS) await happen(arena, thing);
    await happen(arena, (at) => standStill(at, partitionMs));
    return await attack(arena, forgeries);
  });
  const killed = { server: each, worker: each, redis: each };
  return { ...(await arena.conclude()), killed, arena: arena.report(), attack: result };
}

async function happen(arena: Arena, thing: (arena: Arena) => Promise<void>): Promise<void> {
  // Whatever it is, it happens while somebody is asking Argo CD for something.
  const { argocd } = arena.world.demo;
  const before = argocd.writes.length + argocd.acceptedOperations.length;
  await arena.while(() => argocd.writes.length + argocd.acceptedOperations.length === before, SYNC_WITHIN_MS);
  await thing(arena);
  await systemClock.sleep(PEACE_MS);
}

const THINGS = [killServer, killWorker, killRedis, flushRedis];

async function killServer(arena: Arena): Promise<void> {
  arena.endRedis();
  await arena.killServer();
  arena.startServer();
  await arena.server.ready;
}

async function killWorker(arena: Arena): Promise<void> {
  const index = Math.floor(arena.fractions() * arena.workers.length);
  await arena.killWorker(index);
  await systemClock.sleep(PEACE_MS);
  await arena.startWorker(index);
}

async function killRedis(arena: Arena): Promise<void> {
  arena.endRedis();
  await arena.redis?.kill();
  await systemClock.sleep(arena.fractions() * 3000);
  await arena.redis?.start();
  arena.noteRedis();
}

async function flushRedis(arena: Arena): Promise<void> {
  arena.endRedis();
  await arena.redis?.flush();
  arena.noteRedis();
}

async function standStill(arena: Arena, forMs: number): Promise<void> {
  arena.endRedis();
  arena.redis?.signal("SIGSTOP");
  await systemClock.sleep(forMs);
  arena.redis?.signal("SIGCONT");
  arena.noteRedis();
}
