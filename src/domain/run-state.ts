import type { Json } from "../platform/canonical-json.ts";
import type { GateEvidence, GateSubject } from "./gate.ts";
import type { Failure } from "./outcome.ts";
import type { Plan, StepSort } from "./plan.ts";
import type { Origin, RunTarget } from "./run-event.ts";
import type { ApprovalRule } from "./target.ts";

/** One person's decision on a gate. */
export interface GateDecision {
  readonly actor: string;
  readonly at: number;
  readonly decision: "approve" | "reject";
  readonly groups: readonly string[];
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
 * at `wakeAt`; `postponed`: nothing done yet, tried again at `wakeAt`.
 */
export interface StepState {
  readonly path: string;
  readonly uses: string;
  readonly sort: StepSort;
  readonly status: "running" | "retrying" | "postponed" | "succeeded" | "failed" | "skipped";
  readonly attempt: number;
  /** Fencing token of the newest dispatch. */
  readonly token: number;
  readonly firstStartedAt: number;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly input: Readonly<Record<string, Json>>;
  readonly output?: Readonly<Record<string, Json>>;
  readonly failure?: Failure;
  /** Why it was skipped, or what it is postponed for. */
  readonly note?: string;
  readonly approval?: { readonly gate: string; readonly digest: string };
  readonly checkpoint?: Json;
  readonly deadlineAt?: number;
  readonly attemptDeadlineAt?: number;
  readonly wakeAt?: number;
  readonly gate?: GateState;
  /** Why the gate was opened anew, newest last. */
  readonly voided: readonly { readonly at: number; readonly changed: readonly string[]; readonly message: string }[];
}

export interface ForEachState {
  readonly items: readonly { readonly key: string; readonly value: Json }[];
}

export interface LockState {
  readonly status: "requested" | "held" | "released";
  readonly keys: readonly string[];
  /** The place in the order of all requests for locks. */
  readonly order: number;
}

/** A run as the fold of its events. `version` is the number of events folded. */
export interface RunState {
  readonly id: string;
  readonly version: number;
  readonly status: "running" | "failing" | "succeeded" | "failed" | "cancelled";
  readonly plan: Plan;
  readonly planDigest: string;
  readonly title: string;
  readonly inputs: Readonly<Record<string, Json>>;
  readonly targets: readonly RunTarget[];
  readonly origin: Origin;
  readonly requester: string;
  readonly startedAt: number;
  readonly changedAt: number;
  readonly finishedAt?: number;
  /** The first failure that ended the chain, and where. */
  readonly failure?: { readonly path: string; readonly failure: Failure };
  /** By step path, in the order in which they were first reached. */
  readonly steps: ReadonlyMap<string, StepState>;
  readonly forEach: ReadonlyMap<string, ForEachState>;
  readonly locks: ReadonlyMap<string, LockState>;
  /** Attempts ever made by path; survives a gate that is opened anew. */
  readonly attempts: ReadonlyMap<string, number>;
}

export function isOpen(state: RunState): boolean {
  return state.status === "running" || state.status === "failing";
}
