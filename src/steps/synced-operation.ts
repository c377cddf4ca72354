import { z } from "zod";

/** How a sync hands its operation on to the wait: whose it is, and what the application looked like before. */
export const SyncedOperation = z.strictObject({
  run: z.string(),
  step: z.string(),
  attempt: z.int(),
  /** True when no operation was started, because the revision was proven and still live. */
  skipped: z.boolean(),
  /** When it was posted, in milliseconds since the epoch. */
  postedAtMs: z.number(),
  before: z.strictObject({
    uid: z.string(),
    historyId: z.int(),
    operation: z.string().optional(),
    reconciledAt: z.string().optional(),
  }),
});
