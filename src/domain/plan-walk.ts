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
 * Tells the paths of what runs after the step at `path`: the rest of the sequence in which it stands, and what follows the
 * blocks and loops around it. That is what an approval given there lets through. None when the path names no step.
 */
export function isAfter(plan: Plan, path: string): (other: string) => boolean {
  const after =
    pathsAfter(path, plan.steps, rootPath(plan, "steps")) ??
    pathsAfter(path, plan.onFailure, rootPath(plan, "on-failure")) ??
    [];
  return (other) =>
    after.some((own) => other === own || other.startsWith(`${own}/`) || other.startsWith(iterationStart(own)));
}

/** The paths of the locks inside which the node at `path` stands, the outermost first. None when the path names no node. */
export function locksAround(plan: Plan, path: string): readonly string[] {
  return (
    locksTo(path, plan.steps, rootPath(plan, "steps")) ??
    locksTo(path, plan.onFailure, rootPath(plan, "on-failure")) ??
    []
  );
}

function locksTo(path: string, nodes: readonly PlanNode[], parent: string): readonly string[] | undefined {
  for (const node of nodes) {
    const own = childPath(parent, node);
    if (path === own) return [];
    const inside = node.type === "step" ? undefined : bodyOf(path, node, own);
    const inner = inside && locksTo(path, inside.nodes, inside.parent ?? parent);
    if (inner !== undefined) return node.type === "lock" ? [own, ...inner] : inner;
  }
  return undefined;
}

/** What stands in a block, and the path above it where that is another one; undefined when `path` is not in this loop. */
function bodyOf(
  path: string,
  node: Exclude<PlanNode, StepNode>,
  own: string,
): { readonly nodes: readonly PlanNode[]; readonly parent?: string } | undefined {
  if (node.type !== "for-each") return { nodes: node.steps };
  const start = iterationStart(own);
  if (!path.startsWith(start)) return undefined;
  return { nodes: node.steps, parent: path.slice(0, path.indexOf("]", start.length) + 1) };
}

/** The step with this id, anywhere in the plan. */
export function stepNode(plan: Plan, path: string): StepNode | undefined {
  const key = path.slice(path.lastIndexOf("/") + 1);
  return stepWith(plan.steps, key) ?? stepWith(plan.onFailure, key);
}

function stepWith(nodes: readonly PlanNode[], key: string): StepNode | undefined {
  for (const node of nodes) {
    if (node.type === "step" && node.key === key) return node;
    const found = node.type === "step" ? undefined : stepWith(node.steps, key);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Paths, or prefixes of paths, of what comes after the step at `path` below `parent`; undefined when the step is not there. */
function pathsAfter(path: string, nodes: readonly PlanNode[], parent: string): readonly string[] | undefined {
  for (const [index, node] of nodes.entries()) {
    const inner = pathsAfterWithin(path, node, parent);
    if (inner !== undefined) return [...inner, ...nodes.slice(index + 1).flatMap((later) => ownPaths(parent, later))];
  }
  return undefined;
}

function pathsAfterWithin(path: string, node: PlanNode, parent: string): readonly string[] | undefined {
  const own = childPath(parent, node);
  if (node.type === "step") return path === own ? [] : undefined;
  const inside = bodyOf(path, node, own);
  return inside && pathsAfter(path, inside.nodes, inside.parent ?? parent);
}

function iterationStart(forEachPath: string): string {
  return `${forEachPath}[`;
}

/** Paths, or prefixes of paths, that belong to the node: a lock's steps stand beside it, not below it. */
function ownPaths(parent: string, node: PlanNode): readonly string[] {
  const own = childPath(parent, node);
  if (node.type === "step" || node.type === "for-each") return [own];
  return [own, ...node.steps.flatMap((child) => ownPaths(parent, child))];
}
