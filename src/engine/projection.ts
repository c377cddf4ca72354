import { z } from "zod";

import { nextWakeAt } from "../domain/wake.ts";
import { begin, evolve } from "../domain/evolve.ts";
import { claimsOf } from "../domain/lock-book.ts";
import { namedEnvironment } from "../domain/named-environment.ts";
import { nextWork } from "../domain/next-work.ts";
import type { RunEvent } from "../domain/run-event.ts";
import type { RunState } from "../domain/run-state.ts";
import type { Append, RunChange, RunRow } from "./ports.ts";
import type { Proof } from "./step-kind.ts";

/** What the log's projections hold of one run, from its whole history. */
export type RunProjection = Omit<RunChange, keyof Append>;

/** Rebuilds the projections of one run from its events; undefined when they do not begin with `run.started`. */
export function projectRun(run: string, events: readonly RunEvent[]): RunProjection | undefined {
  const [first, ...rest] = events;
  if (first?.type !== "run.started") return undefined;
  let state = begin(run, first);
  const proofs: Proof[] = [];
  for (const event of rest) {
    proofs.push(...proofsIn(state, event));
    state = evolve(state, event);
  }
  return { row: rowOf(state), claims: claimsOf(state), proofs };
}

/** The list entry of a run. */
export function rowOf(state: RunState): RunRow {
  return {
    id: state.id,
    command: state.plan.command,
    title: state.title,
    status: state.status,
    services: unique(state.targets.map((target) => target.service)),
    environments: environmentsOf(state),
    requester: state.requester,
    channel: state.origin.channel,
    startedAt: state.startedAt,
    changedAt: state.changedAt,
    finishedAt: state.finishedAt,
    version: state.version,
    wakeAt: nextWakeAt(state),
    parked: nextWork(state).length === 0,
    gates: countGates(state),
  };
}

/** A loop without copies: it runs for every turn, and of all steps most have ended. */
function countGates({ steps }: RunState): number {
  let gates = 0;
  for (const { status, gate } of steps.values()) if (status === "running" && gate !== undefined) gates += 1;
  return gates;
}

/** Those that it may change; where it changes none by itself, the one that it was asked for. */
function environmentsOf(state: RunState): string[] {
  if (state.targets.length > 0) return unique(state.targets.map((target) => target.environment));
  const named = namedEnvironment(state);
  return named === undefined ? [] : [named.name];
}

const ProofOutput = z.object({
  applicationUid: z.string(),
  revision: z.string(),
  sourceDigest: z.string(),
  provenAt: z.number(),
});

/** The proofs that the facts of one turn add to the state before it; a run that only starts has none. */
export function newProofs(before: RunState | undefined, events: readonly RunEvent[]): readonly Proof[] {
  const last = events.findLastIndex((event) => event.type === "step.succeeded");
  if (before === undefined || last === -1) return [];
  let state = before;
  return events.slice(0, last + 1).flatMap((event, index) => {
    const proofs = proofsIn(state, event);
    if (index < last) state = evolve(state, event);
    return proofs;
  });
}

/** The proof that a fact adds: a wait for an application ended well, at a revision. `state` is the one before the fact. */
export function proofsIn(state: RunState, event: RunEvent): readonly Proof[] {
  if (event.type !== "step.succeeded") return [];
  const step = state.steps.get(event.path);
  const app = step?.input["app"];
  const output = step?.sort === "wait" ? ProofOutput.safeParse(event.output).data : undefined;
  return output === undefined || typeof app !== "string" ? [] : [{ ...output, run: state.id, app }];
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
