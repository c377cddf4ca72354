import { z } from "zod";

/**
 * The identity of an effect on the outside world: the same after a crash or a redelivery, a new attempt after a retry.
 * `path` is the step path, such as `promote/for-each[prod]/sync`.
 */
export const Effect = z.strictObject({ run: z.string(), path: z.string(), attempt: z.int().min(1) });
export type Effect = z.infer<typeof Effect>;

/** `run_.../promote/for-each[prod]/sync/1` */
export function effectKey(effect: Effect): string {
  return `${effect.run}/${effect.path}/${effect.attempt}`;
}
