import { z } from "zod";

import { Artifact } from "../../domain/artifact.ts";

/** A program as the configuration allows it to be run. */
export const AllowedProgram = z.strictObject({
  /** Absolute, on the machine that executes the step. */
  path: z.string(),
  args: z.array(z.string()),
  /** Whether arguments of a step may begin with a dash. */
  options: z.boolean(),
  env: z.record(z.string(), z.string()),
  /** The names of variables that a step may set. */
  variables: z.array(z.string()),
  sha256: z.string().optional(),
  repeat: z.enum(["safe", "ask"]),
});
export type AllowedProgram = z.infer<typeof AllowedProgram>;

/** What the server puts into the job: workers have no configuration. */
export const PreparedProgram = z.strictObject({ program: AllowedProgram, source: Artifact.optional() });
export type PreparedProgram = z.infer<typeof PreparedProgram>;
