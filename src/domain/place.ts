import { evaluateCondition, evaluateTemplate, type Scope } from "../expressions/evaluate.ts";
import type { Json, JsonMap } from "../platform/canonical-json.ts";
import { failedPlace } from "./failed-place.ts";
import { JsonValue } from "./outcome.ts";
import { type PlanBranch, rootPath } from "./plan-walk.ts";
import type { CommandNode, PlanNode } from "./plan.ts";
import type { RunState } from "./run-state.ts";

/**
 * How a part of the chain is walked. `on`: whatever can begin begins. `rest`: nothing begins, what waits is given up, what is
 * under way is awaited. `look`: nothing is done at all.
 */
export type Pace = "on" | "rest" | "look";

/** Where a sequence stands. `outputs` is what `scope` has as `steps`: it grows as the sequence is walked. */
export interface Place {
  readonly parent: string;
  readonly scope: Scope;
  readonly outputs: Record<string, Json>;
  readonly pace: Pace;
  /** The paths of the locks around it. */
  readonly locks: readonly string[];
}

/** The top of one branch of the command. */
export function topPlace(state: RunState, branch: PlanBranch, pace: Pace): Place {
  const around = { parent: rootPath(state.plan, branch), locks: [], pace };
  return placeIn({ ...around, outputs: {}, scope: topScope(state, branch) }, {});
}

/** A sequence of its own inside another one: it sees what was before it, and what is in it is not seen outside. */
export function placeIn(around: Place, change: Partial<Pick<Place, "parent" | "scope" | "pace">>): Place {
  const { scope = around.scope } = change;
  const outputs: Record<string, Json> = { ...around.outputs };
  return { ...around, ...change, outputs, scope: { ...scope, steps: outputs } };
}

/** The inside of a command that is a step of another: it sees nothing but what it is given. */
export function commandPlace(
  around: Place,
  { node, path }: { readonly node: CommandNode; readonly path: string },
): Place {
  const { run = null, secrets = {} } = around.scope;
  const outputs: Record<string, Json> = {};
  const scope = { ...valuesOf(node.inputs, around.scope), run, secrets, steps: outputs };
  return { ...around, parent: path, outputs, scope };
}

/** Whether what stands there is to be done at all. */
export function holds(node: PlanNode, place: Place): boolean {
  return node.if === undefined || evaluateCondition(node.if, place.scope);
}

/** The templates with their expressions evaluated. */
export function valuesOf(templates: JsonMap, scope: Scope): JsonMap {
  return Object.fromEntries(Object.entries(templates).map(([name, value]) => [name, evaluateTemplate(value, scope)]));
}

function topScope(state: RunState, branch: PlanBranch): Scope {
  const { id, requester, inputs, plan, conclusion } = state;
  const run = { id, requester, ...(branch === "finally" && { status: conclusion ?? "" }) };
  const scope = { ...inputs, run, secrets: secretsOf(plan.secrets ?? []) };
  return branch === "on-failure" ? { ...scope, failure: failureScope(state) } : scope;
}

/** Secrets are passed on by name: whoever needs one looks it up. */
function secretsOf(names: readonly string[]): JsonMap {
  return Object.fromEntries(names.map((name) => [name, { secret: name }]));
}

function failureScope(state: RunState): Json {
  const { failure: failed, steps } = state;
  const { path = "", failure } = failed ?? {};
  const artifacts = steps.get(path)?.artifacts ?? [];
  const { code = "", message = "" } = failure ?? {};
  const place = failedPlace(state);
  return { step: path, code, message, artifacts: [...artifacts], ...(place && { place: JsonValue.parse(place) }) };
}
