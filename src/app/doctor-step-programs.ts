import { execFile } from "node:child_process";
import { promisify } from "node:util";

import type { CommandSet } from "../commands/load-commands.ts";
import type { Configuration } from "../config/configuration.ts";
import type { Environment } from "../config/environment.ts";
import type { Finding } from "../doctor/finding.ts";
import { type LookedAt, stepProgram } from "../doctor/step-program.ts";
import { nodesIn, type PlanNode } from "../domain/plan.ts";
import type { StepKind } from "../engine/step-kind.ts";
import type { ProgramNote } from "../engine/step-notes.ts";
import { findProgram } from "../programs/find-program.ts";

interface Deps {
  readonly environment: Pick<Environment, "redisUrl" | "variables">;
  readonly configuration: Pick<Configuration, "programs">;
  readonly commands: readonly Pick<CommandSet["commands"][number], "body">[];
  readonly kinds: ReadonlyMap<string, StepKind>;
}

/** Looks for the programs that the steps of the commands need; those that the configuration names are looked at as such. */
export async function examineStepPrograms(deps: Deps): Promise<readonly Finding[]> {
  const { environment, configuration } = deps;
  const needed = new Map<string, { readonly notes: readonly ProgramNote[]; readonly kinds: string[] }>();
  for (const uses of usedKinds(deps.commands)) {
    const notes = deps.kinds.get(uses)?.notes?.programs ?? [];
    if (notes.length === 0 || notes.some(({ name }) => Object.hasOwn(configuration.programs, name))) continue;
    const key = notes.map(({ name }) => name).join(" ");
    needed.set(key, { notes, kinds: [...(needed.get(key)?.kinds ?? []), uses] });
  }
  const isElsewhere = environment.redisUrl !== undefined;
  const asked = [...needed.values()].map(async ({ notes, kinds }) => {
    const programs = await Promise.all(notes.map((note) => lookAt(note, environment.variables["PATH"])));
    return stepProgram({ programs, kinds, isElsewhere });
  });
  return await Promise.all(asked);
}

function usedKinds(commands: Deps["commands"]): readonly string[] {
  const nodes = commands.flatMap(({ body }) => {
    if (body.kind !== "plan") return [];
    const { steps, onFailure, finally: last = [] } = body.plan;
    return [...steps, ...onFailure, ...last];
  });
  const used = new Set<string>();
  for (const node of nodes) for (const uses of usesIn(node)) used.add(uses);
  return [...used].toSorted();
}

function* usesIn(node: PlanNode): Generator<string> {
  if (node.type === "step") yield node.uses;
  else for (const inner of nodesIn(node)) yield* usesIn(inner);
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
