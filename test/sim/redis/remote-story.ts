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

type Cut = Extract<RedisAct, { readonly kind: "cut" }>;

export type StoryAct = { readonly at: number } & (
  | { readonly who: "redis"; readonly act: RedisAct }
  | { readonly who: "worker"; readonly act: WorkerAct }
  | { readonly who: "server"; readonly act: { readonly kind: "lose" | "stall"; readonly ms: number } }
  /** One more step is wanted; in the middle of taking it something happens to a worker or to the way to it, or nobody wants it any more. */
  | { readonly who: "rush"; readonly afterMs: number; readonly act: WorkerAct | Cut | { readonly kind: "cancel" } }
  | { readonly who: "run"; readonly act: { readonly kind: "cancel" | "anew"; readonly which: number } }
);

const MOST_ACTS = { calm: 3, busy: 8, wild: 20 } as const;
const TOGETHER_MS = 2500;
const FIRST_DRILL = 9_000_000;
const FIRST_UNANSWERED = 9_100_000;
const DRILL_MS = 40_000;
// Reading the program and the log takes a server so long at least.
const START_MS = 1000;

/** A scenario of a seed: what goes wrong often goes wrong together. */
export function makeStory(seed: string): RemoteStory {
  const dice = new Dice(seed);
  const number = Number(/\d+$/u.exec(seed)?.[0] ?? 0);
  if (number >= FIRST_UNANSWERED) return makeDrill(seed, unanswered(dice));
  if (number >= FIRST_DRILL) return makeDrill(seed, DRILLS[number % DRILLS.length]?.(dice));
  const lastsMs = dice.between(5, 40) * 1000;
  const acts: StoryAct[] = [];
  const most = MOST_ACTS[dice.pick(["calm", "calm", "busy", "wild"] as const)];
  for (let left = dice.between(1, most), at = 0; left > 0; left -= 1) {
    at = at > 0 && dice.chance(0.6) ? at + dice.between(0, TOGETHER_MS) : dice.between(1, lastsMs);
    acts.push({ at, ...anAct(dice) });
  }
  if (dice.chance(0.3)) acts.push(...plot(dice, dice.between(2000, lastsMs)));
  acts.sort((one, other) => one.at - other.at);
  return { seed, steps: dice.between(2, 16), workers: dice.between(1, 3), lastsMs, acts };
}

function makeDrill(seed: string, drill: readonly StoryAct[] = []): RemoteStory {
  const dice = new Dice(`drill/${seed}`);
  const acts = drill.toSorted((one, other) => one.at - other.at);
  return { seed, steps: dice.between(8, 16), workers: dice.between(2, 3), lastsMs: DRILL_MS, acts };
}

/** Stories that lead into one of those narrow places to which hardly any other comes. */
const DRILLS: readonly ((dice: Dice) => readonly StoryAct[])[] = [
  cutOffWithTheAnswer,
  busyAtTheStart,
  spokenToByOthers,
];

/** The server loses its way just when it has let somebody begin, who never hears of it. */
function cutOffWithTheAnswer(dice: Dice): readonly StoryAct[] {
  return [1, 2, 3, 4, 5, 6, 7, 8].map((turn) => ({
    at: turn * 4500,
    who: "rush",
    afterMs: dice.between(3, 8),
    act: { kind: "cut", whom: "server", ms: dice.between(1600, 2600) },
  }));
}

/** A server starts anew while everybody is busy, and those who are told to stop take their time. */
function busyAtTheStart(dice: Dice): readonly StoryAct[] {
  return [1, 2, 3].map((turn) => ({
    at: turn * 10_000 + dice.below(4000),
    who: "server",
    act: { kind: "lose", ms: START_MS + dice.between(10, 400) },
  }));
}

/** Workers come and go, and somebody tells each of them what was answered to others. */
function spokenToByOthers(dice: Dice): readonly StoryAct[] {
  const ends: readonly StoryAct[] = [1, 2, 3, 4].map((turn) => ({ at: turn * 7000, who: "worker", act: ending(dice) }));
  return [...ends, { at: 2000, who: "redis", act: { kind: "misdirect", ms: DRILL_MS, count: dice.between(5, 15) } }];
}

/** Workers are heard and hear nobody, for longer than they wait to be let begin. */
function unanswered(dice: Dice): readonly StoryAct[] {
  return [1, 2].map((turn) => ({
    at: turn * 12_000 + dice.below(3000),
    who: "redis",
    act: { kind: "lose-answers", ms: dice.between(6500, 9000) },
  }));
}

/** A server that starts anew while a worker is not heard, and somebody who makes use of that. */
function plot(dice: Dice, begins: number): readonly StoryAct[] {
  const ms = dice.between(400, 6000);
  const worker = dice.below(3);
  const silence: StoryAct = dice.chance(0.5)
    ? { at: begins, who: "worker", act: { kind: "stall", ms, worker } }
    : { at: begins, who: "redis", act: { kind: "cut", whom: `worker-${worker + 1}`, ms } };
  const at = begins + dice.between(0, 600);
  return [
    silence,
    { at, who: "server", act: { kind: "lose", ms: START_MS + dice.between(10, 400) } },
    { at, who: "redis", act: { kind: "replay", of: dice.pick(["jobs", "jobs", "reports", "roll-calls"]), count: 15 } },
  ];
}

type WithoutTime<Act> = Act extends StoryAct ? Omit<Act, "at"> : never;

function anAct(dice: Dice): WithoutTime<StoryAct> {
  const choice = dice.below(24);
  if (choice < 7) return { who: "redis", act: redisAct(dice) };
  if (choice < 12) return { who: "worker", act: workerAct(dice) };
  if (choice < 14) return { who: "rush", afterMs: dice.between(5, 40), act: { kind: "cancel" } };
  if (choice < 18)
    return { who: "rush", afterMs: rushMs(dice), act: dice.chance(0.5) ? ending(dice) : workerAct(dice) };
  if (choice < 20) return { who: "server", act: { kind: "lose", ms: START_MS + dice.between(10, 3000) } };
  if (choice === 20) return { who: "server", act: { kind: "stall", ms: dice.between(100, 12_000) } };
  return { who: "run", act: { kind: choice === 21 ? "anew" : "cancel", which: dice.below(8) } };
}

/** Mostly about as long as it takes to ask whether a job may be begun. */
function rushMs(dice: Dice): number {
  return dice.chance(0.7) ? dice.between(3, 9) : dice.between(0, 300);
}

function ending(dice: Dice): WorkerAct {
  return { kind: "end", downMs: dice.between(100, 3000), worker: dice.below(3) };
}
