import { z } from "zod";

import { Duration, Identifier, Retry } from "./file-fields.ts";

/** An `${{ expression }}` or a bare one; YAML's own true and false are taken too. */
const Condition = z.union([z.string(), z.boolean()]).transform(String);

const id = Identifier.meta({ description: "Unique in the command; steps.ID.outputs are what it gives" });
const condition = Condition.optional().meta({ description: "A condition; it is skipped where that does not hold" });
const steps = z.array(z.unknown()).min(1, "at least one step is expected");
const failFast = z.boolean().optional().meta({
  description: "Whether nothing new is begun in the others once one has failed (true when left out)",
});

/** One use of a step kind. `timeout` bounds all attempts together, `attempt-timeout` each. */
export const StepEntry = z.strictObject({
  id,
  uses: z.string(),
  with: z.record(z.string(), z.json()).default({}),
  if: condition,
  retry: Retry.optional().meta({ description: "Tried again after failures that may pass" }),
  timeout: Duration.optional().meta({ description: "How long all attempts may take together, such as 15m" }),
  "attempt-timeout": Duration.optional().meta({ description: "How long each attempt may take" }),
});
export type StepEntry = z.infer<typeof StepEntry>;

/** One use of another command: `uses` is `command/` and the name of its file. */
export const UseEntry = z.strictObject({
  id,
  uses: z.string(),
  with: z.record(z.string(), z.json()).default({}),
  if: condition,
});
export type UseEntry = z.infer<typeof UseEntry>;

export const ForEachEntry = z.strictObject({
  "for-each": z.string().meta({ description: "An expression that gives a list: the steps run once for each value" }),
  as: Identifier.meta({ description: "What expressions call the value" }),
  "at-a-time": z
    .union([z.int().min(1).max(1000), z.string().min(1)])
    .optional()
    .meta({
      description: "How many run at once: a number, or a share of them all such as 20% (1 when left out)",
    }),
  "fail-fast": failFast,
  if: condition,
  steps,
});
export type ForEachEntry = z.infer<typeof ForEachEntry>;

export const ParallelEntry = z.strictObject({
  parallel: z
    .array(z.unknown())
    .min(1, "at least one branch is expected")
    .meta({ description: "Steps and blocks that run side by side, each of them a branch" }),
  "fail-fast": failFast,
  if: condition,
});
export type ParallelEntry = z.infer<typeof ParallelEntry>;

export const LockEntry = z.strictObject({
  lock: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1).max(20)])
    .meta({ description: "One run at a time for this key, such as checkout/prod; a list is taken together" }),
  "when-locked": z.enum(["queue", "refuse"]).default("queue").meta({
    description: "What happens while another run has the lock",
  }),
  hold: z.boolean().default(false).meta({
    description: "Leaves a hold on the keys when the steps have succeeded, until somebody unlocks them",
  }),
  if: condition,
  steps,
});
export type LockEntry = z.infer<typeof LockEntry>;

export const GroupEntry = z.strictObject({ if: condition, steps });
export type GroupEntry = z.infer<typeof GroupEntry>;
