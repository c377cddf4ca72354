/** One row of the log as it stands in the table. */
export interface LogRow {
  readonly sequence: number;
  /** On the application's clock, in milliseconds since the epoch. */
  readonly at: number;
  readonly stream: string;
  readonly version: number;
  readonly type: string;
  readonly actor: string;
  readonly commitment: string;
  readonly hash: string;
  readonly salt: string | null;
  readonly payload: string | null;
}

/*
 * What the simulated worlds know to be true, as far as the checks ask. All moments are true time, all lists only grow, and what
 * stands in them is kept up to date. Applications of Argo CD by `namespace/name`.
 */

/** A request that changes something in Argo CD, as it arrived there. */
export interface ArgocdPost {
  readonly at: number;
  readonly app: string;
  readonly uid: string;
  readonly kind: "sync" | "rollback" | "terminate";
  readonly revision: string;
  readonly identity?: Identity;
  readonly by: string;
  readonly operation?: number;
  readonly refused?: { readonly status: number };
}

interface Identity {
  readonly run: string;
  readonly step: string;
  readonly attempt: number;
}

export interface ArgocdOperation {
  readonly number: number;
  readonly app: string;
  readonly uid: string;
  readonly kind: string;
  readonly revision: string;
  readonly source: unknown;
  readonly isDryRun: boolean;
  readonly isPartial: boolean;
  readonly by: string;
  readonly identity?: Identity;
  readonly requestedAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** When the history took it down, and by which number. */
  readonly recordedAt?: number;
  readonly historyId?: number;
  /** When Argo CD showed a comparison that had begun after its end. */
  readonly comparedAt?: number;
  /** Argo CD's word, such as `Succeeded`. */
  readonly phase?: string;
  readonly terminatedBy?: string;
}

/** A full read of one application that was answered. */
export interface ArgocdRead {
  readonly at: number;
  readonly app: string;
  readonly uid: string;
  readonly specVersion: number;
  /** What the answer said of the health, since when, and when Argo CD had last begun to compare. */
  readonly health: string;
  readonly healthSince: number;
  readonly comparedAt: number | undefined;
  /** With which commit it had compared it, and whether they were the same. */
  readonly compared: string;
  readonly isSynced: boolean;
  /** The number of the oldest entry in the history that it shows; not asked when absent. */
  readonly oldestEntry?: number;
  /** Whether it says that it is being deleted. */
  readonly isDeleting?: boolean;
}

/** What an application was defined as from a moment on. */
export interface ArgocdSpec {
  readonly at: number;
  readonly app: string;
  readonly uid: string;
  readonly specVersion: number;
  readonly source: unknown;
  readonly isAutoSynced: boolean;
}

/** What really was in the cluster from a moment on. */
export interface ArgocdSpan {
  readonly at: number;
  readonly app: string;
  readonly uid: string;
  readonly revision: string;
  readonly health: string;
  readonly isMixed: boolean;
}

interface ArgocdExistence {
  readonly at: number;
  readonly app: string;
  readonly uid: string;
  readonly exists: boolean;
}

export interface ArgocdTruth {
  readonly posts: readonly ArgocdPost[];
  /** By their numbers, from 0. */
  readonly operations: readonly ArgocdOperation[];
  readonly reads: readonly ArgocdRead[];
  readonly specs: readonly ArgocdSpec[];
  readonly spans: readonly ArgocdSpan[];
  readonly existence: readonly ArgocdExistence[];
}

/** Something that a person did in Slack, sent to the application once; a repetition is another one with the same trigger. */
export interface SlackDelivery {
  readonly number: number;
  readonly kind: string;
  readonly user: string;
  readonly team: string;
  readonly triggerId: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly repeats: number | undefined;
  readonly click:
    | { readonly actionId: string; readonly value: string | undefined; readonly messageTs: string }
    | undefined;
  readonly sentAt: number;
  readonly arrivedAt: number | undefined;
  readonly acknowledgedAt: number | undefined;
  readonly acknowledgement: unknown;
  readonly failure: string | undefined;
}

/** One message of a channel or thread, with everything that it ever showed. */
export interface SlackMessage {
  readonly channel: string;
  readonly ts: string;
  readonly threadTs: string | undefined;
  readonly slot: string | undefined;
  readonly versions: readonly SlackVersion[];
  readonly deletedAt: number | undefined;
}

export interface SlackVersion {
  readonly at: number;
  readonly text: string;
  readonly blocks: readonly unknown[];
}

export interface SlackTruth {
  readonly messages: readonly SlackMessage[];
  readonly ephemerals: readonly {
    readonly user: string;
    /** The delivery that it answers, where that is known. */
    readonly answers: number | undefined;
    readonly versions: readonly SlackVersion[];
  }[];
  readonly deliveries: readonly SlackDelivery[];
  readonly groups: readonly { readonly at: number; readonly group: string; readonly users: readonly string[] }[];
  /** Changes since the beginning. */
  readonly people: readonly { readonly at: number; readonly user: string; readonly standing: string }[];
  /** When nothing could be posted in a channel. */
  readonly closures: readonly { readonly at: number; readonly channel: string; readonly isOpen: boolean }[];
  readonly refusals: readonly { readonly at: number; readonly method: string; readonly error: string }[];
  /** How often each method was called, and how often once too often. */
  readonly calls: ReadonlyMap<string, { readonly count: number; readonly limited: number }>;
  readonly views: readonly { readonly triggerId: string; readonly view: Readonly<Record<string, unknown>> }[];
}

/** What an environment of a service asks for, from the configuration and not from the log. */
export interface PlaceRule {
  /** `server/namespace/name`. */
  readonly app: string;
  readonly service: string;
  readonly environment: string;
  /** What was asked for from when on, oldest first; it only grows. */
  readonly approvals: readonly RuleSince[];
  readonly settleMs: number;
  readonly degradedGraceMs: number;
  /** How long an operation that was accepted may wait for the controller. */
  readonly startDeadlineMs: number;
}

export interface RuleSince {
  readonly at: number;
  /** Until when something kept the program from taking it over; the same as `at` when absent. */
  readonly hinderedUntil?: number;
  readonly rule: ApprovalRule | undefined;
}

export interface ApprovalRule {
  readonly users: readonly string[];
  readonly groups: readonly string[];
  readonly quorum: number;
  readonly requesterMayApprove: boolean;
}

/** Everything that is given and does not change. */
export interface Rules {
  readonly places: readonly PlaceRule[];
  /** The workspace in which the application is installed. */
  readonly team: string;
  /** Who was what in Slack at the beginning: `member` for a full member. */
  readonly people: Readonly<Record<string, string>>;
  /** Accounts besides the first one of somebody, and which that is; none when absent. */
  readonly accounts?: Readonly<Record<string, string>>;
  /** The groups whose members may change anything at all. */
  readonly mayChange: readonly string[];
  /** Commands that only some of them may ask for, and which; none when absent. */
  readonly ownCommands?: Readonly<Record<string, readonly string[]>>;
  /** The account of Quarterdeck in Argo CD. */
  readonly account: string;
  /** How long a request is on its way at most, even when whoever sent it is dead. */
  readonly carryMs: number;
  /** Secrets that must be seen nowhere. */
  readonly canaries: readonly string[];
}
