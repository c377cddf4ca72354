import { z } from "zod";

import { Duration, Identifier, Retry, Text } from "./file-fields.ts";

const shared = {
  summary: Text.optional().meta({ description: "What it is, for help and for messages" }),
  optional: z.boolean().default(false).meta({ description: "Whether it may be left out; it is null then" }),
};

/** What a command asks for. `of` and `in` name other inputs of the command. */
export const InputDefinition = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("service"), ...shared }),
  /** One of those of the service that `of` names; without it any environment of the configuration. */
  z.strictObject({ type: z.literal("environment"), of: Identifier.optional(), ...shared }),
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
    /** Passed on by another command and never typed: expressions only hand it to inputs that are declared for secrets. */
    secret: z.boolean().optional(),
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
export const Answers = z.enum([
  "status",
  "history",
  "help",
  "where",
  "who",
  "queue",
  "diff",
  "plan",
  "page",
  "triggers",
]);
export type Answers = z.infer<typeof Answers>;

/** What is done at once, without a chain of steps. */
export const Acts = z.enum(["cancel", "retry", "signal", "lock", "unlock"]);
export type Acts = z.infer<typeof Acts>;

/** What a command gives to whoever uses it. */
export const OutputDefinition = z.strictObject({
  value: z.json().meta({ description: "What it is, usually an expression over the outputs of steps" }),
  summary: Text.optional().meta({ description: "What it is, for whoever uses it" }),
});
export type OutputDefinition = z.infer<typeof OutputDefinition>;

/** What holds for every step that does not say otherwise. `with` has the inputs by step kind. */
export const Defaults = z.strictObject({
  retry: Retry.optional().meta({ description: "For every step but gates" }),
  timeout: Duration.optional().meta({ description: "For every step but gates" }),
  "attempt-timeout": Duration.optional().meta({ description: "For every step but gates" }),
  with: z
    .record(z.string(), z.record(z.string(), z.json()))
    .default({})
    .meta({ description: "Inputs for every step of a kind, by kind" }),
});
export type Defaults = z.infer<typeof Defaults>;

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
    .optional()
    .meta({ description: "How it is started; without it, it can only be used by other commands" }),
  inputs: z.record(z.string(), z.unknown()).default({}),
  answers: Answers.optional().meta({ description: "A question that is answered privately, without a run" }),
  acts: Acts.optional().meta({ description: "Something that is done at once, without a chain of steps" }),
  steps: z.array(z.unknown()).optional(),
  "on-failure": z.array(z.unknown()).optional(),
  finally: z.array(z.unknown()).optional(),
  outputs: z
    .record(Identifier, OutputDefinition)
    .optional()
    .meta({ description: "What it gives to a command that uses it, by name" }),
  defaults: Defaults.optional().meta({ description: "What holds for every step that does not say otherwise" }),
  timeout: Duration.optional().meta({ description: "How long a run may take in all, such as 2h" }),
  urgent: z.boolean().optional().meta({
    description: "Goes before everything that waits for its locks, and cancels the run that holds them",
  }),
});
export type CommandFile = z.infer<typeof CommandFile>;
