import { fork } from "node:child_process";
import { once } from "node:events";

import type { ChildReport, ChildTask } from "./child-messages.ts";
import { FAILED_ONCE } from "./failed-once.ts";

export interface SeedsOrder {
  readonly from: number;
  /** How many worlds altogether; as many as there is time for when absent. */
  readonly worlds: number | undefined;
  readonly minutes: number;
  readonly processes: number;
}

interface Totals {
  worlds: number;
  runs: number;
  events: number;
  readonly milestones: Map<string, number>;
  readonly failures: Map<string, { count: number; readonly seeds: string[]; readonly example: string }>;
}

const CHILD = new URL("worlds-child.ts", import.meta.url);
const STORIES = new URL("stories-child.ts", import.meta.url);
// Of the time that there is; so many workers are in none of the worlds.
const STORIES_SHARE = 0.1;
const MOST_SEEDS_SAID = 8;
// Node keeps signals that are made of others for as long as somebody listens to them, and a process that was killed in a world never
// stops listening: what is left of some hundred worlds takes more time than starting anew.
const WORLDS_A_PROCESS = 200;

/** Plays those seeds that failed once, then fresh ones, in several processes, and prints one table. Returns the exit code. */
export async function runSeeds({ from, worlds, minutes, processes }: SeedsOrder): Promise<number> {
  const totals: Totals = { worlds: 0, runs: 0, events: 0, milestones: new Map(), failures: new Map() };
  const startedAt = performance.now();
  console.log(
    `Seeds from ${from} on, in ${processes} processes; one that fails is told by: npm run sim -- --seed SEED`,
  );
  const untilMs = minutes * 60_000;
  const known = { first: FAILED_ONCE, from: 0, step: 1, worlds: FAILED_ONCE.length, untilMs, stopAtFirst: false };
  await playIn(known, totals);
  const share = worlds === undefined ? Number.MAX_SAFE_INTEGER : Math.ceil(worlds / processes);
  const tasks = Array.from({ length: processes }, (_none, index) => ({
    first: [],
    from: from + index,
    step: processes,
    worlds: share,
    untilMs,
    stopAtFirst: false,
  }));
  const stories = { first: [], from, step: 1, untilMs: untilMs * STORIES_SHARE, stopAtFirst: false };
  await playIn({ ...stories, worlds: Math.ceil(share * STORIES_SHARE) }, totals, STORIES);
  await Promise.all(tasks.map((task) => playIn(task, totals)));
  print(totals, (performance.now() - startedAt) / 1000);
  return totals.failures.size === 0 && totals.worlds > 0 ? 0 : 1;
}

async function playIn(task: ChildTask, totals: Totals, program = CHILD): Promise<void> {
  const endsAt = performance.now() + task.untilMs;
  for (let done = 0; done < task.worlds && performance.now() < endsAt; done += WORLDS_A_PROCESS) {
    const part = {
      ...task,
      first: task.first.slice(done),
      from: task.from + Math.max(0, done - task.first.length) * task.step,
      worlds: Math.min(task.worlds - done, WORLDS_A_PROCESS),
      untilMs: endsAt - performance.now(),
    };
    await playPart(part, totals, program);
  }
}

async function playPart(task: ChildTask, totals: Totals, program: URL): Promise<void> {
  const child = fork(program, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  child.on("message", (report: ChildReport) => count(report, totals));
  child.send(task);
  const [code] = await once(child, "exit");
  if (code !== 0)
    fail(totals, { check: "the process lives", what: `it ended with ${String(code)}`, seed: String(task.from) });
}

function count({ seed, worlds, runs, events, milestones, violations }: ChildReport, totals: Totals): void {
  totals.worlds += worlds;
  totals.runs += runs;
  totals.events += events;
  for (const [name, times] of Object.entries(milestones)) {
    totals.milestones.set(name, (totals.milestones.get(name) ?? 0) + times);
  }
  for (const { check, what } of violations) fail(totals, { check, what, seed });
}

function fail(totals: Totals, found: { readonly check: string; readonly what: string; readonly seed: string }): void {
  // Said at once: the table may be hours away.
  console.log(`seed ${found.seed}: ${found.check}: ${found.what}`);
  const known = totals.failures.get(found.check) ?? { count: 0, seeds: [], example: found.what };
  totals.failures.set(found.check, known);
  known.count += 1;
  if (known.seeds.length < MOST_SEEDS_SAID && !known.seeds.includes(found.seed)) known.seeds.push(found.seed);
}

function print({ worlds, runs, events, milestones, failures }: Totals, seconds: number): void {
  const rows: (readonly [string, string])[] = [
    ["worlds", String(worlds)],
    ["runs", String(runs)],
    ["events in the log", String(events)],
    ["runs a second", (runs / seconds).toFixed(1)],
    ["runs in 10 minutes at this speed", String(Math.round((runs / seconds) * 600))],
    ...Array.from(milestones, ([name, times]): readonly [string, string] => [name, String(times)]),
    ["violations", String([...failures.values()].reduce((sum, { count: times }) => sum + times, 0))],
  ];
  const width = Math.max(...rows.map(([what]) => what.length));
  for (const [what, value] of rows) console.log(`${what.padEnd(width)}  ${value.padStart(9)}`);
  for (const [check, { count: times, seeds, example }] of failures) {
    console.log(`VIOLATED ${check}: ${times} times, seeds ${seeds.join(", ")}\n    ${example}`);
  }
}
