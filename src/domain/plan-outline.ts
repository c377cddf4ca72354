import { evaluateCondition, evaluateTemplate, type Scope } from "../expressions/evaluate.ts";
import { isJsonList, isJsonMap, type Json, type JsonMap } from "../platform/canonical-json.ts";
import { type Iterations, iterationsIn } from "./iterations.ts";
import type { CommandNode, ForEachNode, LockNode, PlanNode, StepNode } from "./plan.ts";

/** Whether something would be reached; `later` where that depends on what steps before it give. */
export type OutlinedWhen = "runs" | "skipped" | "later";

/** A step as it would be reached. */
export interface OutlinedStep {
  readonly type: "step";
  readonly name: string;
  readonly uses: string;
  readonly sort: StepNode["sort"];
  /** Whether it changes what runs in an environment, and so needs the approval that this asks for. */
  readonly protects: boolean;
  /**
   * The Application that it works on, or where it names none that of the environment around it; undefined when there is none, or
   * none that is known yet.
   */
  readonly app: string | undefined;
  readonly when: OutlinedWhen;
  /** What a gate is given, as it stands in the file. */
  readonly given?: JsonMap;
}

/** What a block is, beside what stands in it. */
export type OutlinedBlock =
  /** Locks that would be taken, with the first Application that is worked on under them. */
  | {
      readonly of: "lock";
      readonly keys: readonly string[];
      readonly app: string | undefined;
      readonly hold: boolean;
      readonly whenLocked: LockNode["whenLocked"];
    }
  | { readonly of: "parallel"; readonly failFast: boolean }
  /** Its `nodes` are its iterations; where the list is not known yet there is one of them, that has no name. */
  | { readonly of: "for-each"; readonly as: string; readonly atATime: number | undefined; readonly failFast: boolean }
  | { readonly of: "iteration"; readonly name: string | undefined }
  | { readonly of: "command"; readonly name: string; readonly command: string }
  | { readonly of: "group" };

export type Outlined =
  | OutlinedStep
  | ({ readonly type: "block"; readonly when: OutlinedWhen; readonly nodes: readonly Outlined[] } & OutlinedBlock);

/** What a chain would do with these inputs, in order, as far as it can be told without doing anything. */
export function outlineOf(nodes: readonly PlanNode[], scope: Scope): readonly Outlined[] {
  return nodes.map((node) => outlineNode(node, { scope, when: "runs", app: undefined }));
}

/** The steps in an outline, blocks opened, in reading order. */
export function outlinedSteps(outline: readonly Outlined[]): readonly OutlinedStep[] {
  return outline.flatMap((entry) => (entry.type === "step" ? [entry] : outlinedSteps(entry.nodes)));
}

/** The locks in an outline, blocks opened, in reading order. */
export function outlinedLocks(outline: readonly Outlined[]): readonly (OutlinedBlock & { readonly of: "lock" })[] {
  return outline.flatMap((entry) => {
    if (entry.type === "step") return [];
    const inner = outlinedLocks(entry.nodes);
    return entry.of === "lock" ? [entry, ...inner] : inner;
  });
}

interface Around {
  readonly scope: Scope;
  readonly when: OutlinedWhen;
  readonly app: string | undefined;
}

function outlineNode(node: PlanNode, around: Around): Outlined {
  const when = both(around.when, whenOf(node, around.scope));
  const inside = { ...around, when };
  if (node.type === "step") return stepOf(node, inside);
  const within = (nodes: readonly PlanNode[]): { readonly type: "block"; when: OutlinedWhen; nodes: Outlined[] } => ({
    type: "block",
    when,
    nodes: nodes.map((child) => outlineNode(child, inside)),
  });
  switch (node.type) {
    case "group":
      return { ...within(node.steps), of: "group" };
    case "parallel":
      return { ...within(node.branches), of: "parallel", failFast: node.failFast ?? true };
    case "lock":
      return lockOf(node, { ...within(node.steps), scope: around.scope });
    case "for-each":
      return forEachOf(node, inside);
    case "command":
      return commandOf(node, inside);
  }
}

function lockOf(
  node: LockNode,
  { scope, nodes, when }: { readonly scope: Scope; readonly nodes: readonly Outlined[]; readonly when: OutlinedWhen },
): Outlined {
  const app = outlinedSteps(nodes).find((step) => step.app !== undefined)?.app;
  const keys = when === "skipped" ? [] : keysOf(tried(() => evaluateTemplate(node.keys, scope)));
  return { type: "block", of: "lock", when, keys, app, hold: node.hold ?? false, whenLocked: node.whenLocked, nodes };
}

function forEachOf(node: ForEachNode, around: Around): Outlined {
  const { as, failFast = true, steps } = node;
  const known: Iterations | undefined = tried(() => iterationsIn(node, around.scope));
  const iterations = known?.items.map(({ key, value }) => {
    const inner = { ...around, scope: { ...around.scope, [as]: value }, app: appIn(value) ?? around.app };
    return iterationOf(key, { when: around.when, nodes: steps.map((child) => outlineNode(child, inner)) });
  });
  const later: Around = { ...around, when: both(around.when, "later") };
  const unknown = (): Outlined =>
    iterationOf(undefined, { when: later.when, nodes: steps.map((child) => outlineNode(child, later)) });
  const atATime = known === undefined ? undefined : (known.atATime ?? 1);
  return { type: "block", of: "for-each", when: around.when, as, atATime, failFast, nodes: iterations ?? [unknown()] };
}

function iterationOf(
  name: string | undefined,
  { when, nodes }: { readonly when: OutlinedWhen; readonly nodes: readonly Outlined[] },
): Outlined {
  return { type: "block", of: "iteration", name, when, nodes };
}

function commandOf(node: CommandNode, around: Around): Outlined {
  const { key: name, command } = node;
  const scope = commandScope(node, around.scope);
  const app = Object.keys(node.inputs)
    .map((input) => appIn(scope[input]))
    .find((known) => known !== undefined);
  const inner = { ...around, scope, app: app ?? around.app };
  const nodes = node.steps.map((child) => outlineNode(child, inner));
  return { type: "block", of: "command", name, command, when: around.when, nodes };
}

/** What a command sees of its inputs, as far as they are known yet. */
function commandScope({ inputs }: CommandNode, scope: Scope): Scope {
  const known = Object.entries(inputs).flatMap(([name, value]) => {
    const given = tried(() => evaluateTemplate(value, scope));
    return given === undefined ? [] : [[name, given] as const];
  });
  return { ...Object.fromEntries(known), run: scope["run"] ?? null, secrets: scope["secrets"] ?? null, steps: {} };
}

function stepOf(
  { key, uses, sort, protects, with: input }: StepNode,
  { scope, when, app: around }: Around,
): OutlinedStep {
  const own = tried(() => evaluateTemplate(input["app"] ?? null, scope));
  const app = input["app"] === undefined ? around : own;
  const step = { type: "step", name: key, uses, sort, protects, when } as const;
  return {
    ...step,
    app: typeof app === "string" ? app : undefined,
    ...(sort === "gate" && { given: input }),
  };
}

/** The Application of a value that is an environment of a service. */
function appIn(value: Json | undefined): string | undefined {
  const app = isJsonMap(value) ? value["app"] : undefined;
  return typeof app === "string" ? app : undefined;
}

function whenOf(node: PlanNode, scope: Scope): OutlinedWhen {
  const condition = node.if;
  if (condition === undefined) return "runs";
  const holds = tried(() => evaluateCondition(condition, scope));
  if (holds === undefined) return "later";
  return holds ? "runs" : "skipped";
}

function both(around: OutlinedWhen, own: OutlinedWhen): OutlinedWhen {
  if (around === "skipped" || own === "skipped") return "skipped";
  return around === "later" ? "later" : own;
}

function keysOf(value: Json | undefined): readonly string[] {
  const keys = isJsonList(value) ? value : [value];
  return keys.filter((key) => typeof key === "string");
}

/** Undefined for what only the run itself will know. */
function tried<Value>(evaluate: () => Value): Value | undefined {
  try {
    return evaluate();
  } catch {
    return undefined;
  }
}
