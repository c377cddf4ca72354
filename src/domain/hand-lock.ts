import { z } from "zod";

/** A lock that no run holds: set by a person, or the hold that a rollback leaves. Until it is lifted or expires, no run gets its key. */
export const HandLock = z.strictObject({
  /** As in command files: `service/environment`. */
  key: z.string(),
  /** Pseudonym of whoever set it; of the person who asked for the run, for a hold. */
  owner: z.string(),
  reason: z.string(),
  /** In milliseconds since the epoch, as is `until`. */
  since: z.number(),
  until: z.number().optional(),
  /** The run that left it, for a hold: another urgent run may pass. */
  run: z.string().optional(),
});
export type HandLock = z.infer<typeof HandLock>;

/** What an environment of a service is locked by. */
export function lockKey({ service, environment }: { readonly service: string; readonly environment: string }): string {
  return `${service}/${environment}`;
}
