import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { ChildReport, ChildTask } from "./child-messages.ts";
import { KINDS, REMOTE } from "./mutants/all-mutants.ts";
import type { Mutant } from "./mutants/mutant.ts";
import { storyNumber, storySeed } from "./replay-story.ts";

/** A planted bug, and the part of the program in which it stands. */
export interface Planted extends Mutant {
  readonly part: string;
}

/** What was seen of a planted bug: the check that found it and where, or how many worlds did not show it. */
export interface Sight {
  readonly mutant: Planted;
  readonly check: string | undefined;
  readonly seed: string;
  readonly worlds: number;
  /** Its text does not stand there once, so that it was looked for nowhere. */
  readonly isGone?: boolean;
}

/** Which seeds are played: those of `first`, then one after the other from `from` on, `worlds` altogether. */
export type HuntTask = Pick<ChildTask, "first" | "from" | "worlds">;

interface Found {
  readonly played: number;
  readonly check: string | undefined;
  readonly seed: string;
}

const CHILD = new URL("worlds-child.ts", import.meta.url);
// Of the whole program too few seeds have workers.
const OWN: ReadonlyMap<string, URL> = new Map([
  [REMOTE, new URL("stories-child.ts", import.meta.url)],
  [KINDS.waits, new URL("kinds-child.ts", import.meta.url)],
  [KINDS.programs, new URL("ships-child.ts", import.meta.url)],
  [KINDS.forge, new URL("forge-child.ts", import.meta.url)],
  [KINDS.net, new URL("net-child.ts", import.meta.url)],
  [KINDS.triggers, new URL("triggers-child.ts", import.meta.url)],
  [KINDS.schedules, new URL("schedules-child.ts", import.meta.url)],
  [KINDS.api, new URL("api-child.ts", import.meta.url)],
]);
const SOURCES = new URL("../../src/", import.meta.url);
const HOOK = new URL("mutants/plant-child.ts", import.meta.url).href;
// What is left of those that were played makes each further one slower.
const WORLDS_A_PROCESS = 200;
const LOOK_EVERY_MS = 15_000;
// So much work no world is: a process that says nothing meanwhile is stuck in a loop.
const MOST_WORK_S = 45;
// So long no world takes, however busy the machine is: a process that does nothing waits for what never comes.
const SILENCE_MS = 900_000;
// As Linux counts the time that processes take.
const TICKS_A_SECOND = 100;

/** Plants bugs, one process for each, and plays until a check sees them. */
export class MutantHunt implements Disposable {
  /** What is compiled of the program is the same for all but one file. */
  readonly #cache = mkdtempSync(join(tmpdir(), "quarterdeck-mutants-"));
  /** Whether a seed shows something without any bug, which then proves nothing of one. */
  readonly #plain = new Map<string, Promise<boolean>>();
  readonly #flawed = new Set<string>();

  /** Seeds that show something although nothing was planted. */
  get flawed(): readonly string[] {
    return [...this.#flawed];
  }

  async look(mutant: Planted, task: HuntTask): Promise<Sight> {
    if (!isThere(mutant)) return { mutant, check: undefined, seed: "", worlds: 0, isGone: true };
    let left = task;
    while (left.worlds > 0) {
      const part = { ...left, worlds: Math.min(left.worlds, WORLDS_A_PROCESS) };
      const { check, seed, played } = await this.#play(part, mutant);
      const worlds = task.worlds - left.worlds + played;
      if (check !== undefined && !(await this.#isFlawed(seed, mutant.part))) return { mutant, check, seed, worlds };
      left = after(left, Math.max(1, played));
    }
    return { mutant, check: undefined, seed: "", worlds: task.worlds };
  }

  [Symbol.dispose](): void {
    rmSync(this.#cache, { recursive: true, force: true });
  }

  /** Finds out in one process which of these seeds show nothing without a bug, which is asked of each that shows one. */
  async playPlainly(part: string, seeds: readonly string[]): Promise<void> {
    for (let left = seeds; left.length > 0;) {
      const { check, played } = await this.#play(plainTask(part, left), { part });
      const sound = left.slice(0, check === undefined ? played : Math.max(0, played - 1));
      for (const seed of sound) this.#plain.set(`${part} ${seed}`, Promise.resolve(false));
      left = left.slice(Math.max(1, played));
    }
  }

  #isFlawed(seed: string, part: string): Promise<boolean> {
    const key = `${part} ${seed}`;
    const known = this.#plain.get(key) ?? this.#playPlain(seed, part);
    this.#plain.set(key, known);
    return known;
  }

  async #playPlain(seed: string, part: string): Promise<boolean> {
    const { check } = await this.#play(plainTask(part, [seed]), { part });
    if (check !== undefined) this.#flawed.add(seed);
    return check !== undefined;
  }

  /** Plays until something is seen, with a bug where one is given. */
  async #play(task: HuntTask, { part, ...bug }: Pick<Planted, "part"> & Partial<Mutant>): Promise<Found> {
    const { file, find, replace, what } = bug;
    const child = fork(OWN.get(part) ?? CHILD, {
      execArgv: file === undefined ? [] : ["--import", HOOK],
      env: {
        ...process.env,
        NODE_COMPILE_CACHE: this.#cache,
        QUARTERDECK_PLANTED_BUG: JSON.stringify({ file, find, replace }),
      },
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let [played, complaint] = [0, ""];
    let seen: { check: string; seed: string } | undefined;
    let heardAt = { ms: performance.now(), work: 0 };
    const watch = setInterval(() => {
      const isStuck = workOf(child.pid) - heardAt.work > MOST_WORK_S || performance.now() - heardAt.ms > SILENCE_MS;
      if (!isStuck) return;
      seen ??= { check: "it goes on", seed: seedAt(task, { played, part }) };
      child.kill("SIGKILL");
    }, LOOK_EVERY_MS);
    child.on("message", ({ seed, violations }: ChildReport) => {
      heardAt = { ms: performance.now(), work: workOf(child.pid) };
      played += 1;
      const [first] = violations;
      if (first !== undefined) seen ??= { check: first.check, seed };
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(-2000);
    });
    child.send({ ...task, step: 1, untilMs: Number.MAX_SAFE_INTEGER, stopAtFirst: true } satisfies ChildTask);
    const [code] = await once(child, "exit");
    clearInterval(watch);
    if (code !== 0 && seen === undefined) {
      if (complaint.includes("does not have once")) throw new Error(`${what}: ${complaint}`);
      const [why = `it ended with ${String(code)}`] = /^\S*Error.*$/mu.exec(complaint) ?? [];
      seen = { check: `the process lives: ${why}`, seed: seedAt(task, { played, part }) };
    }
    return { played, check: seen?.check, seed: seen?.seed ?? "" };
  }
}

function plainTask(part: string, seeds: readonly string[]): HuntTask {
  const first = part === REMOTE ? seeds.map((seed) => storyNumber(seed)) : seeds;
  return { first, from: 0, worlds: seeds.length };
}

/** The seed after so many of a task: with that one a process is busy which says nothing more. */
function seedAt(
  { first, from }: HuntTask,
  { played, part }: { readonly played: number; readonly part: string },
): string {
  const seed = first[played] ?? from + played - first.length;
  return part === REMOTE ? storySeed(Number(seed)) : String(seed);
}

/** Whether it can be planted: somebody may change the program while the others are looked for. */
function isThere({ file, find }: Mutant): boolean {
  return readFileSync(new URL(file, SOURCES), "utf8").split(find).length === 2;
}

/** How many seconds of a processor it has taken; 0 where nothing tells. */
function workOf(pid: number | undefined): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
  } catch {
    return 0;
  }
}

/** What is left of a task when so many of its worlds have been played. */
function after({ first, from, worlds }: HuntTask, played: number): HuntTask {
  return {
    first: first.slice(played),
    from: from + Math.max(0, played - first.length),
    worlds: worlds - played,
  };
}
