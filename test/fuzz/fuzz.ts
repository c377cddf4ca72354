import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { z } from "zod";

import type { Finding } from "./finding.ts";
import { type Ending, runProcess } from "./fuzz-process.ts";
import type { Hunted } from "./hunt.ts";

export interface FuzzReport {
  readonly target: string;
  readonly inputs: number;
  readonly kept: number;
  readonly functions: number;
  /** The longest time that an input took at least, of three times in a process that had done nothing else. */
  readonly slowestMs: number;
  readonly findings: readonly Finding[];
}

const HuntedAnswer = z.custom<Hunted>((value) => typeof value === "object" && value !== null && "suspects" in value);
const Times = z.array(z.number());
const Inputs = z.array(z.string());

/** No input may take longer. */
export const MOST_MS = 50;
const MEASUREMENTS = 3;

/** Fuzzes one target for so long, and makes sure of what it found. */
export async function fuzz(asked: {
  readonly target: string;
  readonly seed: number;
  readonly forMs: number;
  /** False leaves out how long the slowest inputs take. */
  readonly measure?: boolean;
}): Promise<FuzzReport> {
  const { target, seed, forMs, measure = true } = asked;
  const folder = await mkdtemp(join(tmpdir(), "quarterdeck-fuzz-"));
  try {
    const journal = join(folder, "batch.json");
    const ending = await runProcess({ kind: "hunt", target, seed, forMs, journal });
    if (ending.kind === "answered") {
      const hunted = HuntedAnswer.parse(ending.answer);
      return await confirmed(target, measure ? hunted : { ...hunted, suspects: [] });
    }
    const findings = [await culprit(target, ending, journal)];
    return { target, inputs: 0, kept: 0, functions: 0, slowestMs: 0, findings };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function confirmed(target: string, { suspects, findings, ...counts }: Hunted): Promise<FuzzReport> {
  const slow = await measured(target, suspects);
  const slowestMs = Math.max(0, ...slow.map(({ cpuMs }) => cpuMs));
  const tooSlow = slow
    .filter(({ cpuMs }) => cpuMs > MOST_MS)
    .slice(0, 1)
    .map(({ input, cpuMs }): Finding => ({ kind: "slow", message: `takes ${cpuMs.toFixed(0)} ms`, input }));
  const shrunk: Finding[] = [];
  for (const finding of findings) shrunk.push(await shortened(target, finding));
  return { target, ...counts, slowestMs, findings: [...shrunk, ...tooSlow] };
}

/** Which of the inputs that were tried last takes a process with it, or keeps it for ever. */
async function culprit(
  target: string,
  ending: Exclude<Ending, { kind: "answered" }>,
  journal: string,
): Promise<Finding> {
  const inputs = Inputs.parse(JSON.parse(await readFile(journal, "utf8").catch(() => "[]")));
  const again = await runProcess({ kind: "walk", target, inputs });
  if (again.kind !== "answered") return { kind: again.kind, message: again.why, input: inputs[again.at] ?? "" };
  return {
    kind: ending.kind,
    message: `${ending.why}; none of the last ${inputs.length} inputs does that alone`,
    input: "",
  };
}

/** How long each takes at least, each time in a process that has done nothing else. */
async function measured(target: string, inputs: readonly string[]) {
  const rounds: (readonly number[])[] = [];
  for (let round = 0; round < MEASUREMENTS && inputs.length > 0; round += 1) {
    const ending = await runProcess({ kind: "measure", target, inputs: [...inputs] });
    rounds.push(ending.kind === "answered" ? Times.parse(ending.answer) : []);
  }
  return inputs.map((input, index) => ({ input, cpuMs: Math.min(...rounds.map((times) => times[index] ?? Infinity)) }));
}

async function shortened(target: string, finding: Finding): Promise<Finding> {
  if (finding.kind !== "threw") return finding;
  const ending = await runProcess({ kind: "shrink", target, input: finding.input, cause: finding.message });
  return ending.kind === "answered" && typeof ending.answer === "string"
    ? { ...finding, input: ending.answer }
    : finding;
}
