import { fork } from "node:child_process";
import { once } from "node:events";

import type { ChildReport, ChildTask } from "./child-messages.ts";
import { allMutants, REMOTE } from "./mutants/all-mutants.ts";
import type { Mutant } from "./mutants/mutant.ts";
import { TELLING_SEEDS } from "./telling-seeds.ts";

export interface MutantsOrder {
  readonly processes: number;
  /** Only those whose file or description has this text. */
  readonly only: string;
  /** In how many worlds each is looked for. */
  readonly worlds: number;
  /** The first seed. */
  readonly from: number;
}

interface Planted extends Mutant {
  readonly part: string;
}

/** What was seen of a planted bug: the check that found it and where, or how many worlds did not show it. */
interface Sight {
  readonly mutant: Planted;
  readonly check: string | undefined;
  readonly seed: string;
  readonly worlds: number;
}

const CHILD = new URL("worlds-child.ts", import.meta.url);
// Of the whole program too few seeds have workers.
const STORIES = new URL("stories-child.ts", import.meta.url);
const HOOK = new URL("mutants/plant-child.ts", import.meta.url).href;
const GOAL = 0.95;
// So long no world takes, however busy the machine is: a process that says nothing is stuck in a loop.
const SILENCE_MS = 120_000;

/** Plants one bug after the other, plays seeds until a check sees it, and prints a table. Returns the exit code. */
export async function runMutants({ processes, only, worlds, from }: MutantsOrder): Promise<number> {
  const planted = Array.from(allMutants, ([part, mutants]) => mutants.map((mutant) => ({ part, ...mutant }))).flat();
  const meant = planted.filter(({ part, file, what }) => `${part} ${file} ${what}`.includes(only));
  const left = [...meant];
  const sights: Sight[] = [];
  const work = async (): Promise<void> => {
    for (let mutant = left.shift(); mutant !== undefined; mutant = left.shift()) {
      const sight = await look(mutant, { worlds, from });
      sights.push(sight);
      console.log(sightText(sight));
    }
  };
  await Promise.all(Array.from({ length: processes }, () => work()));
  const caught = sights.filter(({ check }) => check !== undefined).length;
  for (const part of allMutants.keys()) printPart(part, sights);
  console.log(
    `caught ${caught} of ${meant.length} planted bugs (${percent(caught, meant.length)}), goal ${GOAL * 100} %`,
  );
  return caught >= meant.length * GOAL && meant.length > 0 ? 0 : 1;
}

async function look(mutant: Planted, order: Pick<MutantsOrder, "worlds" | "from">): Promise<Sight> {
  const { file, find, replace } = mutant;
  const child = fork(mutant.part === REMOTE ? STORIES : CHILD, {
    execArgv: ["--import", HOOK],
    env: { ...process.env, QUARTERDECK_PLANTED_BUG: JSON.stringify({ file, find, replace }) },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let [played, complaint] = [0, ""];
  let seen: { check: string; seed: string } | undefined;
  const stuck = setTimeout(() => {
    seen ??= { check: "it goes on", seed: "" };
    child.kill("SIGKILL");
  }, SILENCE_MS);
  child.on("message", ({ seed, violations }: ChildReport) => {
    stuck.refresh();
    played += 1;
    const [first] = violations;
    if (first !== undefined) seen ??= { check: first.check, seed };
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-2000);
  });
  const first = mutant.part === REMOTE ? [] : TELLING_SEEDS;
  const task: ChildTask = { first, ...order, step: 1, untilMs: Number.MAX_SAFE_INTEGER, stopAtFirst: true };
  child.send(task);
  const [code] = await once(child, "exit");
  clearTimeout(stuck);
  if (code !== 0 && seen === undefined) {
    if (complaint.includes("does not have once")) throw new Error(`${mutant.what}: ${complaint}`);
    seen = { check: "the process lives", seed: "" };
  }
  return { mutant, check: seen?.check, seed: seen?.seed ?? "", worlds: played };
}

function sightText({ mutant: { part, file, what }, check, seed, worlds }: Sight): string {
  const end =
    check === undefined ? `MISSED in ${worlds} worlds` : `caught by "${check}" (seed ${seed}, world ${worlds})`;
  return `${part.padEnd(10)} ${file.padEnd(34)} ${what.padEnd(70)} ${end}`;
}

function printPart(part: string, sights: readonly Sight[]): void {
  const own = sights.filter(({ mutant }) => mutant.part === part);
  if (own.length === 0) return;
  const caught = own.filter(({ check }) => check !== undefined).length;
  console.log(
    `${part.padEnd(12)} planted ${String(own.length).padStart(4)}  caught ${String(caught).padStart(4)}  ${percent(caught, own.length)}`,
  );
}

function percent(part: number, whole: number): string {
  return whole === 0 ? "none" : `${((part / whole) * 100).toFixed(1)} %`;
}
