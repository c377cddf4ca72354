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
  /** How long nothing happens after each thing. */
  readonly peaceMs: number;
  /** How many forged jobs of each sort. */
  readonly forgeries: number;
}

const SLOW_ARGOCD_MS = 250;
const SYNC_WITHIN_MS = 8000;

/**
 * With a Redis that keeps nothing and two workers: one thing at a time happens, with peace before and after it, so that the time
 * until everything moves again is that of this one thing. In the end somebody who can read and write Redis forges jobs.
 */
export async function oneThingAtATime(
  options: ArenaOptions,
  { each, partitionMs, peaceMs, forgeries }: RoundsOptions,
): Promise<Conclusion & { readonly attack: Attack }> {
  await using arena = await Arena.open({ workers: 2, ...options });
  await arena.startWorkers();
  await arena.world.demo.argocd.control({
    action: "add-fault",
    fault: { kind: "slow", matching: "^(?:GET|POST) /api/v1/applications/", delayMs: SLOW_ARGOCD_MS },
  });
  const result = await amid(arena, async () => {
    for (let round = 0; round < each; round += 1) for (const thing of THINGS) await happen(arena, thing, peaceMs);
    await happen(arena, (at) => standStill(at, partitionMs), peaceMs);
    return await attack(arena, forgeries);
  });
  const killed = { server: each, worker: each, redis: each };
  return { ...(await arena.conclude()), killed, arena: arena.report(), attack: result };
}

type Thing = (arena: Arena, peaceMs: number) => Promise<void>;

async function happen(arena: Arena, thing: Thing, peaceMs: number): Promise<void> {
  // Whatever it is, it happens while somebody is asking Argo CD for something.
  const { argocd } = arena.world.demo;
  const before = argocd.writes.length + argocd.acceptedOperations.length;
  await arena.while(() => argocd.writes.length + argocd.acceptedOperations.length === before, SYNC_WITHIN_MS);
  await thing(arena, peaceMs);
  await systemClock.sleep(peaceMs);
}

const THINGS: readonly Thing[] = [killWorker, killRedis, flushRedis, killServer];

async function killServer(arena: Arena): Promise<void> {
  arena.endRedis();
  await arena.killServer();
  arena.startServer();
  await arena.server.ready;
}

async function killWorker(arena: Arena, peaceMs: number): Promise<void> {
  const index = Math.floor(arena.fractions() * arena.workers.length);
  await arena.killWorker(index);
  await systemClock.sleep(peaceMs);
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
