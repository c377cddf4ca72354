import { z } from "zod";

import type { Json } from "../platform/canonical-json.ts";
import { Artifact } from "./artifact.ts";

/** Any value that JSON can carry, as it comes back from the log or the wire. */
export const JsonValue: z.ZodType<Json> = z.json();

/** Whether, and when, an attempt that failed may be tried again without a person asking for it. */
export const RetryClass = z.union([z.literal("never"), z.literal("backoff"), z.strictObject({ afterMs: z.number() })]);
export type RetryClass = z.infer<typeof RetryClass>;

/** Why a step did not succeed: `code` for machines, `message` for people (what, why, what to do). */
export const Failure = z.strictObject({
  code: z.string(),
  message: z.string(),
  retry: RetryClass,
  details: z.record(z.string(), JsonValue).optional(),
});
export type Failure = z.infer<typeof Failure>;

/**
 * How one attempt of an action, or one wait, ended.
 * `postponed` means that nothing was done and that it is not a failure: the same attempt is dispatched again after `afterMs`
 * (someone else's operation is running, a sync window is closed). The step's timeout bounds how often.
 */
export const Outcome = z.discriminatedUnion("status", [
  z.strictObject({
    status: z.literal("succeeded"),
    output: z.record(z.string(), JsonValue),
    artifacts: z.array(Artifact).optional(),
  }),
  z.strictObject({ status: z.literal("failed"), failure: Failure, artifacts: z.array(Artifact).optional() }),
  z.strictObject({ status: z.literal("postponed"), code: z.string(), message: z.string(), afterMs: z.number() }),
]);
export type Outcome = z.infer<typeof Outcome>;

/** The files that an outcome, or the fact of it, names; nothing where it names none. */
export function artifactsOf({ artifacts }: { readonly artifacts?: readonly Artifact[] | undefined }): {
  artifacts?: Artifact[];
} {
  return artifacts === undefined || artifacts.length === 0 ? {} : { artifacts: [...artifacts] };
}

/** What a step that is under way shows; never stored in the log. */
export interface Progress {
  /** One line: what it is doing now. */
  readonly text: string;
  readonly done?: number;
  readonly total?: number;
  /** At most a handful of further lines, such as the resources that are not healthy yet. */
  readonly lines?: readonly string[];
}
