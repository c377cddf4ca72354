import type { RunState } from "./run-state.ts";
import { type ApprovalRule, Environment, Target } from "./target.ts";

/**
 * The environment that the inputs of a run name, as it was when the run began; undefined where they name none. What people type is a
 * text or a number, so a value that looks like an environment is one.
 */
export function namedEnvironment({ inputs }: Pick<RunState, "inputs">): Target | Environment | undefined {
  for (const value of Object.values(inputs)) {
    const named = Target.safeParse(value).data ?? Environment.safeParse(value).data;
    if (named !== undefined) return named;
  }
  return undefined;
}

/** An environment for which a run was asked, and what it asked of people then. */
export interface RunEnvironment {
  readonly name: string;
  /** Empty for a run without a service. */
  readonly service: string;
  readonly approval?: ApprovalRule | undefined;
}

/**
 * The environment whose rule counts for what a run does without naming an application: the one that was named, or the last of those
 * that it may change that asks for approval.
 */
export function runEnvironment(state: Pick<RunState, "inputs" | "targets">): RunEnvironment | undefined {
  const [first] = state.targets;
  const named = namedEnvironment(state);
  if (named !== undefined) return { name: named.name, service: first?.service ?? "", approval: named.approval };
  const last = state.targets.findLast(({ approval }) => approval !== undefined);
  return last && { name: last.environment, service: last.service, approval: last.approval };
}

/** An environment that asks for approval, of all that the run may change or was asked for. */
export function askingEnvironment(state: Pick<RunState, "inputs" | "targets">): { readonly name: string } | undefined {
  const target = state.targets.find(({ approval }) => approval !== undefined);
  if (target !== undefined) return { name: target.environment };
  const named = namedEnvironment(state);
  return named?.approval === undefined ? undefined : named;
}
