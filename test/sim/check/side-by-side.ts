import type { PlanNodeOutline, PlanOutline } from "./fact.ts";

/** How one step stands to another: `apart` in another part of the command, or not in it at all. */
export type Standing = "before" | "after" | "beside" | "apart";

/** How many rounds of a loop may go at once, by its path. */
type Rounds = ReadonlyMap<string, { readonly keys: readonly string[]; readonly atATime: number }>;

/** One turn on the way to a step: which place it takes in which block. */
interface Turn {
  readonly block: string;
  readonly at: number;
  readonly isBeside: boolean;
  /** Whether the others go on when one has failed. */
  readonly goesOn?: boolean;
}

/** How the step at `one` stands to that at `other`, by the command alone. */
export function standingOf(
  { plan, loops }: { readonly plan: PlanOutline; readonly loops: Rounds },
  one: string,
  other: string,
): Standing {
  const [left, right] = [wayOf(plan, loops, one), wayOf(plan, loops, other)];
  for (const [index, turn] of left.entries()) {
    const against = right[index];
    if (against === undefined || against.block !== turn.block) return "apart";
    if (turn.at === against.at) continue;
    if (turn.isBeside) return "beside";
    return turn.at < against.at ? "before" : "after";
  }
  return "apart";
}

/** Whether what stands at `other` may begin although what stands at `one` has failed. */
export function goesOnBeside(
  run: { readonly plan: PlanOutline; readonly loops: Rounds },
  one: string,
  other: string,
): boolean {
  const [left, right] = [wayOf(run.plan, run.loops, one), wayOf(run.plan, run.loops, other)];
  const parting = left.find((turn, index) => turn.block === right[index]?.block && turn.at !== right[index].at);
  return parting?.goesOn === true;
}

function wayOf(plan: PlanOutline, loops: Rounds, path: string): readonly Turn[] {
  const last = `${plan.command}/finally`;
  const failed = `${plan.command}/on-failure`;
  if (path.startsWith(`${last}/`)) return wayIn(plan.finally ?? [], last, { loops, path, block: last }) ?? [];
  if (path.startsWith(`${failed}/`)) return wayIn(plan.onFailure, failed, { loops, path, block: failed }) ?? [];
  return wayIn(plan.steps, plan.command, { loops, path, block: plan.command }) ?? [];
}

interface Search {
  readonly loops: Rounds;
  readonly path: string;
  /** What the sequence is called. */
  readonly block: string;
}

function wayIn(nodes: readonly PlanNodeOutline[], parent: string, search: Search): readonly Turn[] | undefined {
  for (const [at, node] of nodes.entries()) {
    const inner = wayInto(node, parent, search);
    if (inner !== undefined) return [{ block: search.block, at, isBeside: false }, ...inner];
  }
  return undefined;
}

function wayInto(node: PlanNodeOutline, parent: string, search: Search): readonly Turn[] | undefined {
  const own = `${parent}/${node.key}`;
  const { path } = search;
  switch (node.type) {
    case "step":
      return path === own ? [] : undefined;
    case "for-each":
      return path === own ? [] : wayIntoRound(node, own, search);
    case "parallel":
      return wayIntoBranch(node, own, search);
    case "command":
      return path.startsWith(`${own}/`) ? wayIn(node.steps ?? [], own, { ...search, block: own }) : undefined;
    default:
      // A lock, or steps under one condition.
      if (path === own) return [];
      return wayIn(node.steps ?? [], parent, { ...search, block: own });
  }
}

function wayIntoRound(
  { steps = [], failFast = true }: PlanNodeOutline,
  own: string,
  search: Search,
): readonly Turn[] | undefined {
  const { keys = [], atATime = 1 } = search.loops.get(own) ?? {};
  const at = keys.findIndex((key) => search.path.startsWith(`${own}[${key}]/`));
  const round = `${own}[${keys[at] ?? ""}]`;
  const inner = at === -1 ? undefined : wayIn(steps, round, { ...search, block: round });
  return inner && [{ block: `${own}[]`, at, isBeside: atATime > 1 || !failFast, goesOn: !failFast }, ...inner];
}

function wayIntoBranch(
  { branches = [], failFast = true }: PlanNodeOutline,
  own: string,
  search: Search,
): readonly Turn[] | undefined {
  const ways = branches.map((branch) => wayInto(branch, own, search));
  const at = ways.findIndex((way) => way !== undefined);
  return at === -1 ? undefined : [{ block: own, at, isBeside: true, goesOn: !failFast }, ...(ways[at] ?? [])];
}
