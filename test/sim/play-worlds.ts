import type { ChildReport, ChildTask } from "./child-messages.ts";

/** Plays one seed, and says what was wrong. */
type PlayWorld = (seed: string) => Promise<readonly string[]>;

/**
 * What a process of worlds of their own does: told in messages, it says what came of each seed; started by hand, it plays so many seeds
 * from one on (`node test/sim/ships-child.ts 17 1`) and prints the first in which something is wrong.
 */
export function playWorlds(play: PlayWorld): void {
  if (process.send === undefined) void print(play);
  else process.once("message", (task: ChildTask) => void report(play, task));
}

async function print(play: PlayWorld): Promise<void> {
  const [, , from = "1", worlds = "1"] = process.argv;
  for (let world = 1; world <= Number(worlds); world += 1) {
    const seed = Number(from) + world - 1;
    const faults = await play(String(seed));
    if (faults.length === 0) continue;
    process.stdout.write(`${JSON.stringify({ seed, world, faults })}\n`);
    process.exit(0);
  }
  process.stdout.write(`${JSON.stringify({ seed: null, world: Number(worlds), faults: [] })}\n`);
}

async function report(play: PlayWorld, { first, from, worlds }: ChildTask): Promise<void> {
  for (let world = 0; world < worlds; world += 1) {
    const seed = String(first[world] ?? from + world - first.length);
    const faults = await play(seed);
    const violations = faults.map((what) => ({ check: what.slice(0, 100), what }));
    process.send?.({ seed, worlds: 1, runs: 1, events: 0, milestones: {}, violations } satisfies ChildReport);
    if (violations.length > 0) break;
  }
  process.disconnect();
}
