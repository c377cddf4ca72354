import { Dice } from "../dice.ts";
import { redisAct, workerAct } from "./make-acts.ts";
import type { RedisAct } from "./redis-act.ts";
import type { WorkerAct } from "./worker-act.ts";

export interface RemoteStory {
  readonly seed: string;
  readonly steps: number;
  readonly workers: number;
  readonly lastsMs: number;
  readonly acts: readonly StoryAct[];
}

export type StoryAct = { readonly at: number } & (
  | { readonly who: "redis"; readonly act: RedisAct }
  | { readonly who: "worker"; readonly act: WorkerAct }
  | { readonly who: "server"; readonly act: { readonly kind: "lose" | "stall"; readonly ms: number } }
  | { readonly who: "run"; readonly act: { readonly kind: "cancel" | "anew"; readonly which: number } }
);

/** A scenario of a seed. */
export function makeStory(seed: string): RemoteStory {
  const dice = new Dice(seed);
  const lastsMs = dice.between(5, 40) * 1000;
  const acts: StoryAct[] = [];
  for (let left = dice.between(1, 20); left > 0; left -= 1) acts.push({ at: dice.between(0, lastsMs), ...anAct(dice) });
  acts.sort((one, other) => one.at - other.at);
  return { seed, steps: dice.between(2, 16), workers: dice.between(1, 3), lastsMs, acts };
}

function anAct(dice: Dice): StoryAct extends infer Act ? (Act extends StoryAct ? Omit<Act, "at"> : never) : never {
  const choice = dice.below(16);
  if (choice < 7) return { who: "redis", act: redisAct(dice) };
  if (choice < 12) return { who: "worker", act: workerAct(dice) };
  if (choice === 12) return { who: "server", act: { kind: "stall", ms: dice.between(100, 12_000) } };
  if (choice === 13) return { who: "server", act: { kind: "lose", ms: dice.between(10, 3000) } };
  return { who: "run", act: { kind: choice === 14 ? "cancel" : "anew", which: dice.below(8) } };
}
