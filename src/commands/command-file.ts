import { z } from "zod";

import { tryDuration } from "../platform/duration.ts";

const LONGEST_DURATION_MS = 400 * 86_400_000;

/** `90s`, `15m`, `1h30m`, `7d`; read as milliseconds. */
const Duration = z.string().transform((text, context) => {
  const durationMs = tryDuration(text);
  if (durationMs !== undefined && durationMs > 0 && durationMs <= LONGEST_DURATION_MS) return durationMs;
  context.addIssue({ code: "custom", message: `"${text}" is no duration; write for example 30s, 15m, 2h or 7d` });
  return z.NEVER;
});

/** A word that expressions can use as a name: no hyphen, because that is minus there. */
const Identifier = z
  .string()
  .regex(
    /^[a-z][A-Za-z0-9_]{0,39}$/u,
    "a name has letters, digits and _ and begins with a small letter, such as abcDef",
  );

const Text = z.string().min(1, "a text is expected").max(300, "at most 300 characters");

/** An `${{ expression }}` or a bare one; YAML's own true and false are taken too. */
const Condition = z.union([z.string(), z.boolean()]).transform(String);

const shared = {
  summary: Text.optional().meta({ description: "What it is, for help and for messages" }),
  optional: z.boolean().default(false).meta({ description: "Whether it may be left out; it is null then" }),
};

/** What a command asks for. `of` and `in` name other inputs of the command. */
export const InputDefinition = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("service"), ...shared }),
  z.strictObject({ type: z.literal("environment"), of: Identifier, ...shared }),
  z.strictObject({
    type: z.literal("revision"),
    of: Identifier,
    /**
     * What it is when it is not typed, in the environment `in`: `live`, the revision that is live there, or `proven`, the
     * last one that was proven there before that.
     */
    from: z.enum(["proven", "live"]).optional(),
    in: Identifier.optional(),
    ...shared,
  }),
  z.strictObject({
    type: z.literal("string"),
    max: z.int().min(1).max(1000).default(500),
    /** A regular expression for the whole text, which then has 200 characters at most. */
    pattern: z.string().min(1).max(100).optional(),
    default: z.string().max(500).optional(),
    ...shared,
  }),
  z.strictObject({
    type: z.literal("number"),
    min: z.number().optional(),
    max: z.number().optional(),
    default: z.number().optional(),
    ...shared,
  }),
  z.strictObject({ type: z.literal("boolean"), default: z.boolean().default(false), ...shared }),
  z.strictObject({
    type: z.literal("choice"),
    values: z
      .array(z.string().regex(/^[^\s"'<>[\]]{1,50}$/u, "a choice is one short word"))
      .min(1)
      .max(50),
    default: z.string().optional(),
    ...shared,
  }),
  z.strictObject({ type: z.literal("duration"), default: Duration.optional(), ...shared }),
  /** A run by its short id, such as `run_7FQ2`. */
  z.strictObject({ type: z.literal("run"), ...shared }),
  /** Somebody in Slack, mentioned as `@ana`; the value is the id of the user. */
  z.strictObject({ type: z.literal("person"), ...shared }),
]);
export type InputDefinition = z.infer<typeof InputDefinition>;

/** The questions that are answered privately, without a run. */
export const Answers = z.enum(["status", "history", "help", "where", "who", "queue", "diff", "plan", "page"]);
export type Answers = z.infer<typeof Answers>;

/** What is done at once, without a chain of steps. */
export const Acts = z.enum(["cancel", "retry", "lock", "unlock"]);
export type Acts = z.infer<typeof Acts>;

/** A command file without its steps, which are read one by one because each has a sort of its own. */
export const CommandFile = z.strictObject({
  name: Text.max(50, "at most 50 characters").meta({ description: "How messages call it: Promote" }),
  summary: Text.meta({ description: "What it does, in one line of help" }),
  verb: z
    .string()
    .regex(/^[a-z][a-z-]{0,29}$/u, "a verb is one word in small letters")
    .optional()
    .meta({ description: "What grants allow; by default the word after the slash, or the verb of /qd" }),
  on: z
    .strictObject({
      slash: z.string().min(2).max(300).meta({
        description:
          "What people type: words, <inputs>, [optional words], [--flags], and <text...> for the rest of the line",
      }),
    })
    .meta({ description: "How it is started" }),
  inputs: z.record(z.string(), z.unknown()).default({}),
  answers: Answers.optional().meta({ description: "A question that is answered privately, without a run" }),
  acts: Acts.optional().meta({ description: "Something that is done at once, without a chain of steps" }),
  steps: z.array(z.unknown()).optional(),
  "on-failure": z.array(z.unknown()).optional(),
  timeout: Duration.optional().meta({ description: "How long a run may take in all, such as 2h" }),
  urgent: z.boolean().optional().meta({
    description: "Goes before everything that waits for its locks, and cancels the run that holds them",
  }),
});
export type CommandFile = z.infer<typeof CommandFile>;

/** `attempts` counts the first; the delay grows by `factor` up to `max-delay`. Only failures that may pass are tried again. */
const Retry = z.strictObject({
  attempts: z.int().min(1).max(20),
  delay: Duration.default(5000),
  factor: z.number().min(1).max(10).default(2),
  "max-delay": Duration.default(300_000),
});

/** One use of a step kind. `timeout` bounds all attempts together, `attempt-timeout` each. */
export const StepEntry = z.strictObject({
  id: Identifier.meta({ description: "Unique in the command; steps.ID.outputs are what it gives" }),
  uses: z.string(),
  with: z.record(z.string(), z.json()).default({}),
  if: Condition.optional().meta({ description: "A condition; the step is skipped where it does not hold" }),
  retry: Retry.optional().meta({ description: "Tried again after failures that may pass" }),
  timeout: Duration.optional().meta({ description: "How long all attempts may take together, such as 15m" }),
  "attempt-timeout": Duration.optional().meta({ description: "How long each attempt may take" }),
});
export type StepEntry = z.infer<typeof StepEntry>;

const steps = z.array(z.unknown()).min(1, "at least one step is expected");

export const ForEachEntry = z.strictObject({
  "for-each": z.string().meta({ description: "An expression that gives a list: the steps run once for each value" }),
  as: Identifier.meta({ description: "What expressions call the value" }),
  if: Condition.optional(),
  steps,
});
export type ForEachEntry = z.infer<typeof ForEachEntry>;

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
  if: Condition.optional(),
  steps,
});
export type LockEntry = z.infer<typeof LockEntry>;

export const GroupEntry = z.strictObject({ if: Condition.optional(), steps });
export type GroupEntry = z.infer<typeof GroupEntry>;
