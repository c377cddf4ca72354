import { systemClock } from "../../src/platform/clock.ts";
import { Arena, type ArenaOptions } from "./arena.ts";
import type { Conclusion } from "./conclusion.ts";
import { makeTrouble } from "./trouble.ts";

/** How many processes are still to be killed, by all who kill. */
export class KillBudget {
  done = 0;
  #untilMs: number | undefined;
  readonly #most: number;
  readonly #minutes: number;
  readonly #onKill: (done: number) => void;

  constructor(deps: { readonly most: number; readonly minutes: number; readonly onKill: (done: number) => void }) {
    this.#most = deps.most;
    this.#minutes = deps.minutes;
    this.#onKill = deps.onKill;
  }

  /** Time counts from the first time that somebody asks. */
  get isSpent(): boolean {
    this.#untilMs ??= performance.now() + this.#minutes * 60_000;
    return this.done >= this.#most || performance.now() > this.#untilMs;
  }

  note(): void {
    this.done += 1;
    this.#onKill(this.done);
  }
}

// Every fourth server is killed while it starts, the others after they were ready for so long.
const LONGEST_LIFE_MS = 3000;
const READY_WITHIN_MS = 30_000;

/** A server that executes everything itself, killed at random moments while many promotions are under way. */
export async function killInProcess(options: ArenaOptions, budget: KillBudget): Promise<Conclusion> {
  await using arena = await Arena.open({ rejects: 0.05, cancels: 0.05, ...options });
  const killed = { server: 0, worker: 0, redis: 0 };
  await amid(arena, () => killServers(arena, budget, killed));
  return { ...(await arena.conclude()), killed, arena: arena.report() };
}

/** A server with workers and a Redis that keeps nothing: all of them are killed, and Redis is emptied and stopped besides. */
export async function killWithRedis(options: ArenaOptions, budget: KillBudget): Promise<Conclusion> {
  await using arena = await Arena.open({ rejects: 0.05, cancels: 0.05, workers: 2, ...options });
  await arena.startWorkers();
  // A sync that takes a while has somebody to be taken from.
  await arena.world.demo.argocd.control({
    action: "add-fault",
    fault: { kind: "slow", matching: "^(?:GET|POST) /api/v1/applications/", delayMs: SLOW_ARGOCD_MS },
  });
  const killed = { server: 0, worker: 0, redis: 0 };
  await amid(arena, async () => {
    await Promise.all([
      killServers(arena, budget, killed),
      killWorkers(arena, budget, killed),
      killRedis(arena, budget, killed),
    ]);
  });
  return { ...(await arena.conclude()), killed, arena: arena.report() };
}

const SLOW_ARGOCD_MS = 250;

/** Does it while people use the server and things go wrong outside, and resolves when everything has come to rest after it. */
export async function amid<Result>(arena: Arena, act: () => Promise<Result>): Promise<Result> {
  const over = new AbortController();
  arena.startServer();
  await arena.server.ready;
  arena.crowd.start();
  const trouble = makeTrouble(arena, over.signal);
  try {
    return await act();
  } finally {
    over.abort();
    await trouble;
    await arena.calm();
  }
}

type Killed = Record<"server" | "worker" | "redis", number>;

async function killServers(arena: Arena, budget: KillBudget, killed: Killed): Promise<void> {
  const { fractions } = arena;
  let startMs = READY_WITHIN_MS;
  for (; !budget.isSpent; killed.server += 1) {
    const { server } = arena;
    if (killed.server % 4 === 3) await systemClock.sleep(fractions() * startMs);
    else {
      const readyAtMs = await Promise.race([server.ready, systemClock.sleep(READY_WITHIN_MS)]);
      startMs = (readyAtMs ?? Date.now()) - server.startedAtMs;
      // Where starting takes long, so does everything else.
      await systemClock.sleep(fractions() * Math.max(LONGEST_LIFE_MS, 2 * startMs));
    }
    await arena.killServer();
    budget.note();
    arena.startServer();
  }
}

// On a slow machine a server takes longest to be there again: it gets its share all the same.
const WORKERS_A_SERVER = 1.5;
const REDIS_A_SERVER = 0.5;

async function killWorkers(arena: Arena, budget: KillBudget, killed: Killed): Promise<void> {
  const { fractions } = arena;
  while (!budget.isSpent) {
    await systemClock.sleep(300 + fractions() * LONGEST_LIFE_MS);
    if (budget.isSpent) return;
    if (killed.worker > killed.server * WORKERS_A_SERVER) continue;
    const index = Math.floor(fractions() * arena.workers.length);
    await arena.killWorker(index);
    budget.note();
    await systemClock.sleep(fractions() * 500);
    await arena.startWorker(index);
    killed.worker += 1;
  }
}

async function killRedis(arena: Arena, budget: KillBudget, killed: Killed): Promise<void> {
  const { fractions, redis } = arena;
  if (redis === undefined) return;
  while (!budget.isSpent) {
    await systemClock.sleep(500 + fractions() * 2 * LONGEST_LIFE_MS);
    if (budget.isSpent) return;
    if (killed.redis > killed.server * REDIS_A_SERVER) continue;
    arena.endRedis();
    const dice = fractions();
    if (dice < 0.2) await redis.flush();
    else if (dice < 0.4) {
      redis.signal("SIGSTOP");
      await systemClock.sleep(fractions() * LONGEST_LIFE_MS);
      redis.signal("SIGCONT");
    } else {
      await redis.kill();
      budget.note();
      killed.redis += 1;
      await systemClock.sleep(fractions() * 1000);
      await redis.start();
    }
    arena.noteRedis();
  }
}
