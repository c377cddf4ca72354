import { isAbsolute } from "node:path";

import { z } from "zod";

const VariableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/u, {
  error: "this is no name of an environment variable",
});

/** A program that `program/run` may run, where steps are executed. */
export const ProgramSettings = z.strictObject({
  path: z
    .string()
    .max(4096)
    .refine((path) => isAbsolute(path), { error: "the path of a program is absolute, such as /usr/local/bin/lint" })
    .meta({ description: "The program, by its whole path on the machine that executes the step" }),
  args: z.array(z.string()).default([]).meta({ description: "Arguments that come before those of the step" }),
  options: z.boolean().default(false).meta({
    description: "Whether the arguments of a step may begin with a dash; they are refused otherwise",
  }),
  env: z
    .record(VariableName, z.string())
    .default({})
    .meta({ description: "Variables in its environment, which holds nothing of Quarterdeck's own" }),
  variables: z
    .array(VariableName)
    .default([])
    .meta({ description: "Names of variables that steps may set, also with a secret" }),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/u, { error: "a SHA-256 digest has 64 hexadecimal digits; sha256sum prints it" })
    .optional()
    .meta({ description: "The file must have this digest, or it is not run" }),
  repeat: z.enum(["safe", "ask"]).default("ask").meta({
    description: "`safe`: it may be run again when it was cut short by a crash; `ask`: a person decides",
  }),
});
