import { isAbsolute } from "node:path";

import { z } from "zod";

import { JsonValue } from "../../domain/outcome.ts";
import { SecretText } from "../../engine/secret-text.ts";

/** Which of the two programs that understand the same configurations is run. */
export const Program = z.enum(["terraform", "tofu"]);
export type Program = z.infer<typeof Program>;

/** A path below the folder that it is of: no way up and none of its own. */
const Inside = z
  .string()
  .max(500)
  .refine((path) => isInside(path), { error: "a path below the directory, without .. and not absolute" });

/** Where a configuration stands: in a repository at a revision, or on the machine that executes the step. */
const Directory = z.union([
  z.strictObject({
    repository: z.string().meta({ description: "Address of the repository" }),
    revision: z
      .string()
      .regex(/^[0-9a-f]{40}$/u, "a full commit of 40 hexadecimal digits")
      .meta({ description: "The full commit" }),
    path: Inside.meta({ description: "Of the configuration, from the root of the repository" }),
    root: Inside.optional().meta({
      description: "The folder that is taken along, where the configuration uses modules beside it; `path` unless said",
    }),
  }),
  z.strictObject({
    local: z
      .string()
      .refine((path) => isAbsolute(path), { error: "an absolute path" })
      .meta({
        description: "An absolute path on the machine that executes the step, below one of QUARTERDECK_TERRAFORM_ROOTS",
      }),
  }),
]);
export type Directory = z.infer<typeof Directory>;

// Those that decide what the program does, or which program it is, are not for a command file to set.
const RESERVED = /^(?:TF_|TOFU_|CHECKPOINT_|LD_|DYLD_|PATH$|HOME$|TMPDIR$|LANG$)/u;

const VariableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]{0,99}$/u, "the name of a variable");

/** Environment variables for the program and its providers: where their credentials are. */
const Credentials = z.record(
  z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/u, "the name of an environment variable")
    .refine((name) => !RESERVED.test(name), { error: "this variable is not for a step to set" }),
  SecretText,
);

const Span = z.string().regex(/^\d{1,5}(?:s|m|h)$/u, "a time such as 30s");

/** What every step of this family takes. */
export const PROGRAM_INPUT = {
  program: Program.optional().meta({ description: "`terraform` unless said" }),
  env: Credentials.optional().meta({ description: "Environment variables for the program, such as credentials" }),
};

/** What a step takes that finds its state by itself. */
export const STATE_INPUT = {
  ...PROGRAM_INPUT,
  directory: Directory.meta({ description: "Where the configuration stands" }),
  workspace: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,89}$/u, "the name of a workspace")
    .optional()
    .meta({ description: "`default` unless said" }),
  "backend-config": z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/u), SecretText)
    .optional()
    .meta({ description: "Settings of the backend that the configuration leaves open" }),
};

/** What a step takes that works on resources. */
export const WORK_INPUT = {
  parallelism: z.int().min(1).max(256).optional().meta({ description: "How many resources at once" }),
  "lock-timeout": Span.optional().meta({
    description: "How long it waits for the lock of the state before the step is put off; `20s` unless said",
  }),
};

/** The arguments for it. */
export function workArguments({
  parallelism,
  "lock-timeout": lockTimeout = "20s",
}: {
  readonly parallelism?: number | undefined;
  readonly "lock-timeout"?: string | undefined;
}): readonly string[] {
  return [`-lock-timeout=${lockTimeout}`, ...(parallelism === undefined ? [] : [`-parallelism=${parallelism}`])];
}

/** What a plan is made with. */
export const VARIABLES_INPUT = {
  variables: z.record(VariableName, JsonValue).optional().meta({ description: "Variables of the configuration" }),
  "secret-variables": z
    .record(VariableName, SecretText)
    .optional()
    .meta({ description: "Variables that are secret; they travel in the environment of the program" }),
  "var-files": z
    .array(Inside)
    .max(50)
    .optional()
    .meta({ description: "Files of variables, from the directory of the configuration" }),
};

const EARLY = "with which `tofu` may make its backend, its modules and its encryption";

/** The same for a step that makes no plan: they count with OpenTofu alone. */
export const EARLY_VARIABLES_INPUT = {
  variables: VARIABLES_INPUT.variables.meta({ description: `Variables ${EARLY}` }),
  "secret-variables": VARIABLES_INPUT["secret-variables"].meta({ description: `Secret variables ${EARLY}` }),
  "var-files": VARIABLES_INPUT["var-files"].meta({ description: `Files of variables ${EARLY}` }),
};

/** Whether a path leads nowhere but below the folder that it is of; text alone, links are looked at where they are. */
export function isInside(path: string): boolean {
  if (path === "" || isAbsolute(path) || path.includes("\0") || path.includes("\\")) return false;
  return path.split("/").every((part, index) => part !== ".." && (part !== "" || index > 0));
}
