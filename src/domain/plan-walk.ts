import type { Plan, PlanNode, StepNode } from "./plan.ts";

/**
 * The path of a node below `parent`. Locks and groups add nothing to the paths of the steps in them, because step ids are
 * unique in a command; their own state stands under their key.
 */
export function childPath(parent: string, node: PlanNode): string {
  return `${parent}/${node.key}`;
}

/** The path under which the steps of one iteration stand: `promote/for-each[prod]`. */
export function iterationPath(forEachPath: string, key: string): string {
  return `${forEachPath}[${key}]`;
}

/** The root of the paths of a command's steps, and of those of its `on-failure` branch. */
export function rootPath(plan: Plan, branch: "steps" | "on-failure"): string {
  return branch === "steps" ? plan.command : `${plan.command}/on-failure`;
}

/**
 * The paths of everything that runs after the step at `path` in the sequence in which it stands, blocks around it not
 * included: what an approval given there lets through. Empty when the path names no step of the plan.
 */
export function pathsAfter(plan: Plan, path: string): readonly string[] {
  const parent = path.slice(0, path.lastIndexOf("/"));
  const key = path.slice(path.lastIndexOf("/") + 1);
  const sequence = sequenceWith(plan.steps, key) ?? sequenceWith(plan.onFailure, key);
  if (sequence === undefined) return [];
  const index = sequence.findIndex((node) => node.key === key);
  return sequence.slice(index + 1).flatMap((node) => ownPaths(parent, node));
}

/** The step with this id, anywhere in the plan. */
export function stepNode(plan: Plan, path: string): StepNode | undefined {
  const key = path.slice(path.lastIndexOf("/") + 1);
  const sequence = sequenceWith(plan.steps, key) ?? sequenceWith(plan.onFailure, key);
  const node = sequence?.find((candidate) => candidate.key === key);
  return node?.type === "step" ? node : undefined;
}

function sequenceWith(nodes: readonly PlanNode[], key: string): readonly PlanNode[] | undefined {
  if (nodes.some((node) => node.type === "step" && node.key === key)) return nodes;
  for (const node of nodes) {
    const found = node.type === "step" ? undefined : sequenceWith(node.steps, key);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Paths, or prefixes of paths, that belong to the node: a lock's steps stand beside it, not below it. */
function ownPaths(parent: string, node: PlanNode): readonly string[] {
  const own = childPath(parent, node);
  if (node.type === "step" || node.type === "for-each") return [own];
  return [own, ...node.steps.flatMap((child) => ownPaths(parent, child))];
}
