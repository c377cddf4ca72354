import { branchNodes, childPath, isIn, iterationPath, ownPaths, rootPath } from "./plan-walk.ts";
import type { ForEachNode, ParallelNode, PlanNode } from "./plan.ts";
import { isUnderWay, type RunState, type StepState } from "./run-state.ts";

/** How one branch or iteration stands. `cancelled`: it ended, or came to rest, before it was through. */
export type PartStatus = "waiting" | "running" | "gate" | "queued" | "succeeded" | "failed" | "cancelled" | "skipped";

/** A block whose parts run side by side, or one after the other. */
export interface BlockView {
  readonly path: string;
  readonly kind: "parallel" | "for-each";
  /** What its parts are: the name that a loop gives them, or the key of the block. */
  readonly label: string;
  /** In the order of the plan, or of the list. */
  readonly parts: readonly { readonly key: string; readonly status: PartStatus }[];
  /** How many parts stand how; a status that none has is not there. */
  readonly counts: Readonly<Partial<Record<PartStatus, number>>>;
}

/**
 * The outermost blocks of a run that have been reached, but for loops over environments, which people see as stages. What is in
 * the parts of a block is counted there.
 */
export function runBlocks(state: RunState): readonly BlockView[] {
  const { plan } = state;
  const environments = new Set(state.targets.map(({ environment }) => environment));
  const blocks = (["steps", "finally"] as const).flatMap((branch) =>
    blocksIn({ state, environments }, { nodes: branchNodes(plan, branch), parent: rootPath(plan, branch) }),
  );
  return blocks.filter(({ parts }) => parts.some(({ status }) => status !== "waiting"));
}

interface Looked {
  readonly state: RunState;
  readonly environments: ReadonlySet<string>;
}

interface Sequence {
  readonly nodes: readonly PlanNode[];
  readonly parent: string;
}

function blocksIn(looked: Looked, { nodes, parent }: Sequence): readonly BlockView[] {
  return nodes.flatMap((node) => {
    const path = childPath(parent, node);
    switch (node.type) {
      case "step":
        return [];
      case "lock":
      case "group":
        return blocksIn(looked, { nodes: node.steps, parent });
      case "command":
        return blocksIn(looked, { nodes: node.steps, parent: path });
      case "parallel":
        return [blockOf(looked.state, branchesOf(node, path))];
      case "for-each": {
        const block = iterationsOf(looked.state, node, path);
        const isStages = block.parts.every(({ key }) => looked.environments.has(key));
        if (isStages) return block.parts.flatMap(({ body }) => blocksIn(looked, body));
        return [blockOf(looked.state, block)];
      }
    }
  });
}

/** A block, and how to tell from a path in which of its parts it stands. */
interface Block extends Pick<BlockView, "path" | "kind" | "label"> {
  readonly parts: readonly { readonly key: string; readonly body: Sequence }[];
  readonly partOf: (path: string) => string | undefined;
}

function branchesOf(node: ParallelNode, path: string): Block {
  const parts = node.branches.map((branch) => ({ key: branch.key, body: { nodes: [branch], parent: path } }));
  const roots = node.branches.flatMap((branch) =>
    ownPaths(path, branch).map((root) => ({ key: branch.key, isIn: isIn(root) })),
  );
  const partOf = (other: string): string | undefined => roots.find((root) => root.isIn(other))?.key;
  return { path, kind: "parallel", label: node.key, parts, partOf };
}

function iterationsOf(state: RunState, node: ForEachNode, path: string): Block {
  const items = state.forEach.get(path)?.items ?? [];
  const parts = items.map(({ key }) => ({ key, body: { nodes: node.steps, parent: iterationPath(path, key) } }));
  const start = `${path}[`;
  const partOf = (other: string): string | undefined =>
    other.startsWith(start) ? other.slice(start.length, other.indexOf("]", start.length)) : undefined;
  return { path, kind: "for-each", label: node.as, parts, partOf };
}

function blockOf(state: RunState, { path, kind, label, parts, partOf }: Block): BlockView {
  const found = new Map<string, Found>();
  const at = (other: string): Found | undefined => {
    const key = partOf(other);
    if (key === undefined) return undefined;
    const own = found.get(key) ?? { steps: [], isQueued: false, hasFailed: false };
    found.set(key, own);
    return own;
  };
  for (const step of state.steps.values()) if (step.stops === undefined) at(step.path)?.steps.push(step);
  for (const [other, { status }] of state.locks) if (status === "requested") Object.assign(at(other) ?? {}, QUEUED);
  for (const other of state.failures?.keys() ?? []) Object.assign(at(other) ?? {}, FAILED);
  const counts: Partial<Record<PartStatus, number>> = {};
  const seen = parts.map(({ key, body }) => {
    const status = partStatus(state, body, found.get(key));
    counts[status] = (counts[status] ?? 0) + 1;
    return { key, status };
  });
  return { path, kind, label, parts: seen, counts };
}

/** What has been reached of one part. */
interface Found {
  readonly steps: StepState[];
  readonly isQueued: boolean;
  readonly hasFailed: boolean;
}

const QUEUED: Partial<Found> = { isQueued: true };
const FAILED: Partial<Found> = { hasFailed: true };

function partStatus(state: RunState, body: Sequence, found: Found | undefined): PartStatus {
  if (found === undefined) return "waiting";
  const { steps, isQueued, hasFailed } = found;
  const open = steps.filter(isUnderWay);
  if (open.some(({ sort }) => sort === "gate")) return "gate";
  if (open.length > 0) return "running";
  if (isQueued) return "queued";
  if (hasFailed || steps.some(({ status }) => status === "failed")) return "failed";
  if (!isThrough(state, body)) return "cancelled";
  return steps.every(({ status }) => status === "skipped") ? "skipped" : "succeeded";
}

/** Whether everything in the sequence that has to be done has been; a block that left no trace was not to be done. */
function isThrough(state: RunState, { nodes, parent }: Sequence): boolean {
  for (const node of nodes.toReversed()) {
    const end = endOf(state, node, parent);
    if (end !== "nothing") return end === "through";
  }
  return false;
}

function endOf(state: RunState, node: PlanNode, parent: string): "through" | "open" | "nothing" {
  const path = childPath(parent, node);
  switch (node.type) {
    case "step": {
      const { status } = state.steps.get(path) ?? {};
      return status === "succeeded" || status === "skipped" ? "through" : "open";
    }
    case "lock":
    case "group":
      return within(state, [{ nodes: node.steps, parent }], node.if !== undefined);
    case "command":
      return within(state, [{ nodes: node.steps, parent: path }], node.if !== undefined);
    case "parallel": {
      const branches = node.branches.map((branch) => ({ nodes: [branch], parent: path }));
      return within(state, branches, node.if !== undefined);
    }
    case "for-each": {
      const items = state.forEach.get(path)?.items;
      const bodies = (items ?? []).map(({ key }) => ({ nodes: node.steps, parent: iterationPath(path, key) }));
      return items === undefined ? "open" : within(state, bodies, false);
    }
  }
}

/** Of a block with a condition nobody has written down whether that was true: one in which nothing was reached was not. */
function within(state: RunState, bodies: readonly Sequence[], isConditional: boolean): "through" | "open" | "nothing" {
  if (bodies.every((body) => isThrough(state, body))) return "through";
  if (!isConditional) return "open";
  const roots = bodies.flatMap(({ nodes, parent }) => nodes.flatMap((node) => ownPaths(parent, node)).map(isIn));
  const isReached = [...state.steps.keys(), ...state.forEach.keys(), ...state.locks.keys()].some((path) =>
    roots.some((isOwn) => isOwn(path)),
  );
  return isReached ? "open" : "nothing";
}
