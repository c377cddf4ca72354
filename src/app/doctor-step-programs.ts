import { execFile } from "node:child_process";
import { promisify } from "node:util";

import type { CommandSet } from "../commands/load-commands.ts";
import type { Configuration } from "../config/configuration.ts";
import type { Environment } from "../config/environment.ts";
import type { Finding } from "../doctor/finding.ts";
import { type LookedAt, stepProgram } from "../doctor/step-program.ts";
import { nodesIn, type PlanNode, type StepNode } from "../domain/plan.ts";
import type { StepKind } from "../engine/step-kind.ts";
import type { ProgramNote, StepNotes } from "../engine/step-notes.ts";
import { findProgram } from "../programs/find-program.ts";

interface Deps {
  readonly environment: Pick<Environment, "redisUrl" | "variables">;
  readonly configuration: Pick<Configuration, "programs">;
  readonly commands: readonly Pick<CommandSet["commands"][number], "body">[];
  readonly kinds: ReadonlyMap<string, StepKind>;
}

interface Need {
  readonly notes: readonly ProgramNote[];
  readonly kinds: Set<string>;
}

/** Looks for the programs that the steps of the commands need; those that the configuration names are looked at as such. */
export async function examineStepPrograms(deps: Deps): Promise<readonly Finding[]> {
  const { environment, configuration } = deps;
  const needed = new Map<string, Need>();
  for (const { uses, with: given } of usedSteps(deps.commands)) {
    const notes = programsOf(deps.kinds.get(uses)?.notes, given);
    if (notes.length === 0 || notes.some(({ name }) => Object.hasOwn(configuration.programs, name))) continue;
    const key = notes.map(({ name }) => name).join(" ");
    const need = needed.get(key) ?? { notes, kinds: new Set() };
    need.kinds.add(uses);
    needed.set(key, need);
  }
  const isElsewhere = environment.redisUrl !== undefined;
  const asked = lean([...needed.values()]).map(async ({ notes, kinds }) => {
    const programs = await Promise.all(notes.map((note) => lookAt(note, environment.variables["PATH"])));
    return stepProgram({ programs, kinds: [...kinds].toSorted(), isElsewhere });
  });
  return await Promise.all(asked);
}

/** Those of the programs that will do for a step. */
function programsOf(notes: StepNotes | undefined, given: StepNode["with"]): readonly ProgramNote[] {
  const { programs = [], programInput } = notes ?? {};
  if (programInput === undefined) return programs;
  const { [programInput]: wanted = programs[0]?.name } = given;
  const named = programs.filter(({ name }) => name === wanted);
  // What a template gives is known in a run.
  return named.length > 0 ? named : programs;
}

/** Without those that are met by what other steps need anyway. */
function lean(needs: readonly Need[]): readonly Need[] {
  const isMet = ({ notes }: Need): boolean =>
    needs.some((other) => other.notes.length < notes.length && other.notes.every((note) => notes.includes(note)));
  return needs.filter((need) => !isMet(need));
}

function usedSteps(commands: Deps["commands"]): readonly StepNode[] {
  const nodes = commands.flatMap(({ body }) => {
    if (body.kind !== "plan") return [];
    const { steps, onFailure, finally: last = [] } = body.plan;
    return [...steps, ...onFailure, ...last];
  });
  return nodes.flatMap((node) => Array.from(stepsIn(node))).toSorted((a, b) => a.uses.localeCompare(b.uses, "en"));
}

function* stepsIn(node: PlanNode): Generator<StepNode> {
  if (node.type === "step") yield node;
  else for (const inner of nodesIn(node)) yield* stepsIn(inner);
}

async function lookAt(note: ProgramNote, path: string | undefined): Promise<LookedAt> {
  const file = await findProgram(note.name, path).catch(() => undefined);
  return { ...note, path: file, version: file === undefined ? undefined : await versionOf(note.name, file) };
}

const LONGEST_MS = 20_000;
// How each is asked for its version; the others may do anything when they are called without knowing them.
const QUESTIONS: Readonly<Record<string, readonly string[]>> = {
  terraform: ["version"],
  tofu: ["version"],
  "ansible-playbook": ["--version"],
  trivy: ["--version"],
  cosign: ["version"],
  kubeconform: ["-v"],
};

async function versionOf(name: string, file: string): Promise<string | undefined> {
  const question = QUESTIONS[name];
  if (question === undefined) return undefined;
  try {
    const { stdout } = await promisify(execFile)(file, [...question], { timeout: LONGEST_MS });
    return /\d+(?:\.\d+)+/u.exec(stdout)?.[0];
  } catch {
    return undefined;
  }
}
