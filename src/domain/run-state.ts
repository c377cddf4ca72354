import type { Json } from "../platform/canonical-json.ts";
import type { Artifact } from "./artifact.ts";
import type { GateEvidence, GateSubject, PlanEvidence } from "./gate.ts";
import type { Failure } from "./outcome.ts";
import type { Plan, StepSort } from "./plan.ts";
import type { Origin, RunTarget } from "./run-event.ts";
import type { SignalAsk } from "./signal-ask.ts";
import type { KeptSignal } from "./signal.ts";
import type { ApprovalRule } from "./target.ts";

/** One person's decision on a gate. */
export interface GateDecision {
  readonly actor: string;
  readonly at: number;
  readonly decision: "approve" | "reject";
  readonly groups: readonly string[];
  /** As in the fact. */
  readonly lists?: readonly number[];
  readonly reason: string;
}

/** A gate that has been opened, with what it shows. */
export interface GateState {
  readonly subject: GateSubject;
  readonly digest: string;
  readonly evidence: GateEvidence;
  readonly rule: ApprovalRule;
  readonly openedAt: number;
  readonly expiresAt: number;
  readonly decisions: readonly GateDecision[];
}

/**
 * Where a step stands. `running`: handed out, watched, or a gate that is open or being opened; `retrying`: failed, tried again
 * at `wakeAt`; `postponed`: nothing done yet, tried again at `wakeAt`; `cancelled`: ended because the run was cancelled, or
 * because something beside it failed.
 * An action that is `running` while its run is `cancelling` is being stopped.
 */
export interface StepState {
  readonly path: string;
  readonly uses: string;
  readonly sort: StepSort;
  readonly status: "running" | "retrying" | "postponed" | "succeeded" | "failed" | "skipped" | "cancelled";
  readonly attempt: number;
  /** The first attempt since the step was reached: what earlier ones did, a person has decided to do over. */
  readonly firstAttempt: number;
  /** Fencing token of the newest dispatch. */
  readonly token: number;
  readonly firstStartedAt: number;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly input: Readonly<Record<string, Json>>;
  readonly output?: Readonly<Record<string, Json>>;
  readonly failure?: Failure;
  /** What the newest attempt left. */
  readonly artifacts?: readonly Artifact[];
  /** Why it was skipped or cancelled, or what it is postponed for. */
  readonly note?: string;
  readonly approval?: { readonly gate: string; readonly digest: string };
  readonly checkpoint?: Json;
  /** What the attempt had written down that failed, and that a person has had repeated. */
  readonly earlier?: Json;
  readonly deadlineAt?: number;
  readonly attemptDeadlineAt?: number;
  readonly wakeAt?: number;
  readonly gate?: GateState;
  /** The path of the step whose leftovers it ends. */
  readonly stops?: string;
  /** The word from outside that it waits for, or has waited for. */
  readonly signal?: SignalAsk;
  /** Why the gate was opened anew, newest last. */
  readonly voided: readonly VoidedOpening[];
}

/** An opening of a gate that does not count any more. */
export interface VoidedOpening {
  readonly at: number;
  readonly changed: readonly string[];
  readonly message: string;
  /** The saved plan that it showed, to compare the next one with. */
  readonly plan?: PlanEvidence;
}

export interface ForEachState {
  readonly items: readonly { readonly key: string; readonly value: Json }[];
  readonly atATime: number;
}

/** `withdrawn`: given up before it was had. */
export interface LockState {
  readonly status: "requested" | "held" | "released" | "withdrawn";
  readonly keys: readonly string[];
  /** The place in the order of all requests for locks. */
  readonly order: number;
  readonly isUrgent: boolean;
  /** Given back as a hold: nothing is promoted there until somebody unlocks it. */
  readonly isHeldOn?: boolean;
  /** Given back before everything under it was done. */
  readonly isCutShort?: boolean;
}

/** That a run is to end, or ended, before it was through. */
export interface CancelState {
  readonly at: number;
  /** Pseudonym; of the person who asked for the run `by`, where that one took over. */
  readonly actor: string;
  readonly reason: string;
  /** The urgent run that took over. */
  readonly by?: string;
}

export interface RetryState {
  readonly at: number;
  readonly actor: string;
  /** Those for whom a machine did it. */
  readonly behalf?: readonly string[] | undefined;
  readonly from: string;
}

/**
 * `failing`: has failed, its `on-failure` steps run; `cancelling`: was cancelled, and what it has under way is being stopped;
 * `concluding`: what is done at the end in any case runs.
 * The last three have ended, but a run that failed or was cancelled can be retried.
 */
export type RunStatus = "running" | "failing" | "cancelling" | "concluding" | RunEnding;

export type RunEnding = "succeeded" | "failed" | "cancelled";

/** A run as the fold of its events. `version` is the number of events folded. */
export interface RunState {
  readonly id: string;
  readonly version: number;
  readonly status: RunStatus;
  readonly plan: Plan;
  readonly planDigest: string;
  readonly title: string;
  readonly inputs: Readonly<Record<string, Json>>;
  readonly targets: readonly RunTarget[];
  readonly origin: Origin;
  readonly requester: string;
  readonly startedAt: number;
  readonly changedAt: number;
  readonly finishedAt?: number | undefined;
  /** The first failure that ended the chain, and where. */
  readonly failure?: { readonly path: string; readonly failure: Failure } | undefined;
  /** How it was about to end when what is done at the end began. */
  readonly conclusion?: RunEnding | undefined;
  /** What it gives, when it has succeeded. */
  readonly outputs?: Readonly<Record<string, Json>> | undefined;
  /** Set from the moment at which it was cancelled, until it is retried. */
  readonly cancel?: CancelState | undefined;
  /** Oldest first. */
  readonly retries: readonly RetryState[];
  /** By step path, in the order in which they were first reached. */
  readonly steps: ReadonlyMap<string, StepState>;
  readonly forEach: ReadonlyMap<string, ForEachState>;
  readonly locks: ReadonlyMap<string, LockState>;
  /** Where branches and iterations that have others beside them have failed, in the order in which they did. */
  readonly failures?: ReadonlyMap<string, Failure> | undefined;
  /** Words from outside that no step has taken yet, by name. */
  readonly signals?: ReadonlyMap<string, KeptSignal> | undefined;
  /** Attempts ever made by path; survives a gate that is opened anew. */
  readonly attempts: ReadonlyMap<string, number>;
  /** By step path, the steps as they stood when a retry set them aside, oldest first. */
  readonly forgotten: ReadonlyMap<string, readonly StepState[]>;
}

export function isOpen(state: RunState): boolean {
  return state.finishedAt === undefined;
}

/** Whether the step has not ended yet. */
export function isUnderWay({ status }: StepState): boolean {
  return status === "running" || status === "retrying" || status === "postponed";
}

/** Whether it is an action that was told to stop, whose outcome is awaited. */
export function isBeingStopped({ status }: RunState, step: StepState): boolean {
  return status === "cancelling" && step.status === "running" && step.sort === "action" && step.stops === undefined;
}
