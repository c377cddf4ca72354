import type { GateEvidence } from "../domain/gate.ts";
import type { HandLock } from "../domain/hand-lock.ts";
import type { QueueView } from "../domain/run-view.ts";
import type { ApprovalRule, Approver } from "../domain/target.ts";
import type { Machine } from "../domain/machine.ts";
import type { Cause } from "./machine-door.ts";
import type { PlaceStatus } from "./answer.ts";
import type { RunRow } from "./ports.ts";

/** A commit as answers name it. */
export interface NamedRevision {
  readonly sha: string;
  readonly short: string;
  readonly subject: string;
}

/** How what is live in an environment relates to a revision that was asked about. */
export type Bearing = "live" | "contained" | "missing" | "unknown";

/** One environment with what is live there, who brought it there, and whether a revision is in it. */
export interface LivePlace extends PlaceStatus {
  /** The run that proved what is live, with those who asked and approved (pseudonyms). */
  readonly provenBy?: { readonly run: string; readonly requester: string; readonly approvedBy: readonly string[] };
  readonly bearing?: Bearing;
}

export interface WhereAnswer {
  readonly kind: "where";
  readonly service: string;
  readonly revision?: NamedRevision;
  readonly places: readonly LivePlace[];
}

/** Everybody, one person or one group; a role's entry. */
export type Grantee =
  | Approver
  | { readonly kind: "everyone" }
  /** `trigger:NAME` and the like: what asks without being a person. */
  | { readonly kind: "machine"; readonly machine: string };

export interface WhoPlace {
  /** Absent for what is for no environment. */
  readonly environment?: string;
  /** Verbs with the same people stand together; nobody may where `from` is empty. */
  readonly start: readonly { readonly verbs: readonly string[]; readonly from: readonly Grantee[] }[];
  readonly approval?: ApprovalRule;
  /** The verbs that the person who asked may start here, and whether they are among the approvers; undefined when it could not be found out. */
  readonly own: { readonly verbs: readonly string[]; readonly isApprover: boolean } | undefined;
}

export interface WhoAnswer {
  readonly kind: "who";
  /** Absent for what is for no service. */
  readonly service?: string;
  readonly places: readonly WhoPlace[];
  /** How many people are in each group, as far as Slack says. */
  readonly counts: Readonly<Record<string, number>>;
}

/** What those asked for who are no people, and what came of it. */
export interface MachinesAnswer {
  readonly kind: "machines";
  /** Whether some were asked about by name: then it is told whole. */
  readonly isWhole: boolean;
  readonly machines: readonly MachinePast[];
}

export interface MachinePast {
  readonly machine: Machine;
  /** Newest first. */
  readonly told: readonly PastTold[];
  /** What was posted to it and not taken; absent where there was none. */
  readonly refused?: RefusedDeliveries | undefined;
}

/** Deliveries to a trigger that were not believed, or could not be read; nothing of them is on record. */
export interface RefusedDeliveries {
  readonly count: number;
  readonly lastAt: number;
  /** Why the last one was. */
  readonly why: string;
  /** When the server began to count. */
  readonly since: number;
}

/** Something that arrived, such as one delivery. */
export interface PastTold {
  readonly at: number;
  /** Absent for what a program asks for by itself. */
  readonly cause?: Cause | undefined;
  readonly asked: readonly PastAsk[];
  /** Why nothing else was asked for; may be empty. */
  readonly reason: string;
}

export interface PastAsk {
  readonly command: string;
  /** What came of it; undefined while it is being dealt with. */
  readonly message: string | undefined;
  /** The run that was started, joined or acted on. */
  readonly run?: string | undefined;
}

/** What was asked for is held up by people. */
export interface LockedAnswer {
  readonly kind: "locked";
  readonly locks: readonly HandLock[];
}

export interface QueueAnswer {
  readonly kind: "queue";
  readonly about: string;
  readonly holding: readonly { readonly keys: readonly string[]; readonly run: RunRow }[];
  readonly waiting: readonly { readonly queue: QueueView; readonly run: RunRow }[];
  readonly locks: readonly HandLock[];
}

export interface DiffAnswer {
  readonly kind: "diff";
  readonly service: string;
  readonly environment: string;
  readonly app: string;
  /** Empty when nothing is known to be live. */
  readonly fromRevision: string;
  readonly revision: NamedRevision;
  readonly evidence: GateEvidence;
}

/** A step as it would be: `later` where it depends on what steps before it give. */
export interface PlannedStep {
  readonly name: string;
  readonly uses: string;
  readonly when: "runs" | "skipped" | "later";
}

/** What a run would do in one environment. */
/** Steps that belong together: side by side where `isBeside`, those of the command that the step `name` uses otherwise. */
export interface PlannedBlock {
  readonly isBeside: boolean;
  readonly name?: string;
  readonly steps: readonly PlannedEntry[];
}

export type PlannedEntry = PlannedStep | PlannedBlock;

export interface PlannedStage {
  readonly environment: string;
  readonly app: string;
  /** Empty when nothing is known to be live. */
  readonly fromRevision: string;
  readonly steps: readonly PlannedEntry[];
  /** Who would be asked first. */
  readonly approval?: ApprovalRule;
  /** Locks that are taken, and what holds them now, in words. */
  readonly locks: readonly { readonly key: string; readonly held?: string }[];
  /** What may be in the way, in words. */
  readonly warnings: readonly string[];
}

/** What a command would do; nothing was done. */
export interface PlanAnswer {
  readonly kind: "plan";
  readonly title: string;
  /** Absent for a command that is about none. */
  readonly revision?: NamedRevision & { readonly author: string; readonly authoredAt: number };
  readonly stages: readonly PlannedStage[];
  /** Steps that work in no environment. */
  readonly besides?: readonly PlannedEntry[];
  /** What those of them ask and take: who would approve, and the locks. */
  readonly beside?: Pick<PlannedStage, "approval" | "locks">;
  /** Steps at the end of the run, whatever comes of it. */
  readonly finally?: readonly PlannedEntry[];
  /** How many environments are worked on at once, where it is more than one. */
  readonly atATime?: number;
  /** Why it would be refused if it were asked for now. */
  readonly obstacles: readonly string[];
}

/** Typed bare: whoever can show a form does, everybody else says `text`. */
export interface FormAnswer {
  readonly kind: "form";
  readonly command: string;
  readonly text: string;
}
