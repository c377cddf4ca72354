import { nodesIn, type Plan, type PlanNode, type StepNode } from "./plan.ts";

/** The path of a node below `parent`. Locks and groups add nothing to the paths of what stands in them. */
export function childPath(parent: string, node: PlanNode): string {
  return `${parent}/${node.key}`;
}

/** The path under which the steps of one iteration stand: `promote/for-each[prod]`. */
export function iterationPath(forEachPath: string, key: string): string {
  return `${forEachPath}[${key}]`;
}

/** What a command does one after the other: its steps, then what is done about a failure, then what is done in any case. */
export type PlanBranch = "steps" | "on-failure" | "finally";

const BRANCHES: readonly PlanBranch[] = ["steps", "on-failure", "finally"];

/** The root of the paths of one branch of a command. */
export function rootPath(plan: Plan, branch: PlanBranch): string {
  return branch === "steps" ? plan.command : `${plan.command}/${branch}`;
}

/** The nodes at the top of one branch of a command. */
export function branchNodes(plan: Plan, branch: PlanBranch): readonly PlanNode[] {
  switch (branch) {
    case "steps":
      return plan.steps;
    case "on-failure":
      return plan.onFailure;
    case "finally":
      return plan.finally ?? [];
  }
}

/**
 * Tells the paths of what runs after the node at `path`: the rest of the sequence in which it stands, and what follows the
 * blocks and loops around it, but never what runs beside it. That is what an approval given there lets through. None when the
 * path names nothing.
 */
export function isAfter(plan: Plan, path: string): (other: string) => boolean {
  const after = locate(plan, path).flatMap(({ parent, later }) => later.flatMap((node) => ownPaths(parent, node)));
  return (other) => after.some((own) => other === own || other.startsWith(`${own}/`) || other.startsWith(`${own}[`));
}

/** The steps that stand after the node at `path`, with their paths; of a loop, whose iterations nobody knows yet, without one. */
export function stepsAfter(
  plan: Plan,
  path: string,
): readonly { readonly node: StepNode; readonly path: string | undefined }[] {
  return locate(plan, path).flatMap(({ parent, later }) => later.flatMap((node) => stepsIn(node, parent)));
}

function stepsIn(node: PlanNode, parent: string | undefined): ReturnType<typeof stepsAfter> {
  const own = parent === undefined ? undefined : childPath(parent, node);
  switch (node.type) {
    case "step":
      return [{ node, path: own }];
    case "group":
    case "lock":
      return nodesIn(node).flatMap((child) => stepsIn(child, parent));
    case "parallel":
    case "command":
      return nodesIn(node).flatMap((child) => stepsIn(child, own));
    case "for-each":
      return nodesIn(node).flatMap((child) => stepsIn(child, undefined));
  }
}

/** Tells the paths of what is reached anew when the gate at `path` is void: from the step at `anew` on, where that is given. */
export function voidedBy(
  plan: Plan,
  { path, anew }: { readonly path: string; readonly anew?: string | undefined },
): (other: string) => boolean {
  const isLater = isAfter(plan, anew ?? path);
  return (other) => other === anew || isLater(other);
}

/** The paths of the locks inside which the node at `path` stands, the outermost first. None when the path names no node. */
export function locksAround(plan: Plan, path: string): readonly string[] {
  const around = locate(plan, path).slice(0, -1);
  return around.flatMap(({ node, own }) => (node.type === "lock" ? [own] : []));
}

/** The step at this path. */
export function stepNode(plan: Plan, path: string): StepNode | undefined {
  const node = locate(plan, path).at(-1)?.node;
  return node?.type === "step" ? node : undefined;
}

/** A node on the way to another one, or that one itself. */
interface Waypoint {
  readonly node: PlanNode;
  readonly own: string;
  /** The path below which it stands. */
  readonly parent: string;
  /** What runs after it in the same sequence. */
  readonly later: readonly PlanNode[];
}

/** The way from the top to the node at `path`, which is the last one; empty when there is none. */
function locate(plan: Plan, path: string): readonly Waypoint[] {
  for (const branch of BRANCHES) {
    const way = wayTo(path, { nodes: branchNodes(plan, branch), parent: rootPath(plan, branch), isSequence: true });
    if (way !== undefined) return way;
  }
  return [];
}

interface Body {
  readonly nodes: readonly PlanNode[];
  readonly parent: string;
  /** Whether its nodes run one after the other. */
  readonly isSequence: boolean;
}

function wayTo(path: string, { nodes, parent, isSequence }: Body): readonly Waypoint[] | undefined {
  if (!path.startsWith(`${parent}/`)) return undefined;
  for (const [index, node] of nodes.entries()) {
    const own = childPath(parent, node);
    const waypoint = { node, own, parent, later: isSequence ? nodes.slice(index + 1) : [] };
    if (path === own) return [waypoint];
    const body = node.type === "step" ? undefined : bodyTowards(path, { node, own, parent });
    const inner = body && wayTo(path, body);
    if (inner !== undefined) return [waypoint, ...inner];
  }
  return undefined;
}

/** What stands in a block, below which path; undefined when `path` is not in it. */
function bodyTowards(
  path: string,
  { node, own, parent }: { readonly node: Exclude<PlanNode, StepNode>; readonly own: string; readonly parent: string },
): Body | undefined {
  const nodes = nodesIn(node);
  switch (node.type) {
    case "group":
    case "lock":
      return { nodes, parent, isSequence: true };
    case "command":
      return { nodes, parent: own, isSequence: true };
    case "parallel":
      return { nodes, parent: own, isSequence: false };
    case "for-each": {
      const start = `${own}[`;
      if (!path.startsWith(start)) return undefined;
      return { nodes, parent: path.slice(0, path.indexOf("]", start.length) + 1), isSequence: true };
    }
  }
}

/** Paths, or prefixes of paths, that belong to the node: the steps of locks and groups stand beside them, not below them. */
export function ownPaths(parent: string, node: PlanNode): readonly string[] {
  const own = childPath(parent, node);
  if (node.type !== "lock" && node.type !== "group") return [own];
  return [own, ...node.steps.flatMap((child) => ownPaths(parent, child))];
}

/** Tells what stands at one of those paths, or below it. */
export function isIn(own: string): (path: string) => boolean {
  const [below, iteration] = [`${own}/`, `${own}[`];
  return (path) => path === own || path.startsWith(below) || path.startsWith(iteration);
}
