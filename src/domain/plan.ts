import { z } from "zod";

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
});
export type StepNode = z.infer<typeof StepNode>;

/** Runs `steps` once for each value of the list that `items` gives, one after the other; `as` names the value in expressions. */
export interface ForEachNode {
  readonly type: "for-each";
  readonly key: string;
  readonly items: string;
  readonly as: string;
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

export type PlanNode = StepNode | ForEachNode | LockNode | GroupNode;

const inner = { key: z.string(), if: z.string().optional(), steps: z.lazy(() => z.array(PlanNode)) };

export const PlanNode: z.ZodType<PlanNode> = z.lazy(() =>
  z.discriminatedUnion("type", [
    StepNode,
    z.strictObject({ type: z.literal("for-each"), items: z.string(), as: z.string(), ...inner }),
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

/**
 * A command compiled: what a run executes, and keeps from its start to its end.
 * Keys of siblings are unique, and step ids are unique in the command, so a step path names one step.
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
  timeoutMs: z.number().optional(),
  /** Goes before everything that waits for its locks, and cancels the run that holds them unless that is urgent itself. */
  urgent: z.boolean().optional(),
});
export type Plan = z.infer<typeof Plan>;
