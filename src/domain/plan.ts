import { z } from "zod";

import type { Json } from "../platform/canonical-json.ts";
import { JsonValue } from "./outcome.ts";

/** Tried again up to `attempts` times in all, after delays that grow by `factor`; only for failures that are worth it. */
export const RetryRule = z.strictObject({
  attempts: z.int().min(1),
  delayMs: z.number(),
  factor: z.number(),
  maxDelayMs: z.number(),
});
export type RetryRule = z.infer<typeof RetryRule>;

/** What sort of step kind it is: an action does something on a worker, a wait watches on the server, a gate waits for people. */
export const StepSort = z.enum(["action", "wait", "gate"]);
export type StepSort = z.infer<typeof StepSort>;

/** One entry of the chain that uses a step kind. `if` is a CEL expression, `with` is JSON whose strings may hold `${{ CEL }}`. */
export const StepNode = z.strictObject({
  type: z.literal("step"),
  key: z.string(),
  uses: z.string(),
  sort: StepSort,
  /** True when the kind changes what runs in an environment: it never starts there without the approval that the environment asks for. */
  protects: z.boolean(),
  with: z.record(z.string(), JsonValue),
  if: z.string().optional(),
  retry: RetryRule.optional(),
  timeoutMs: z.number().optional(),
  attemptTimeoutMs: z.number().optional(),
  /** The kind that ends what an execution of this one may have left running; its input is `{ app, operation }`. */
  stopWith: z.string().optional(),
  /** What a wait waits for that comes in through the run itself: it is not watched. */
  awaits: z.literal("signal").optional(),
});
export type StepNode = z.infer<typeof StepNode>;

/** Runs `steps` once for each value of the list that `items` gives; `as` names the value in expressions. */
export interface ForEachNode {
  readonly type: "for-each";
  readonly key: string;
  readonly items: string;
  readonly as: string;
  /**
   * How many iterations may be under way at once, one where absent: a whole number, a share of all of them such as `20%`, or a
   * template that gives one of the two. The next one begins as soon as one has ended.
   */
  readonly atATime?: Json | undefined;
  /** As in `ParallelNode`, of iterations. */
  readonly failFast?: boolean | undefined;
  readonly if?: string | undefined;
  readonly steps: readonly PlanNode[];
}

/** Runs its branches side by side. What they give can be read after it, and not by one another. */
export interface ParallelNode {
  readonly type: "parallel";
  readonly key: string;
  /**
   * Unless false, nothing new is begun in the other branches when one has failed: what is under way there is awaited, gates
   * and locks that are waited for are given up.
   */
  readonly failFast?: boolean | undefined;
  readonly if?: string | undefined;
  readonly branches: readonly PlanNode[];
}

/**
 * Another command as a step of this one. In its `steps` and `outputs` expressions see its own inputs and steps alone; `inputs`
 * are templates for the outside. Outside, its outputs are those of the step `key`.
 */
export interface CommandNode {
  readonly type: "command";
  readonly key: string;
  /** Id of the command. */
  readonly command: string;
  readonly inputs: Readonly<Record<string, Json>>;
  readonly outputs: Readonly<Record<string, Json>>;
  readonly if?: string | undefined;
  readonly steps: readonly PlanNode[];
}

/** Holds the locks that `keys` gives (`${{ CEL }}`: a text or a list of texts) while `steps` run. */
export interface LockNode {
  readonly type: "lock";
  readonly key: string;
  readonly keys: string;
  readonly whenLocked: "queue" | "refuse";
  /** When its steps have succeeded, a hold is left on the keys: nothing else gets them until a person lifts it. */
  readonly hold?: boolean | undefined;
  readonly if?: string | undefined;
  readonly steps: readonly PlanNode[];
}

/** Steps that share one condition. */
export interface GroupNode {
  readonly type: "group";
  readonly key: string;
  readonly if?: string | undefined;
  readonly steps: readonly PlanNode[];
}

export type PlanNode = StepNode | ForEachNode | ParallelNode | CommandNode | LockNode | GroupNode;

const own = { key: z.string(), if: z.string().optional() };
const nodes = z.lazy(() => z.array(PlanNode));
const inner = { ...own, steps: nodes };
const templates = z.record(z.string(), JsonValue);

export const PlanNode: z.ZodType<PlanNode> = z.lazy(() =>
  z.discriminatedUnion("type", [
    StepNode,
    z.strictObject({
      type: z.literal("for-each"),
      items: z.string(),
      as: z.string(),
      atATime: JsonValue.optional(),
      failFast: z.boolean().optional(),
      ...inner,
    }),
    z.strictObject({ type: z.literal("parallel"), failFast: z.boolean().optional(), ...own, branches: nodes }),
    z.strictObject({
      type: z.literal("command"),
      command: z.string(),
      inputs: templates,
      outputs: templates,
      ...inner,
    }),
    z.strictObject({
      type: z.literal("lock"),
      keys: z.string(),
      whenLocked: z.enum(["queue", "refuse"]),
      hold: z.boolean().optional(),
      ...inner,
    }),
    z.strictObject({ type: z.literal("group"), ...inner }),
  ]),
);

/** What stands directly in a block. */
export function nodesIn(block: Exclude<PlanNode, StepNode>): readonly PlanNode[] {
  return block.type === "parallel" ? block.branches : block.steps;
}

/**
 * A command compiled: what a run executes, and keeps from its start to its end.
 * Keys of siblings are unique, and step ids are unique within one command, so a step path names one step. At the top no step
 * has the id `finally`, under which those of that branch stand.
 */
export const Plan = z.strictObject({
  /** Raised when the meaning of a stored plan changes; a program that cannot continue an open run says so before it starts. */
  engine: z.literal(1),
  command: z.string(),
  title: z.string(),
  /** The word that `grants` in the configuration allow or do not allow. */
  verb: z.string(),
  steps: z.array(PlanNode),
  onFailure: z.array(PlanNode),
  /** Run at the end whatever came of it, with `run.status` in their expressions. */
  finally: z.array(PlanNode).optional(),
  /** Templates for what a run that has succeeded gives. */
  outputs: templates.optional(),
  /** The secrets that its expressions name. */
  secrets: z.array(z.string()).optional(),
  timeoutMs: z.number().optional(),
  /** Goes before everything that waits for its locks, and cancels the run that holds them unless that is urgent itself. */
  urgent: z.boolean().optional(),
});
export type Plan = z.infer<typeof Plan>;
