import { APPROVED_BEFORE, type Judgement } from "./approver-policy.ts";
import type { Draft } from "./draft.ts";
import { changedFields, changesText, subjectDigest, type GateEvidence, type GateSubject } from "./gate.ts";
import { openLists } from "./gate-quorum.ts";
import type { GateState, StepState } from "./run-state.ts";
import type { ApprovalRule } from "./target.ts";
import { voidGate } from "./void-gate.ts";

/** What a gate shows was gathered. */
export interface GateOpenedInput {
  readonly type: "gate-opened";
  readonly path: string;
  readonly attempt: number;
  readonly token: number;
  readonly subject: GateSubject;
  readonly evidence: GateEvidence;
  readonly rule: ApprovalRule;
}

/** Somebody decided, or tried to. */
export interface GateDecisionInput {
  readonly type: "gate-decision";
  readonly path: string;
  readonly attempt: number;
  readonly decision: "approve" | "reject";
  readonly actor: string;
  /** The digest that was on the button. */
  readonly digest: string;
  readonly reason: string;
  readonly judgement: Judgement;
  /** What would be approved now; undefined for a rejection, which needs no comparison, and where it does not matter. */
  readonly current: GateSubject | undefined;
}

export function openGate(draft: Draft, input: GateOpenedInput): void {
  const step = draft.state.steps.get(input.path);
  const isCurrent = step?.attempt === input.attempt && step.token === input.token && step.status === "running";
  if (!isCurrent || step.gate !== undefined) return;
  draft.emit({
    type: "gate.opened",
    path: input.path,
    attempt: input.attempt,
    subject: input.subject,
    digest: subjectDigest(input.subject),
    evidence: input.evidence,
    rule: input.rule,
    expiresAt: draft.at + input.rule.expiresMs,
  });
}

export function decideGate(draft: Draft, input: GateDecisionInput): void {
  const step = draft.state.steps.get(input.path);
  if (step === undefined || step.sort !== "gate") return;
  const { path, attempt } = step;
  const refusal = refusalOf(draft, step, input);
  if (refusal !== undefined || step.gate === undefined) {
    const { code, message } = refusal ?? { code: "gate.closed", message: "There is nothing to decide." };
    draft.emit({ type: "gate.refused", actor: input.actor, path, attempt, decision: input.decision, code, message });
    return;
  }
  const changed = input.current === undefined ? [] : changedFields(step.gate.subject, input.current);
  if (input.current !== undefined && changed.length > 0) {
    const why = changesText(step.gate.subject, input.current);
    const message = `Nothing was approved, because what you saw is no longer so: ${why}. Decide on the new request.`;
    draft.emit({
      type: "gate.refused",
      actor: input.actor,
      path,
      attempt,
      decision: input.decision,
      code: "gate.changed",
      message,
    });
    voidGate(draft, path, { changed, message: `${why} while it was waiting` });
    return;
  }
  settle(draft, step.gate, input);
}

interface Refusal {
  readonly code: string;
  readonly message: string;
}

const STALE: Refusal = {
  code: "gate.stale",
  message: "This request was replaced by a newer one, because what it showed had changed. Decide on the newest one.",
};

function refusalOf(draft: Draft, step: StepState, input: GateDecisionInput): Refusal | undefined {
  const { gate } = step;
  if (step.status !== "running") return closed(step);
  // It is being asked anew, which takes as long as Argo CD and Git take.
  if (gate === undefined) return STALE;
  if (gate.expiresAt <= draft.at) {
    return { code: "gate.expired", message: "The request has expired. Start the promotion again." };
  }
  if (step.attempt !== input.attempt || gate.digest !== input.digest) return STALE;
  if (input.judgement.kind === "refused" && !isRuleChanged(gate, input)) return input.judgement;
  const counted = countedAlready(gate, input.actor);
  if (counted !== undefined) return counted;
  if (input.decision === "reject" || input.current !== undefined) return undefined;
  return {
    code: "gate.unverifiable",
    message: "It could not be checked whether what was shown is still so. Try again.",
  };
}

/** Why somebody does not count any more, however they were judged: what is asked for is one more person. */
function countedAlready({ decisions, rule }: GateState, actor: string): Refusal | undefined {
  if (decisions.some((decided) => decided.actor === actor)) {
    return {
      code: "approval.already-decided-by-you",
      message: "You have decided on this already; the next decision is someone else's.",
    };
  }
  return rule.notBy?.includes(actor) === true
    ? { code: "approval.approved-before", message: APPROVED_BEFORE }
    : undefined;
}

/** Whom an old rule keeps out is not refused by it: the request is void, and asked anew of those whom the new one names. */
function isRuleChanged(gate: GateState, { current }: GateDecisionInput): boolean {
  return current !== undefined && changedFields(gate.subject, current).includes("rule");
}

function closed({ status, failure }: StepState): Refusal {
  if (status === "succeeded") return { code: "gate.decided", message: "It was already approved." };
  if (failure?.code === "gate.rejected") return { code: "gate.decided", message: "It was already rejected." };
  if (failure?.code === "gate.expired") return { code: "gate.expired", message: failure.message };
  const why = status === "cancelled" ? "the run was cancelled" : "the run has gone on or ended without it";
  return { code: "gate.closed", message: `There is nothing left to decide here: ${why}.` };
}

function settle(draft: Draft, gate: GateState, input: GateDecisionInput): void {
  const { path, attempt, actor, decision, digest, reason, judgement } = input;
  const groups = judgement.kind === "allowed" ? [...judgement.groups] : [];
  const lists = judgement.kind === "allowed" && judgement.lists ? { lists: [...judgement.lists] } : {};
  draft.emit({ type: "gate.decided", actor, path, attempt, decision, digest, groups, reason, ...lists });
  if (decision === "reject") {
    const message = reason === "" ? "Rejected." : `Rejected: ${reason}`;
    draft.emit({ type: "step.failed", path, attempt, failure: { code: "gate.rejected", message, retry: "never" } });
    return;
  }
  const approvals = [...gate.decisions, { actor, ...lists }];
  if (openLists(gate.rule, approvals).length > 0) return;
  const approvedBy = approvals.map((approval) => approval.actor);
  draft.emit({ type: "step.succeeded", path, attempt, output: { approvedBy } });
}

/** A gate that nobody answered in time stops the run; it never lets it through. */
export function expireGate(draft: Draft, step: StepState): void {
  if (step.gate === undefined || step.gate.expiresAt > draft.at) return;
  const message = "Nobody decided in time. Nothing was changed there; start it again when it is wanted.";
  const { path, attempt } = step;
  draft.emit({ type: "step.failed", path, attempt, failure: { code: "gate.expired", message, retry: "never" } });
}
