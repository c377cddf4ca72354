import type { PersonStanding } from "../domain/approver-policy.ts";
import type { Effect } from "../domain/effect.ts";
import type { HandLock } from "../domain/hand-lock.ts";
import type { LockClaim } from "../domain/lock-book.ts";
import type { Outcome, Progress } from "../domain/outcome.ts";
import type { RunEvent } from "../domain/run-event.ts";
import type { RunStatus } from "../domain/run-state.ts";
import type { Json } from "../platform/canonical-json.ts";
import type { Proof, StepFacts } from "./step-kind.ts";
import type { RunOutline } from "./unreadable-runs.ts";

/** Somebody, in some Slack workspace. Events carry only the pseudonym. */
export interface Person {
  readonly pseudonym: string;
  readonly team: string;
  readonly user: string;
}

/** A fact that is not about one run: something a person or a machine asked for, or a message that Slack accepted. */
export interface LogFact {
  readonly type: string;
  readonly at: number;
  readonly actor?: string | undefined;
  readonly [member: string]: Json | undefined;
}

/** Facts to be appended to one stream. */
export interface Append {
  /** `run_01J...` for a run; `intents`, `messages`, `locks` and `server` for the rest. */
  readonly stream: string;
  /** How many facts the stream holds before these; -1 appends at the end, whatever it is. */
  readonly expectedVersion: number;
  readonly events: readonly (RunEvent | LogFact)[];
}

/** What lists and start-up need to know of a run without folding it. A projection: rebuilt from the log at any time. */
export interface RunRow {
  readonly id: string;
  readonly command: string;
  readonly title: string;
  readonly status: RunStatus;
  readonly services: readonly string[];
  readonly environments: readonly string[];
  readonly requester: string;
  readonly channel: string;
  readonly startedAt: number;
  readonly changedAt: number;
  readonly finishedAt: number | undefined;
  readonly version: number;
  /** The moment at which the run has to be looked at even if nothing happens. */
  readonly wakeAt: number | undefined;
  /** True while it has nothing to dispatch or watch: it costs nothing until something happens to it. */
  readonly parked: boolean;
  /** How many of its gates wait for people. */
  readonly gates: number;
}

/** Everything that one turn of one run changes, committed as one. */
export interface RunChange extends Append {
  readonly row: RunRow;
  readonly claims: readonly LockClaim[];
  readonly proofs: readonly Proof[];
}

/** A change of the hand lock on one key, with the fact that says so; without `lock` there is none on it from then on. */
export interface HandLockChange {
  readonly key: string;
  readonly lock: HandLock | undefined;
  readonly fact: LogFact;
}

/** Something that arrived from outside and has to be dealt with exactly once, whatever happens to the process. */
export interface Intent {
  readonly id: string;
  /** The sender's idempotency key: a second intent with the same key is not recorded. */
  readonly key: string;
  readonly at: number;
  readonly actor: string;
  readonly kind: string;
  readonly body: Json;
}

/** An intent with what came of it; without `result` it is still being dealt with. */
export interface PastIntent extends Omit<Intent, "id"> {
  readonly result: Json | undefined;
}

/**
 * The append-only, hash-chained log and the projections that are kept beside it in the same transaction.
 * Appends of one event-loop turn share one commit; every promise resolves after that commit is on the disk and rejects,
 * all of the turn together, with `store.full`, `store.read-only`, `store.busy` or `store.conflict` when it is not.
 * Reads are synchronous and see what is committed.
 */
export interface EventStore {
  append(change: Append): Promise<void>;
  appendRun(change: RunChange): Promise<void>;
  appendHandLock(change: HandLockChange): Promise<void>;
  /** The events of one run, oldest first. */
  readRun(run: string): readonly RunEvent[];
  /** Newest first. */
  listRuns(filter: RunFilter): readonly RunRow[];
  /** Runs whose id, without its prefix, ends with `text`, or begins with it where it is long enough; newest first. */
  findRuns(text: string, limit: number): readonly RunRow[];
  /** Every open run, read without folding it. */
  openRuns(): Iterable<RunOutline>;
  /** Open runs that have something to dispatch or watch. */
  activeRuns(): readonly string[];
  /** Runs that Slack does not show in their newest version. */
  unshownRuns(): readonly string[];
  /** The earliest `wakeAt` of all open runs and `until` of all hand locks. */
  nextWake(): { readonly at: number } | undefined;
  /** Runs whose `wakeAt` has come, and those that wait for a moment of their own in the time of a clock that was set back since. */
  dueRuns(nowMs: number): readonly string[];
  markShown(run: string, version: number): void;
  claims(): readonly LockClaim[];
  handLocks(): readonly HandLock[];
  /** Newest first; `app` is `server/namespace/name`. */
  proofs(app: string, limit: number): readonly Proof[];
  /**
   * Records it and resolves `true` when it is on the disk; `false` when its key was recorded before. With `result` it is marked
   * as dealt with in the same commit.
   */
  recordIntent(intent: Intent, result?: Json): Promise<boolean>;
  /** Marks it as dealt with, with what came of it. */
  settleIntent(id: string, result: Json, at: number): Promise<void>;
  /** What came of the intent that was recorded under a key, and when that was; undefined where there is none. */
  intentResult(
    key: string,
  ): { readonly id: string; readonly at: number; readonly result: Json | undefined } | undefined;
  /** What was recorded under a key; undefined where there is none. */
  intentBody(key: string): Json | undefined;
  /** What somebody asked for last, newest first. */
  pastIntents(actor: string, limit: number): readonly PastIntent[];
  /** Intents that were recorded but not settled, oldest first. */
  openIntents(): readonly Intent[];
}

export interface RunFilter {
  readonly service?: string | undefined;
  readonly environment?: string | undefined;
  readonly openOnly?: boolean | undefined;
  /** The pseudonym of somebody who asked for the run, or did something to it or was refused. */
  readonly actor?: string | undefined;
  /** Only runs that are older than this one. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/** People by pseudonym: the only place where names of people stand. */
export interface PeopleStore {
  /** The pseudonym of this person, made on first sight; durable with the next append. */
  pseudonymOf(team: string, user: string): string;
  /** The same without making one: undefined for somebody who was never met. */
  tryPseudonym(team: string, user: string): string | undefined;
  /** Undefined for a pseudonym that is unknown or was redacted. */
  person(pseudonym: string): Person | undefined;
}

/** What Slack holds of one of our messages. */
export interface SlotRecord {
  /** Such as `run_01J.../card`; unique. */
  readonly slot: string;
  readonly team: string;
  /** As configured or as Slack returned it with `ts`. */
  readonly channel: string;
  /** The `ts` of the thread's parent, for a message in a thread. */
  readonly threadTs: string | undefined;
  /** Undefined until Slack has accepted the first post. */
  readonly ts: string | undefined;
  /** SHA-256 of what Slack was last told; undefined while it is being told, and while something older may still come over it. */
  readonly sentHash: string | undefined;
  /** When it was last tried; set, durably, before a post is sent: when it is set and `ts` is not, Slack may hold a message that we do not know. */
  readonly postingSince: number | undefined;
  /** True when Slack will not take it any more; `lostReason` says why. */
  readonly lostReason: string | undefined;
}

/** The outbox's memory. A projection of `messages` facts in the log, so that deleting it loses no message. */
export interface SlotStore {
  slot(slot: string): SlotRecord | undefined;
  slotByMessage(team: string, channel: string, ts: string): SlotRecord | undefined;
  /** Resolves when it is durable. */
  save(record: SlotRecord, atMs: number): Promise<void>;
}

/** One attempt of an action, self-contained, as a worker gets it. */
export interface Job {
  readonly effect: Effect;
  /** Newest wins: reports that carry an older token change nothing. */
  readonly token: number;
  readonly uses: string;
  readonly input: Readonly<Record<string, Json>>;
  readonly facts: StepFacts;
  readonly checkpointed: Json | undefined;
  /** What the attempt had written down that failed, and that a person has had repeated. */
  readonly earlier?: Json | undefined;
  /** What the kind's `prepare` gathered for this dispatch. */
  readonly prepared?: Json | undefined;
  readonly startedAt: number;
  /**
   * True for an action that must not be repeated and may have been begun under this token, by an earlier process for example:
   * it goes on where it still is under way, and fails with `step.interrupted` where it is not.
   */
  readonly mayHaveBegun?: boolean;
}

/** What comes back from a job while it runs and when it ends. */
export interface JobReports {
  progress(job: Job, progress: Progress): void;
  /** Resolves once it is durable; rejects when the job's token is no longer the newest. */
  checkpoint(job: Job, data: Json): Promise<void>;
  outcome(job: Job, outcome: Outcome): void;
  /** Whoever executed it is gone or gave it back, and it may be repeated: it is to be dispatched anew, under a newer token. */
  handedBack(job: Job): void;
}

/**
 * Brings jobs to workers. It holds nothing that may be lost: after a start, everything that was under way is dispatched anew,
 * and what must not be repeated under the token that it had, with `mayHaveBegun`.
 * The same effect and token dispatched twice is executed once at a time; `cancel` aborts it, and its outcome is still reported.
 */
export interface Dispatcher extends AsyncDisposable {
  dispatch(job: Job): void;
  cancel(effect: Effect, reason: string): void;
}

/**
 * Who people are and which groups they are in. Throws `directory.unverifiable` (retry `backoff`) when it cannot be read and
 * `directory.no-such-group` when the group is gone or disabled: callers fail closed on both.
 */
export interface Directory {
  person(team: string, user: string): Promise<PersonStanding>;
  /** Read not longer ago than 60 s. */
  groupMembers(group: string): Promise<readonly string[]>;
}
