import { errorCode, errorText } from "../platform/errors.ts";
import { startAttempt } from "./attempt.ts";
import type { Draft } from "./draft.ts";
import { iterationsOf } from "./iterations.ts";
import { commandPlace, holds, type Pace, type Place, placeIn, valuesOf } from "./place.ts";
import { childPath, iterationPath } from "./plan-walk.ts";
import type { CommandNode, ForEachNode, ParallelNode, PlanNode, StepNode } from "./plan.ts";
import { DONE, PENDING, type Reached, REST } from "./reached.ts";
import type { StepState } from "./run-state.ts";
import { voidAtRest } from "./void-gate.ts";
import { walkBeside } from "./walk-beside.ts";
import { walkLock } from "./walk-lock.ts";

/** Carries a sequence on from where it stands: what can begin there begins, as far as the pace lets it. */
export function walk(draft: Draft, nodes: readonly PlanNode[], place: Place): Reached {
  for (const node of nodes) {
    const reached = walkNode(draft, node, place);
    if (reached.kind !== "done") return reached;
  }
  return DONE;
}

function walkNode(draft: Draft, node: PlanNode, place: Place): Reached {
  const path = childPath(place.parent, node);
  const failure = draft.state.failures?.get(path);
  if (failure !== undefined) return { kind: "failed", path, failure };
  try {
    switch (node.type) {
      case "step":
        return walkStep(draft, { node, path, place });
      case "for-each":
        return walkForEach(draft, node, place);
      case "lock":
        return walkLock(draft, { node, place, walkBody: (inner) => walk(draft, node.steps, inner) });
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

/** A step of the plan, and its path in the run. */
interface StepThere {
  readonly node: StepNode;
  readonly path: string;
  readonly place: Place;
}

function walkStep(draft: Draft, there: StepThere): Reached {
  const { node, path, place } = there;
  const step = draft.state.steps.get(path) ?? reachStep(draft, there);
  if (step === undefined) return REST;
  // For the expressions after it.
  if (step.output !== undefined) place.outputs[node.key] = { outputs: step.output };
  switch (step.status) {
    case "succeeded":
    case "skipped":
      return DONE;
    case "failed":
      return failedStep(draft, step, place);
    case "cancelled":
      return REST;
    case "running":
    case "retrying":
    case "postponed":
      return place.pace === "rest" && waitsForPeople(step) ? giveUp(draft, step) : PENDING;
  }
}

function failedStep(draft: Draft, { path, failure }: StepState, { pace }: Place): Reached {
  const isVoided = voidAtRest(draft, [path], pace);
  return isVoided || failure === undefined ? PENDING : { kind: "failed", path, failure };
}

function reachStep(draft: Draft, { node, path, place }: StepThere): StepState | undefined {
  if (place.pace !== "on") return undefined;
  if (holds(node, place)) startAttempt(draft, { path, node, input: valuesOf(node.with, place.scope) });
  else draft.emit({ type: "step.skipped", path, uses: node.uses, reason: `condition "${node.if ?? ""}" is false` });
  return draft.state.steps.get(path);
}

function waitsForPeople({ sort, signal }: StepState): boolean {
  return sort === "gate" || signal !== undefined;
}

/** Nobody has to decide, or to send anything, any more. */
function giveUp(draft: Draft, { path, attempt, sort }: StepState): Reached {
  const left = sort === "gate" ? "there is nothing left to decide" : "nothing is waited for any more";
  const message = `Something beside it has failed, so ${left}.`;
  draft.emit({ type: "step.cancelled", path, attempt, message });
  return REST;
}

function walkForEach(draft: Draft, node: ForEachNode, place: Place): Reached {
  const path = childPath(place.parent, node);
  if (!draft.state.forEach.has(path)) {
    if (place.pace !== "on") return REST;
    draft.emit({ type: "for-each.entered", path, ...iterationsOf(node, place) });
  }
  const { items = [], atATime = 1 } = draft.state.forEach.get(path) ?? {};
  const visit = ({ key, value }: (typeof items)[number], pace: Pace): Reached => {
    const scope = { ...place.scope, [node.as]: value };
    return walk(draft, node.steps, placeIn(place, { parent: iterationPath(path, key), scope, pace }));
  };
  if (atATime > 1 || node.failFast === false) {
    const siblings = items.map((item) => ({ name: item.key, visit: (pace: Pace) => visit(item, pace) }));
    return walkBeside(draft, { path, siblings, atATime, failFast: node.failFast !== false, pace: place.pace });
  }
  for (const item of items) {
    const reached = visit(item, place.pace);
    if (reached.kind !== "done") return reached;
  }
  return DONE;
}

function walkParallel(draft: Draft, node: ParallelNode, place: Place): Reached {
  const path = childPath(place.parent, node);
  const places = node.branches.map((branch) => ({ branch, inner: placeIn(place, { parent: path }) }));
  const siblings = places.map(({ branch, inner }) => ({
    name: branch.key,
    visit: (pace: Pace) => walkNode(draft, branch, { ...inner, pace }),
  }));
  const { pace } = place;
  const failFast = node.failFast !== false;
  const reached = walkBeside(draft, { path, siblings, atATime: node.branches.length, failFast, pace });
  // For the expressions after all of them.
  for (const { inner } of places) Object.assign(place.outputs, inner.outputs);
  return reached;
}

function walkCommand(draft: Draft, node: CommandNode, place: Place): Reached {
  const inner = commandPlace(place, { node, path: childPath(place.parent, node) });
  const reached = walk(draft, node.steps, inner);
  if (reached.kind === "done") place.outputs[node.key] = { outputs: valuesOf(node.outputs, inner.scope) };
  return reached;
}
