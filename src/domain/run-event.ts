import { z } from "zod";

import { Artifact } from "./artifact.ts";
import { GateEvidence, GateSubject } from "./gate.ts";
import { Failure, JsonValue } from "./outcome.ts";
import { Plan, StepSort } from "./plan.ts";
import { SignalAsk } from "./signal-ask.ts";
import { ApprovalRule, TargetRevision } from "./target.ts";

/** Where a run was asked for, and where it is shown. */
export const Origin = z.strictObject({
  door: z.enum(["slash", "button", "modal", "cli", "system", "trigger", "schedule", "api"]),
  intent: z.string().optional(),
  team: z.string(),
  channel: z.string(),
  /** What was typed, as it is quoted back. */
  text: z.string(),
  /** What it was that a machine was told, in one line, and where people see more of it. */
  cause: z.strictObject({ says: z.string(), link: z.string().optional() }).optional(),
  /** Pseudonyms of the people for whom a machine asks: they count as those who asked. */
  behalf: z.array(z.string()).optional(),
});
export type Origin = z.infer<typeof Origin>;

/** An environment that a run may change, with everything that must not move under it. */
export const RunTarget = z.strictObject({
  service: z.string(),
  environment: z.string(),
  app: z.string(),
  revision: TargetRevision.optional(),
  approval: ApprovalRule.optional(),
});
export type RunTarget = z.infer<typeof RunTarget>;

const step = { path: z.string(), attempt: z.int().min(1) };

/** `at` is milliseconds since the epoch; `actor` is a pseudonym; both stand in the header of the stored event. */
const fact = <Type extends string, Shape extends z.core.$ZodLooseShape>(type: Type, shape: Shape) =>
  z.strictObject({ type: z.literal(type), at: z.number(), actor: z.string().optional(), ...shape });

/** Every fact about a run. A past fact is never changed; a new shape gets a new type. */
export const RunEvent = z.discriminatedUnion("type", [
  fact("run.started", {
    plan: Plan,
    planDigest: z.string(),
    inputs: z.record(z.string(), JsonValue),
    targets: z.array(RunTarget),
    origin: Origin,
    title: z.string(),
  }),
  fact("step.started", {
    ...step,
    uses: z.string(),
    sort: StepSort,
    token: z.int(),
    input: z.record(z.string(), JsonValue),
    /** The approval that lets a protecting step through: the gate's path and digest. */
    approval: z.strictObject({ gate: z.string(), digest: z.string() }).optional(),
    deadlineAt: z.number().optional(),
    attemptDeadlineAt: z.number().optional(),
    /** The path of the step whose leftovers it ends, because the run is being cancelled. */
    stops: z.string().optional(),
    /** The word from outside that it waits for. */
    signal: SignalAsk.optional(),
  }),
  /**
   * The same attempt handed out again, after a start of the server or because it was postponed: outcomes that carry an older
   * token no longer count. After a postponement the attempt has all of its time.
   */
  fact("step.dispatched", { ...step, token: z.int(), attemptDeadlineAt: z.number().optional() }),
  /** What an action wrote down before or after its effect, to find it again. */
  fact("step.checkpointed", { ...step, data: JsonValue }),
  fact("step.postponed", { ...step, code: z.string(), message: z.string(), until: z.number() }),
  fact("step.succeeded", {
    ...step,
    output: z.record(z.string(), JsonValue),
    artifacts: z.array(Artifact).optional(),
  }),
  /** Final unless `retryAt` is set. */
  fact("step.failed", {
    ...step,
    failure: Failure,
    retryAt: z.number().optional(),
    artifacts: z.array(Artifact).optional(),
  }),
  /** A branch or an iteration that has others beside it failed at `path`, and stays so while they come to rest. */
  fact("branch.failed", { path: z.string(), failure: Failure }),
  /**
   * It ended because the run was cancelled, or because something beside it failed. What an execution of it still does changes
   * nothing here.
   */
  fact("step.cancelled", { ...step, message: z.string() }),
  fact("step.skipped", { path: z.string(), uses: z.string(), reason: z.string() }),
  fact("for-each.entered", {
    path: z.string(),
    items: z.array(z.strictObject({ key: z.string(), value: JsonValue })),
    /** How many of them may be under way at once; one where absent. */
    atATime: z.int().min(1).optional(),
  }),
  /** `order` is the place in the order of all requests for locks, whatever their keys; urgent ones go before all others. */
  fact("lock.requested", {
    path: z.string(),
    keys: z.array(z.string()),
    order: z.int(),
    urgent: z.boolean().optional(),
  }),
  fact("lock.acquired", { path: z.string(), keys: z.array(z.string()) }),
  /**
   * `hold` says why a hold is left on the keys. `cutShort` when not everything under it was done, because something beside it
   * failed.
   */
  fact("lock.released", {
    path: z.string(),
    keys: z.array(z.string()),
    hold: z.string().optional(),
    cutShort: z.boolean().optional(),
  }),
  fact("gate.opened", {
    ...step,
    subject: GateSubject,
    digest: z.string(),
    evidence: GateEvidence,
    rule: ApprovalRule,
    expiresAt: z.number(),
  }),
  /** `groups` are the groups through which the person was entitled at that moment. */
  fact("gate.decided", {
    ...step,
    decision: z.enum(["approve", "reject"]),
    digest: z.string(),
    groups: z.array(z.string()),
    /** The lists of the rule in which the person stands: 0 is `from`, 1 the first of `also`. Only `from` where absent. */
    lists: z.array(z.int()).optional(),
    reason: z.string(),
  }),
  /** Somebody tried to decide and was not let. */
  fact("gate.refused", { ...step, decision: z.enum(["approve", "reject"]), code: z.string(), message: z.string() }),
  /**
   * What had been approved, or was shown for approval, is no longer what would happen. Everything after the gate is reached
   * anew; from the step at the path `anew` on, which stands before it, where that is given.
   */
  fact("gate.voided", { ...step, changed: z.array(z.string()), message: z.string(), anew: z.string().optional() }),
  /** Somebody asked to end it, or the urgent run `by` did, which takes over the locks. */
  fact("run.cancel-requested", { reason: z.string(), by: z.string().optional() }),
  /** Somebody asked for something that a run in this state cannot do. */
  fact("run.refused", { verb: z.enum(["cancel", "retry", "signal"]), code: z.string(), message: z.string() }),
  /** A word from outside came, for the first step of the run that waits for it, or will. `actor` sent it. */
  fact("signal.received", { name: z.string(), payload: z.record(z.string(), JsonValue) }),
  /**
   * A run that had ended goes on at `from`; what stands at the paths in `forgotten` is reached anew. `behalf` are pseudonyms of the people
   * for whom a machine asked for that: they count as those who did.
   */
  fact("run.retried", {
    from: z.string(),
    forgotten: z.array(z.string()),
    behalf: z.array(z.string()).optional(),
  }),
  /** In a run that is concluding: what concludes it failed, and nothing had before. */
  fact("run.failed", { path: z.string(), failure: Failure }),
  /** Everything has ended but for what is done at the end in any case; `status` is how it ends if that goes well. */
  fact("run.concluding", { status: z.enum(["succeeded", "failed", "cancelled"]) }),
  fact("run.finished", {
    status: z.enum(["succeeded", "failed", "cancelled"]),
    outputs: z.record(z.string(), JsonValue).optional(),
  }),
]);
export type RunEvent = z.infer<typeof RunEvent>;

export type RunEventOf<Type extends RunEvent["type"]> = Extract<RunEvent, { type: Type }>;
