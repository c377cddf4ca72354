import type { Json, JsonMap } from "../platform/canonical-json.ts";
import { didYouMean } from "../platform/did-you-mean.ts";
import { branchNodes, childPath, iterationPath, type PlanBranch, rootPath } from "./plan-walk.ts";
import type { PlanNode, StepNode } from "./plan.ts";
import { isUnderWay, type RunState, type StepState } from "./run-state.ts";
import { SignalAsk } from "./signal-ask.ts";

/** A signal that came before anything waited for it. */
export interface KeptSignal {
  /** Pseudonym. */
  readonly by: string;
  readonly at: number;
  readonly payload: JsonMap;
}

export type SignalPlace =
  /** What those ask for who may take it: it has to suit them all, as it is not known yet which of them is reached first. */
  | { readonly kind: "open"; readonly asks: readonly SignalAsk[] }
  | { readonly kind: "refused"; readonly code: string; readonly message: string };

/** Whether a run has use for a signal of this name now, and what it takes. */
export function signalPlace(state: RunState, name: string): SignalPlace {
  const over = whyOver(state);
  if (over !== undefined) return over;
  const waiting = waitingStep(state, name)?.signal;
  if (waiting !== undefined) return { kind: "open", asks: [waiting] };
  const kept = state.signals?.get(name);
  if (kept !== undefined) {
    const message = `The signal "${name}" has been received already and is kept for the step that takes it, which is still to come.`;
    return { kind: "refused", code: "signal.duplicate", message };
  }
  const nodes = [...signalNodes(state)];
  const own = nodes.filter(({ ask }) => ask.name === name);
  const asks = own.flatMap(({ ask, isAhead }) => (isAhead ? [ask] : []));
  if (asks.length > 0) return { kind: "open", asks };
  if (own.length > 0) {
    const message = `Nothing waits for the signal "${name}" any more: every step that takes it has ended.`;
    return { kind: "refused", code: "signal.late", message };
  }
  return unknown(
    name,
    nodes.map(({ ask }) => ask.name),
  );
}

/** The first step, of those that wait for a signal of this name, that was reached. */
export function waitingStep(state: RunState, name: string): StepState | undefined {
  for (const step of state.steps.values()) if (step.status === "running" && step.signal?.name === name) return step;
  return undefined;
}

/** What a step that took a signal puts out. */
export function signalOutput({ by, at, payload }: KeptSignal): Record<string, Json> {
  return { by, at, payload };
}

function whyOver({ status }: RunState): (SignalPlace & { readonly kind: "refused" }) | undefined {
  switch (status) {
    case "running":
    case "failing":
    case "concluding":
      return undefined;
    case "cancelling":
      return {
        kind: "refused",
        code: "signal.ended",
        message: "It is being cancelled, so nothing waits for a signal.",
      };
    case "succeeded":
    case "failed":
    case "cancelled": {
      const how = status === "cancelled" ? "was cancelled" : `has ${status}`;
      return { kind: "refused", code: "signal.ended", message: `It ${how} already, so nothing waits for a signal.` };
    }
  }
}

function unknown(name: string, names: readonly string[]): SignalPlace {
  const known = [...new Set(names)];
  const near = didYouMean(name, known);
  const right = near === undefined ? `It waits for: ${known.join(", ")}.` : `Did you mean "${near}"?`;
  const message =
    known.length === 0
      ? `This run waits for no signals, so "${name}" was not taken.`
      : `This run waits for no signal "${name}". ${right}`;
  return { kind: "refused", code: "signal.unknown", message };
}

interface SignalNode {
  readonly ask: SignalAsk;
  /** Whether it is still to be reached, or to be tried again, somewhere. */
  readonly isAhead: boolean;
}

/** The branches that a run may still get to. */
function branchesAhead({ status }: RunState): readonly PlanBranch[] {
  if (status === "concluding") return ["finally"];
  return status === "failing" ? ["on-failure", "finally"] : ["steps", "on-failure", "finally"];
}

function* signalNodes(state: RunState): Generator<SignalNode> {
  const ahead = branchesAhead(state);
  for (const branch of ["steps", "on-failure", "finally"] as const) {
    const nodes = branchNodes(state.plan, branch);
    const found = nodesIn(state, { nodes, parent: rootPath(state.plan, branch) });
    for (const { ask, isAhead } of found) yield { ask, isAhead: isAhead && ahead.includes(branch) };
  }
}

/** `parent` is undefined inside of a loop that has not been entered. */
interface Sequence {
  readonly nodes: readonly PlanNode[];
  readonly parent: string | undefined;
}

function* nodesIn(state: RunState, { nodes, parent }: Sequence): Generator<SignalNode> {
  for (const node of nodes) {
    const path = parent === undefined ? undefined : childPath(parent, node);
    switch (node.type) {
      case "step":
        yield* ownNode(state, node, path);
        break;
      case "lock":
      case "group":
        yield* nodesIn(state, { nodes: node.steps, parent });
        break;
      case "command":
        yield* nodesIn(state, { nodes: node.steps, parent: path });
        break;
      case "parallel":
        yield* nodesIn(state, { nodes: node.branches, parent: path });
        break;
      case "for-each": {
        const items = path === undefined ? undefined : state.forEach.get(path)?.items;
        if (items === undefined || path === undefined) yield* nodesIn(state, { nodes: node.steps, parent: undefined });
        else
          for (const { key } of items) yield* nodesIn(state, { nodes: node.steps, parent: iterationPath(path, key) });
        break;
      }
    }
  }
}

function* ownNode(state: RunState, node: StepNode, path: string | undefined): Generator<SignalNode> {
  const ask = node.awaits === "signal" ? SignalAsk.safeParse(node.with).data : undefined;
  if (ask === undefined) return;
  const step = path === undefined ? undefined : state.steps.get(path);
  yield { ask, isAhead: step === undefined || isUnderWay(step) };
}
