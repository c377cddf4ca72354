import type { Dice } from "../dice.ts";
import type { RedisAct } from "./redis-act.ts";
import type { WorkerAct } from "./worker-act.ts";

/** Something that goes wrong with Redis. */
export function redisAct(dice: Dice): RedisAct {
  const ms = lengthOf(dice);
  const share = (most: number): number => dice.fraction() * most;
  switch (dice.below(11)) {
    case 0:
      return { kind: "flush" };
    case 1:
      return { kind: "away", ms, keeps: dice.chance(0.5) };
    case 2:
      return { kind: "freeze", ms };
    case 3:
    case 4:
      return { kind: "cut", whom: dice.pick(["server", "worker", "worker-1", "worker-2"]), ms };
    case 5:
      return { kind: "full", ms };
    case 6:
      return { kind: "redeliver", ms: ms * 3, share: share(1) };
    case 7:
      return {
        kind: "replay",
        of: dice.pick(["reports", "answers", "roll-calls", "jobs"]),
        count: dice.between(1, 60),
      };
    case 8:
      return { kind: "forge", count: dice.between(1, 20) };
    default:
      return {
        kind: "messages",
        ms: ms * 2,
        lost: share(0.3),
        doubled: share(0.3),
        late: share(0.3),
        lateMs: dice.between(1, 6000),
        unanswered: share(0.1),
      };
  }
}

/** Something that happens to a worker. */
export function workerAct(dice: Dice): WorkerAct {
  const ms = lengthOf(dice);
  const worker = dice.below(8);
  const kind = dice.pick(["lose", "end", "stall"] as const);
  return kind === "stall" ? { kind, ms, worker } : { kind, downMs: ms, worker };
}

/** Mostly about as long as it takes until somebody is taken for gone. */
function lengthOf(dice: Dice): number {
  const [low, high] = dice.pick([
    [50, 800],
    [800, 6000],
    [800, 6000],
    [6000, 25_000],
  ] as const);
  return dice.between(low, high);
}
