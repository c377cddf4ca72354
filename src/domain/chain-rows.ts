import { branchNodes, childPath, isIn, type PlanBranch, rootPath } from "./plan-walk.ts";
import type { CommandNode, PlanNode } from "./plan.ts";
import type { BlockView } from "./run-blocks.ts";
import type { RunView, StageView, StepView } from "./run-view.ts";

/** What stands in the overview of a run: one entry for everything that people follow as a whole. */
export type ChainRow = { readonly branch: PlanBranch } & (
  | { readonly type: "stage"; readonly stage: StageView }
  | { readonly type: "step"; readonly step: StepView }
  /** Its steps are those that belong to no environment. */
  | { readonly type: "block"; readonly block: BlockView; readonly steps: readonly StepView[] }
  /** Another command, of whose steps none works in an environment. */
  | { readonly type: "command"; readonly name: string; readonly steps: readonly StepView[] }
);

/**
 * The environments of a run, and around them the blocks, commands and steps that have been reached and belong to none, in the
 * order of the chain. Environments of which it is not known yet where they come stand after the rest of the steps; those in which
 * a run that has succeeded had nothing to do are left out.
 */
export function chainRows(view: RunView): readonly ChainRow[] {
  const looked: Looked = {
    view,
    steps: new Map(view.otherSteps.map((step) => [step.path, step])),
    blocks: new Map(view.blocks?.map((block) => [block.path, block])),
    stages: new Map(view.stages.map((stage) => [stage.environment, stage])),
  };
  const rows = [...allRows(looked)];
  // Steps that the plan does not name stop others, or are of no known place.
  return rows.length > 0 ? rows : view.otherSteps.map((step) => ({ type: "step", step, branch: "steps" }));
}

function* allRows(looked: Looked): Generator<ChainRow> {
  const { plan, status } = looked.view.state;
  for (const branch of BRANCHES) {
    const parent = rootPath(plan, branch);
    for (const node of branchNodes(plan, branch)) yield* rowsOf(looked, { node, parent, branch });
    if (branch !== "steps") continue;
    const mayCome = plan.steps.some(mayWorkSomewhere);
    for (const stage of looked.stages.values()) {
      if (stage.status === "waiting" && !mayCome) continue;
      // A run that has succeeded has left out nothing: there was nothing to be done there.
      if (status !== "succeeded" || stage.steps.length > 0) yield { type: "stage", stage, branch };
    }
  }
}

/** Whether a step of it may work in an environment: it names an application, or stands in a loop, which may be over environments. */
function mayWorkSomewhere(node: PlanNode): boolean {
  switch (node.type) {
    case "step":
      return node.with["app"] !== undefined;
    case "for-each":
      return true;
    case "parallel":
      return node.branches.some(mayWorkSomewhere);
    case "lock":
    case "group":
    case "command":
      return node.steps.some(mayWorkSomewhere);
  }
}

const BRANCHES: readonly PlanBranch[] = ["steps", "on-failure", "finally"];

interface Looked {
  readonly view: RunView;
  readonly steps: ReadonlyMap<string, StepView>;
  readonly blocks: ReadonlyMap<string, BlockView>;
  /** Those that have no row yet. */
  readonly stages: Map<string, StageView>;
}

interface Place {
  readonly node: PlanNode;
  readonly parent: string;
  readonly branch: PlanBranch;
}

function* rowsOf(looked: Looked, { node, parent, branch }: Place): Generator<ChainRow> {
  const path = childPath(parent, node);
  const within = function* (nodes: readonly PlanNode[], below: string): Generator<ChainRow> {
    for (const child of nodes) yield* rowsOf(looked, { node: child, parent: below, branch });
  };
  switch (node.type) {
    case "step": {
      const step = looked.steps.get(path);
      yield* stagesIn(looked, { path, branch });
      if (step !== undefined) yield { type: "step", step, branch };
      return;
    }
    case "lock":
    case "group":
      yield* within(node.steps, parent);
      return;
    case "command":
      yield* isFolded(looked, node, path)
        ? [{ type: "command" as const, name: node.key, steps: stepsBelow(looked, path), branch }]
        : within(node.steps, path);
      return;
    case "parallel":
    case "for-each": {
      yield* stagesIn(looked, { path, branch });
      if (node.type === "for-each") yield* iteratedStages(looked, { path, branch });
      const block = looked.blocks.get(path);
      const steps = stepsBelow(looked, path);
      // What happens in environments alone is shown there.
      if (block !== undefined && (steps.length > 0 || !isInStages(looked, path)))
        yield { type: "block", block, steps, branch };
    }
  }
}

/** The environments that are reached at a path, or below it. */
function* stagesIn({ stages }: Looked, { path, branch }: At): Generator<ChainRow> {
  const isOwn = isIn(path);
  for (const [environment, stage] of stages) {
    if (!stage.steps.some((step) => isOwn(step.path))) continue;
    stages.delete(environment);
    yield { type: "stage", stage, branch };
  }
}

interface At {
  readonly branch: PlanBranch;
  readonly path: string;
}

/** The environments that a loop goes through, also those that are not reached yet. */
function* iteratedStages({ view, stages }: Looked, { path, branch }: At): Generator<ChainRow> {
  for (const { key } of view.state.forEach.get(path)?.items ?? []) {
    const stage = stages.get(key);
    if (stage === undefined) continue;
    stages.delete(key);
    yield { type: "stage", stage, branch };
  }
}

function isInStages({ view }: Looked, path: string): boolean {
  const isOwn = isIn(path);
  return view.stages.some(({ steps }) => steps.some((step) => isOwn(step.path)));
}

function stepsBelow({ steps }: Looked, path: string): readonly StepView[] {
  const isOwn = isIn(path);
  return [...steps.values()].filter((step) => isOwn(step.path));
}

/** Whether all that is known of another command fits one entry. */
function isFolded(looked: Looked, node: CommandNode, path: string): boolean {
  const isOwn = isIn(path);
  const hasBlock = [...looked.blocks.keys()].some(isOwn);
  return !hasBlock && !isInStages(looked, path) && stepsBelow(looked, path).length > 0 && node.steps.length > 0;
}
