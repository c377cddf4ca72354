import { z } from "zod";

/**
 * A file that a step left: a plan, a report, the output of a program. The log holds this; the content stands beside it under its
 * digest, and may be deleted without the log becoming wrong.
 */
export const Artifact = z.strictObject({
  /** SHA-256 of the content as the step left it, in hexadecimal. */
  digest: z.string().regex(/^[0-9a-f]{64}$/u),
  /** Of the content as the step left it. */
  bytes: z.int().min(0),
  /** As people see it: a file name without a folder. */
  name: z.string(),
  mediaType: z.string(),
  /** It may hold secrets: it is stored encrypted, read by steps alone, and never shown or posted. */
  sealed: z.boolean(),
});
export type Artifact = z.infer<typeof Artifact>;
