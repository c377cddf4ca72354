import type { JobRun } from "./job-ends.ts";
import type { Attempt } from "./net-book.ts";
import type { NetWorld } from "./net-world.ts";
import { codeOf } from "./probe-check.ts";

const SOON_MS = 5000;

/** What is wrong about a program that was run, or about what is said of it. */
export function jobFaults(attempt: Attempt, world: NetWorld): readonly string[] {
  const { end } = attempt;
  const runs = runsOf(attempt, world);
  if (end === undefined) return [];
  const faults = startFaults(attempt, runs);
  const last = runs.findLast(({ life }) => life === end.life);
  if (runs.some(({ life, goneAt }) => life === end.life && goneAt === undefined))
    faults.push("a step ends while its program goes on");
  if (end.type === "step.cancelled") return faults;
  if (end.type === "step.succeeded") return [...faults, ...successFaults(attempt, last)];
  return [...faults, ...failureFaults(attempt, { world, last, runs })];
}

/** What is wrong about a program whose step has not ended. */
export function jobbingFaults(attempt: Attempt, world: NetWorld): readonly string[] {
  const runs = runsOf(attempt, world);
  const last = runs.findLast(({ life }) => life === world.span.number);
  const isOver = last?.goneAt !== undefined && world.now > last.goneAt + SOON_MS;
  return [...startFaults(attempt, runs), ...(isOver ? ["a step does not see that its program has ended"] : [])];
}

function startFaults({ input }: Attempt, runs: readonly JobRun[]): string[] {
  const faults: string[] = [];
  if (input["program"] === "once" && runs.length > 1) faults.push("a program is begun again within its attempt");
  if (runs.some(({ life }, index) => runs[index + 1]?.life === life))
    faults.push("a program is begun twice by one process");
  if (runs.some(({ args, variables }) => args.includes("--force") || variables.includes("PATH")))
    faults.push("a program gets what the configuration does not allow");
  return faults;
}

function successFaults({ input, end }: Attempt, last: JobRun | undefined): readonly string[] {
  const { exitCode, stdout = "" } = last?.end ?? {};
  if (exitCode === undefined || !codesOf(input).includes(exitCode))
    return ["a program is said to have ended well that has not"];
  const output: unknown = end?.fact["output"];
  const text = String(Reflect.get(Object(output), "text"));
  // What it made is its first words; a secret comes after them.
  const isSaid = Reflect.get(Object(output), "exitCode") === exitCode && text.startsWith(stdout.slice(0, 11));
  return isSaid ? [] : ["a program is said to have printed something else"];
}

interface Failed {
  readonly world: NetWorld;
  readonly last: JobRun | undefined;
  readonly runs: readonly JobRun[];
}

function failureFaults(attempt: Attempt, { world, last, runs }: Failed): readonly string[] {
  const code = codeOf(attempt);
  const reasons: Readonly<Record<string, boolean>> = {
    ...(last === undefined ? {} : endReasons(last, attempt)),
    "step.interrupted": attempt.input["program"] === "once" && wasCutShort(attempt, world) && last === undefined,
    ...(runs.length === 0 ? mistakes(attempt) : {}),
  };
  return reasons[code] === true ? [] : [`a program is said to have ended with ${code}`];
}

function endReasons({ end, goneAt }: JobRun, { input }: Attempt): Readonly<Record<string, boolean>> {
  return {
    "program.failed": end !== undefined && !codesOf(input).includes(end.exitCode),
    "program.killed": goneAt !== undefined && end === undefined,
  };
}

/** What whoever wrote the command has done wrong. */
function mistakes({ input }: Attempt): Readonly<Record<string, boolean>> {
  return {
    "program.not-allowed": input["program"] === "nothing",
    "program.option-refused": JSON.stringify(input["args"]).includes("--force"),
    "program.variable-refused": JSON.stringify(input["env"]).includes("PATH"),
  };
}

function codesOf(input: Attempt["input"]): readonly number[] {
  return Array.isArray(input["success-codes"]) ? input["success-codes"].map(Number) : [0];
}

/** It was begun by another process than the one that says how it ended. */
function wasCutShort({ startedAt, end }: Attempt, { spans }: NetWorld): boolean {
  return startedAt <= (spans[(end?.life ?? 1) - 1]?.from ?? -1);
}

function runsOf({ startedAt, end }: Attempt, { jobs }: NetWorld): readonly JobRun[] {
  return jobs.filter((run) => run.startedAt >= startedAt && run.startedAt <= (end?.at ?? Infinity));
}
