import { evaluateCondition, evaluateList, evaluateTemplate, type Scope } from "../expressions/evaluate.ts";
import { isJsonList, type Json } from "../platform/canonical-json.ts";
import { type CommandNode, nodesIn, type PlanNode, type StepNode } from "./plan.ts";

/** A step as it would be reached; `later` where its condition depends on what steps before it give. */
export interface OutlinedStep {
  readonly type: "step";
  readonly name: string;
  readonly uses: string;
  readonly sort: StepNode["sort"];
  /** The Application that it works on; undefined when it names none, or none that is known yet. */
  readonly app: string | undefined;
  readonly when: "runs" | "skipped" | "later";
}

/** Locks that would be taken, with the first Application that is worked on under them. */
export interface OutlinedLock {
  readonly type: "lock";
  readonly keys: readonly string[];
  readonly app: string | undefined;
}

export type Outlined = OutlinedStep | OutlinedLock;

/** What a chain would do with these inputs, in order, as far as it can be told without doing anything. */
export function outlineOf(nodes: readonly PlanNode[], scope: Scope): readonly Outlined[] {
  return nodes.flatMap((node) => outlineNode(node, scope, "runs"));
}

type When = OutlinedStep["when"];

function outlineNode(node: PlanNode, scope: Scope, around: When): readonly Outlined[] {
  const when = both(around, whenOf(node, scope));
  if (node.type === "step") return [stepOf(node, scope, when)];
  const within = (inner: Scope): readonly Outlined[] =>
    nodesIn(node).flatMap((child) => outlineNode(child, inner, when === "skipped" ? "skipped" : when));
  if (node.type === "for-each") {
    return itemsOf(node.items, scope).flatMap((item) => within({ ...scope, [node.as]: item }));
  }
  const steps = within(node.type === "command" ? commandScope(node, scope) : scope);
  if (node.type !== "lock" || when === "skipped") return steps;
  const app = steps.find((step) => step.app !== undefined)?.app;
  return [{ type: "lock", keys: keysOf(tried(() => evaluateTemplate(node.keys, scope))), app }, ...steps];
}

/** What a command sees of its inputs, as far as they are known yet. */
function commandScope({ inputs }: CommandNode, scope: Scope): Scope {
  const known = Object.entries(inputs).flatMap(([name, value]) => {
    const given = tried(() => evaluateTemplate(value, scope));
    return given === undefined ? [] : [[name, given] as const];
  });
  return { ...Object.fromEntries(known), run: scope["run"] ?? null, secrets: scope["secrets"] ?? null, steps: {} };
}

function stepOf({ key, uses, sort, with: input }: StepNode, scope: Scope, when: When): OutlinedStep {
  const app = tried(() => evaluateTemplate(input["app"] ?? null, scope));
  return { type: "step", name: key, uses, sort, app: typeof app === "string" ? app : undefined, when };
}

function whenOf(node: PlanNode, scope: Scope): When {
  const condition = node.if;
  if (condition === undefined) return "runs";
  const holds = tried(() => evaluateCondition(condition, scope));
  if (holds === undefined) return "later";
  return holds ? "runs" : "skipped";
}

function both(around: When, own: When): When {
  if (around === "skipped" || own === "skipped") return "skipped";
  return around === "later" ? "later" : own;
}

function itemsOf(items: string, scope: Scope): readonly Json[] {
  return tried(() => evaluateList(items, scope)) ?? [];
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
