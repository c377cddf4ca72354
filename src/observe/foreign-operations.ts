import { z } from "zod";

import type { Application, HistoryEntry, Operation, OperationState } from "../argocd/application.ts";
import { revisionList } from "../argocd/application-facts.ts";
import { identityOf, syncedRevisions } from "../argocd/operation-identity.ts";
import { tryIsoTime } from "../platform/clock.ts";

/** The stream of what others did to applications, outside of runs. */
export const OPERATIONS_STREAM = "operations";

/** An operation of somebody else that has ended. `who` is their account in Argo CD, or `auto-sync`; `history` is -1 when it left no entry. */
export const OperationFact = z.strictObject({
  type: z.literal("operation.ended"),
  at: z.number(),
  app: z.string(),
  service: z.string(),
  environment: z.string(),
  key: z.string(),
  who: z.string(),
  automated: z.boolean(),
  phase: z.string(),
  message: z.string(),
  revisions: z.array(z.string()),
  startedAt: z.number(),
  endedAt: z.number(),
  history: z.number(),
});
export type OperationFact = z.infer<typeof OperationFact>;

/** What was found of an operation; `isOwn` when one of our runs started it. */
export interface FoundOperation extends Omit<OperationFact, "type" | "at" | "app" | "service" | "environment"> {
  readonly isOwn: boolean;
}

export interface KnownOperations {
  /** Whether the operation with this key was dealt with before. */
  has(key: string): boolean;
  /** The newest entry of the history that was dealt with. */
  readonly history: number;
}

/** By what our own operations are known. */
export interface Ours {
  /** Our account in Argo CD; undefined while it is not known. */
  readonly account: string | undefined;
  /** Whether there is such a run here: a mark alone is written by whoever may sync. */
  readonly hasRun: (run: string) => boolean;
}

const FINAL: ReadonlySet<string> = new Set(["Succeeded", "Failed", "Error"]);
const LONGEST_MESSAGE = 500;

/**
 * The operations that are shown and not known yet, oldest first: the current one, and those that the history holds, which ran
 * while nobody watched. Entries of the history carry no mark of ours, so our account tells them; while it is not known they
 * are left for later.
 */
export function newOperations(application: Application, known: KnownOperations, ours: Ours): readonly FoundOperation[] {
  const state = application.status.operationState;
  const current = state === undefined ? undefined : currentOf(state, ours);
  const past = application.status.history
    .filter(({ id }) => id > known.history)
    .flatMap((entry) => pastOf(entry, ours.account) ?? [])
    .map((found) => merged(found, current));
  const isListed = past.some(({ key }) => key === current?.key);
  const found = current === undefined || isListed ? past : [...past, current];
  return found.filter(({ key }) => !known.has(key)).toSorted((left, right) => left.startedAt - right.startedAt);
}

/** An entry of the history is that of the current operation, which says more of who began it. */
function merged(past: FoundOperation, current: FoundOperation | undefined): FoundOperation {
  return past.key === current?.key ? { ...current, history: past.history } : past;
}

/** The key of the operation that the application shows; empty when it shows none. */
export function operationKey(application: Application): string {
  const state = application.status.operationState;
  return state === undefined ? "" : keyOf(state.startedAt, revisionsOf(state));
}

// Argo CD gives operations no id. One application has one at a time, but two may begin in the same second.
function keyOf(startedAt: string | undefined, revisions: readonly string[]): string {
  return startedAt === undefined ? "" : `${startedAt} ${revisions.join(",")}`;
}

function revisionsOf(state: OperationState): readonly string[] {
  const synced = syncedRevisions(state);
  return synced.length > 0 ? synced : revisionList(state.operation.sync);
}

function currentOf(state: OperationState, { hasRun }: Ours): FoundOperation | undefined {
  const { operation, phase, startedAt, finishedAt, message } = state;
  const begun = tryIsoTime(startedAt ?? "");
  // One of our own is remembered as soon as it is seen: its entry in the history comes before its end.
  const identity = identityOf(operation);
  const isOwn = identity !== undefined && hasRun(identity.run);
  if (begun === undefined || operation.sync.dryRun || (!FINAL.has(phase) && !isOwn)) return undefined;
  const revisions = revisionsOf(state);
  return {
    key: keyOf(startedAt, revisions),
    ...initiatorOf(operation.initiatedBy),
    phase,
    message: phase === "Succeeded" ? "" : message.slice(0, LONGEST_MESSAGE),
    revisions: [...revisions],
    startedAt: begun,
    endedAt: tryIsoTime(finishedAt ?? "") ?? begun,
    history: -1,
    isOwn,
  };
}

function pastOf(entry: HistoryEntry, account: string | undefined): FoundOperation | undefined {
  const begun = tryIsoTime(entry.deployStartedAt ?? "");
  if (begun === undefined) return undefined;
  const { who, automated } = initiatorOf(entry.initiatedBy);
  if (account === undefined && !automated) return undefined;
  return {
    key: keyOf(entry.deployStartedAt, revisionList(entry)),
    who,
    automated,
    phase: "Succeeded",
    message: "",
    revisions: [...revisionList(entry)],
    startedAt: begun,
    endedAt: tryIsoTime(entry.deployedAt ?? "") ?? begun,
    history: entry.id,
    isOwn: !automated && who === account,
  };
}

function initiatorOf({ username, automated }: Operation["initiatedBy"]): {
  readonly who: string;
  readonly automated: boolean;
} {
  const isAutomated = automated && username === "";
  return { who: username || (isAutomated ? "auto-sync" : "somebody"), automated: isAutomated };
}
