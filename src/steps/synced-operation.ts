import { z } from "zod";

import type { Application } from "../argocd/application.ts";
import { rememberBefore } from "../argocd/expectation.ts";
import { liveRevision } from "./live-revision.ts";

/** What an application was like before something was asked of Argo CD. */
const Before = z.strictObject({
  uid: z.string(),
  historyId: z.int(),
  operation: z.string().optional(),
  reconciledAt: z.string().optional(),
  /** The commit that was live. */
  revision: z.string().optional(),
});
type Before = z.infer<typeof Before>;

/** What a rollback of Argo CD's own restores. It cannot carry our identity, so it is found again by this. */
const Restores = z.strictObject({
  historyId: z.int(),
  revisions: z.array(z.string()),
  /** SHA-256 of the sources that the entry was deployed from. */
  sourceDigest: z.string(),
  /** Our account in Argo CD. */
  username: z.string(),
});

/** How a sync hands its operation on to the wait: whose it is, and what the application looked like before. */
export const SyncedOperation = z.strictObject({
  run: z.string(),
  step: z.string(),
  attempt: z.int(),
  /** True when no operation was started, because the revision was proven and still live. */
  skipped: z.boolean(),
  /** True when no operation was started, because Argo CD syncs the application by itself. */
  tracked: z.boolean().optional(),
  restores: Restores.optional(),
  /** When it was posted, in milliseconds since the epoch, by the clock of whoever did: no time limit counts from it. */
  postedAtMs: z.number(),
  before: Before,
});
export type SyncedOperation = z.infer<typeof SyncedOperation>;

/** What is written down before something is posted, to find it again. */
export const PostCheckpoint = z.strictObject({
  before: Before,
  postedAtMs: z.number(),
  /** The attempt that posted. */
  attempt: z.int().optional(),
  restores: Restores.optional(),
});
export type PostCheckpoint = z.infer<typeof PostCheckpoint>;

/** What has to be known of an application afterwards, from before something is asked of Argo CD. */
export function lookBefore(application: Application): Before {
  const revision = liveRevision(application);
  return { ...rememberBefore(application), ...(revision !== "" && { revision }) };
}
