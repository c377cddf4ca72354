import { evaluateCondition, evaluateList, evaluateTemplate } from "../expressions/evaluate.ts";
import { canonicalJson, isJsonList, isJsonMap, type Json, type JsonMap } from "../platform/canonical-json.ts";
import { errorCode, errorText } from "../platform/errors.ts";
import { startAttempt } from "./attempt.ts";
import { advanceCancel } from "./cancel.ts";
import type { Draft } from "./draft.ts";
import type { Failure } from "./outcome.ts";
import { holdReason, lockRefusal } from "./lock-text.ts";
import { childPath, iterationPath, rootPath } from "./plan-walk.ts";
import type { CommandNode, ForEachNode, LockNode, ParallelNode, PlanNode, StepNode } from "./plan.ts";
import type { StepState } from "./run-state.ts";

/** How far a part of the chain has come. */
type Reached =
  | { readonly kind: "done" }
  | { readonly kind: "pending" }
  | { readonly kind: "failed"; readonly path: string; readonly failure: Failure };

type Scope = JsonMap;

const DONE: Reached = { kind: "done" };
const PENDING: Reached = { kind: "pending" };

/**
 * Carries the chain on from where it stands: starts everything that can start now, enters blocks, takes and gives back
 * locks, and ends the run when nothing is left. Does nothing when everything that can run is already under way.
 */
export function advance(draft: Draft): void {
  const { plan } = draft.state;
  if (draft.state.status === "running") {
    const reached = walk(draft, plan.steps, placeOf(rootPath(plan, "steps"), runScope(draft)));
    if (reached.kind === "pending") return;
    if (reached.kind === "done") {
      draft.emit({ type: "run.finished", status: "succeeded" });
      return;
    }
    draft.emit({ type: "run.failed", path: reached.path, failure: reached.failure });
  }
  if (draft.state.status === "cancelling") return advanceCancel(draft);
  if (draft.state.status !== "failing") return;
  const scope = { ...runScope(draft), failure: failureScope(draft) };
  const reached = walk(draft, plan.onFailure, placeOf(rootPath(plan, "on-failure"), scope));
  if (reached.kind !== "pending") draft.emit({ type: "run.finished", status: "failed" });
}

/** Where a sequence stands. `outputs` is what `scope` has as `steps`: it grows as the sequence is walked. */
interface Place {
  readonly parent: string;
  readonly scope: Scope;
  readonly outputs: Record<string, Json>;
}

function placeOf(parent: string, scope: Scope): Place {
  const before = scope["steps"];
  const outputs: Record<string, Json> = isJsonMap(before) ? { ...before } : {};
  return { parent, scope: { ...scope, steps: outputs }, outputs };
}

function walk(draft: Draft, nodes: readonly PlanNode[], place: Place): Reached {
  for (const node of nodes) {
    const reached = walkNode(draft, node, place);
    if (reached.kind !== "done") return reached;
  }
  return DONE;
}

function walkNode(draft: Draft, node: PlanNode, place: Place): Reached {
  const path = childPath(place.parent, node);
  try {
    switch (node.type) {
      case "step":
        return walkStep(draft, node, place);
      case "for-each":
        return walkForEach(draft, node, place);
      case "lock":
        return walkLock(draft, node, place);
      case "group":
        return holds(node, place) ? walk(draft, node.steps, place) : DONE;
      case "parallel":
        return holds(node, place) ? walkParallel(draft, node, place) : DONE;
      case "command":
        return holds(node, place) ? walkCommand(draft, node, place) : DONE;
    }
  } catch (error) {
    // Only expressions throw here, and what they say is about the command file.
    return { kind: "failed", path, failure: { code: errorCode(error), message: errorText(error), retry: "never" } };
  }
}

function walkParallel(draft: Draft, node: ParallelNode, place: Place): Reached {
  const within = { ...place, parent: childPath(place.parent, node) };
  const reached = node.branches.map((branch) => walk(draft, [branch], within));
  return reached.find(({ kind }) => kind === "pending") ?? reached.find(({ kind }) => kind === "failed") ?? DONE;
}

function walkCommand(draft: Draft, node: CommandNode, place: Place): Reached {
  const scope = { ...valuesOf(node.inputs, place.scope), run: place.scope["run"] ?? null, steps: {} };
  const inner = placeOf(childPath(place.parent, node), scope);
  const reached = walk(draft, node.steps, inner);
  if (reached.kind === "done") place.outputs[node.key] = { outputs: valuesOf(node.outputs, inner.scope) };
  return reached;
}

function walkStep(draft: Draft, node: StepNode, place: Place): Reached {
  const path = childPath(place.parent, node);
  const step = draft.state.steps.get(path) ?? reachStep(draft, path, { node, place });
  // For the expressions after it.
  if (step?.output !== undefined) place.outputs[node.key] = { outputs: step.output };
  if (step?.status === "succeeded" || step?.status === "skipped") return DONE;
  if (step?.status === "failed" && step.failure !== undefined) return { kind: "failed", path, failure: step.failure };
  return PENDING;
}

function reachStep(
  draft: Draft,
  path: string,
  { node, place }: { readonly node: StepNode; readonly place: Place },
): StepState | undefined {
  if (holds(node, place)) startAttempt(draft, { path, node, input: valuesOf(node.with, place.scope) });
  else draft.emit({ type: "step.skipped", path, uses: node.uses, reason: `condition "${node.if ?? ""}" is false` });
  return draft.state.steps.get(path);
}

function walkForEach(draft: Draft, node: ForEachNode, place: Place): Reached {
  const path = childPath(place.parent, node);
  if (!draft.state.forEach.has(path)) {
    const items = holds(node, place) ? keyed(evaluateList(node.items, place.scope)) : [];
    draft.emit({ type: "for-each.entered", path, items });
  }
  for (const { key, value } of draft.state.forEach.get(path)?.items ?? []) {
    const scope = { ...place.scope, [node.as]: value };
    const reached = walk(draft, node.steps, placeOf(iterationPath(path, key), scope));
    if (reached.kind !== "done") return reached;
  }
  return DONE;
}

function walkLock(draft: Draft, node: LockNode, place: Place): Reached {
  const path = childPath(place.parent, node);
  if (!draft.state.locks.has(path)) {
    if (!holds(node, place)) return walk(draft, node.steps, place);
    const refusal = askForLock(draft, path, { node, keys: lockKeys(evaluateTemplate(node.keys, place.scope)) });
    if (refusal !== undefined) return refusal;
  }
  const lock = draft.state.locks.get(path);
  if (lock?.status === "requested") return PENDING;
  const reached = walk(draft, node.steps, place);
  if (reached.kind !== "pending" && lock?.status === "held") {
    const hold = node.hold === true && reached.kind === "done" ? holdReason(draft.state) : undefined;
    draft.emit({ type: "lock.released", path, keys: [...lock.keys], ...(hold !== undefined && { hold }) });
  }
  return reached;
}

function askForLock(
  draft: Draft,
  path: string,
  { node, keys }: { readonly node: LockNode; readonly keys: string[] },
): Reached | undefined {
  const isUrgent = draft.state.plan.urgent === true;
  const reply = draft.askForLocks({ keys, isUrgent });
  const refusal = lockRefusal(reply, { keys, whenLocked: node.whenLocked });
  if (refusal !== undefined) return { kind: "failed", path, failure: refusal };
  draft.emit({ type: "lock.requested", path, keys, order: draft.lockOrder, ...(isUrgent && { urgent: true }) });
  if (reply.kind === "free") draft.emit({ type: "lock.acquired", path, keys });
  return undefined;
}

function holds(node: PlanNode, place: Place): boolean {
  return node.if === undefined || evaluateCondition(node.if, place.scope);
}

function valuesOf(templates: JsonMap, scope: Scope): JsonMap {
  return Object.fromEntries(Object.entries(templates).map(([name, value]) => [name, evaluateTemplate(value, scope)]));
}

/** An item is keyed by its name or, when it is plain text or a number, by itself; of equal keys the later ones are numbered. */
function keyed(items: readonly Json[]): { key: string; value: Json }[] {
  const taken = new Set<string>();
  return items.map((value, index) => {
    const own = keyOf(value) ?? String(index);
    let key = own;
    for (let number = 2; taken.has(key); number += 1) key = `${own}#${number}`;
    taken.add(key);
    return { key, value };
  });
}

function keyOf(value: Json): string | undefined {
  if (typeof value === "string" || typeof value === "number") return pathSafe(String(value));
  const name = isJsonMap(value) ? value["name"] : undefined;
  return typeof name === "string" ? pathSafe(name) : undefined;
}

function pathSafe(text: string): string {
  return text.replaceAll(/[[\]/]/gu, "_");
}

function lockKeys(value: Json): string[] {
  const keys = isJsonList(value) ? value : [value];
  return keys.map((key) => (typeof key === "string" ? key : canonicalJson(key)));
}

function runScope(draft: Draft): Scope {
  const { state } = draft;
  return { ...state.inputs, run: { id: state.id, requester: state.requester }, steps: {} };
}

function failureScope(draft: Draft): Json {
  const { path = "", failure } = draft.state.failure ?? {};
  return { step: path, code: failure?.code ?? "", message: failure?.message ?? "" };
}
