import type {
  Fact,
  FactFailure,
  FactRule,
  GateSubject,
  Members,
  PlanNodeOutline,
  PlanOutline,
  TargetFact,
} from "./fact.ts";
import { standingOf } from "./side-by-side.ts";

/** One decision, with the rows by which it is known. */
export interface DecisionBook {
  readonly actor: string;
  readonly decision: "approve" | "reject";
  readonly fact: Fact;
}

/** One opening of a gate. */
export interface GateBook {
  readonly subject: GateSubject;
  readonly digest: string;
  readonly expiresAt: number;
  readonly rule: FactRule | undefined;
  readonly opened: Fact;
  readonly decisions: DecisionBook[];
}

export interface StepBook {
  readonly path: string;
  readonly uses: string;
  readonly sort: string;
  readonly attempt: number;
  readonly input: Members;
  readonly stops: string | undefined;
  readonly approval: { readonly gate: string; readonly digest: string } | undefined;
  readonly deadlineAt: number | undefined;
  readonly attemptDeadlineAt: number | undefined;
  /** The row that started this attempt. */
  readonly started: Fact;
  /** The sequence of the row with which the step was reached, this time, and the attempt that it began with. */
  readonly reachedAt: number;
  readonly firstAttempt: number;
  status: "running" | "retrying" | "postponed" | "succeeded" | "failed" | "cancelled" | "skipped" | "voided";
  token: number;
  /** The newest row that handed it out. */
  dispatched: Fact;
  /** The newest thing that was written down before an effect, by whichever attempt. */
  checkpoint: Fact | undefined;
  /** When it is tried again, or handed out again. */
  againAt: number | undefined;
  /** When that was written down, on the application's clock. */
  putOffAt: number;
  /** The row since which nobody is to work on it; none while somebody is. */
  rests: Fact | undefined;
  output: Members | undefined;
  failure: FactFailure | undefined;
  message: string;
  ended: Fact | undefined;
  gate: GateBook | undefined;
  /** The gate that lets it through, as it stood when it began. */
  clearance: StepBook | undefined;
}

/** The rounds of a loop. */
export interface LoopBook {
  readonly keys: readonly string[];
  readonly atATime: number;
  readonly reachedAt: number;
}

interface LockBook {
  readonly keys: readonly string[];
  readonly order: number;
  readonly isUrgent: boolean;
  readonly reachedAt: number;
  status: "requested" | "held" | "over";
  /** The sequence of the row with which it was given back. */
  releasedAt?: number;
  /** Why a hold was left, when it was given back. */
  hold?: string | undefined;
}

type RunStatus = "running" | "failing" | "cancelling" | "concluding" | "succeeded" | "failed" | "cancelled";

/** What the rows of one run say, folded by the checker's own rules. */
export class RunBook {
  readonly id: string;
  readonly requester: string;
  readonly title: string;
  readonly channel: string;
  readonly plan: PlanOutline;
  readonly targets: ReadonlyMap<string, TargetFact>;
  readonly inputs: Members;
  readonly started: Fact;
  readonly steps = new Map<string, StepBook>();
  readonly attempts = new Map<string, number>();
  /** Every attempt that ever began, by `tryKey`. */
  readonly tries = new Map<string, StepBook>();
  readonly locks = new Map<string, LockBook>();
  /** The keys of each loop, in their order. */
  readonly loops = new Map<string, LoopBook>();
  /** What has failed beside others, by path, whether or not it was a step. */
  readonly failures = new Map<string, Fact>();
  /** The sequence of the row since which something goes on anew. */
  anewAt = 0;
  readonly retries: Fact[] = [];
  /** Rows of all gates that were ever opened, by path. */
  readonly openings = new Map<string, Fact[]>();
  /** Rows about approvals that do not count any more. */
  readonly voids: Fact[] = [];
  /** Steps that ended leftovers, by the path whose leftovers they were; survives a retry. */
  readonly stops: StepBook[] = [];
  /** How often it has failed with an alert. */
  alerts = 0;
  status: RunStatus = "running";
  failure: (FactFailure & { readonly path: string; readonly since: number }) | undefined;
  cancel: Fact | undefined;
  /** That everything had ended but for what is done at the end. */
  concluding: Fact | undefined;
  finished: Fact | undefined;

  constructor(fact: Fact) {
    this.id = fact.row.stream;
    this.requester = fact.actor;
    this.title = fact.title ?? "";
    this.channel = fact.origin?.channel ?? "";
    this.plan = fact.plan ?? { command: "", steps: [], onFailure: [] };
    this.targets = new Map((fact.targets ?? []).map((target) => [target.app, target]));
    this.inputs = fact.inputs ?? {};
    this.started = fact;
  }

  get isUrgent(): boolean {
    return this.plan.urgent === true;
  }

  get isOver(): boolean {
    return this.finished !== undefined;
  }

  /** Steps that have not ended. */
  underWay(): readonly StepBook[] {
    return Array.from(this.steps.values()).filter(({ status }) => UNDER_WAY.has(status));
  }

  apply(fact: Fact): void {
    const { path = "" } = fact;
    if (fact.type.startsWith("lock.")) return this.#applyLock(fact);
    if (fact.type.startsWith("run.")) return this.#applyRun(fact);
    if (fact.type === "step.started") return this.#start(fact);
    if (fact.type === "step.skipped") return this.#skip(fact);
    if (fact.type === "branch.failed") {
      this.failures.set(path, fact);
      return undefined;
    }
    if (fact.type === "for-each.entered") {
      const keys = (fact.items ?? []).map(({ key }) => key);
      this.loops.set(path, { keys, atATime: fact.atATime ?? 1, reachedAt: fact.row.sequence });
      return undefined;
    }
    const step = this.steps.get(path);
    return step === undefined ? undefined : this.#applyStep(step, fact);
  }

  #start(fact: Fact): void {
    const { path = "", attempt = 0 } = fact;
    const before = this.steps.get(path);
    const clearance = fact.approval && this.steps.get(fact.approval.gate);
    const step = newStep(fact, { before, clearance });
    this.steps.set(path, step);
    this.tries.set(tryKey(path, attempt), step);
    this.attempts.set(path, attempt);
    if (step.stops !== undefined) this.stops.push(step);
    if (step.uses === "slack/alert") this.alerts += before === undefined ? 1 : 0;
  }

  #skip(fact: Fact): void {
    const { path = "" } = fact;
    this.#start({ ...fact, attempt: this.attempts.get(path) ?? 0 });
    const step = this.steps.get(path);
    if (step !== undefined) step.status = "skipped";
    if (fact.uses === "slack/alert") this.alerts -= 1;
  }

  #applyStep(step: StepBook, fact: Fact): void {
    if (RESTING.has(fact.type)) step.rests = fact;
    switch (fact.type) {
      case "step.dispatched":
        step.status = "running";
        step.token = fact.token ?? 0;
        step.dispatched = fact;
        step.rests = undefined;
        return;
      case "step.checkpointed":
        step.checkpoint = fact;
        return;
      case "step.postponed":
        step.status = "postponed";
        step.againAt = fact.until;
        step.putOffAt = fact.at;
        step.message = fact.message ?? "";
        return;
      case "step.succeeded":
        step.status = "succeeded";
        step.output = fact.output ?? {};
        step.ended = fact;
        return;
      case "step.failed":
        step.status = fact.retryAt === undefined ? "failed" : "retrying";
        step.failure = fact.failure;
        step.againAt = fact.retryAt;
        step.putOffAt = fact.at;
        step.ended = fact.retryAt === undefined ? fact : undefined;
        return;
      case "step.cancelled":
        step.status = "cancelled";
        step.message = fact.message ?? "";
        step.ended = fact;
        return;
      default:
        this.#applyGate(step, fact);
    }
  }

  #applyGate(step: StepBook, fact: Fact): void {
    const { type, subject, digest = "", expiresAt = 0, decision, actor } = fact;
    if (type === "gate.opened" && subject !== undefined) {
      step.gate = { subject, digest, expiresAt, rule: fact.rule, opened: fact, decisions: [] };
      this.openings.set(step.path, [...(this.openings.get(step.path) ?? []), fact]);
    }
    if (type === "gate.decided" && decision !== undefined) step.gate?.decisions.push({ actor, decision, fact });
    if (type === "gate.voided") this.#void(step, fact);
  }

  /** What was reached after the gate is reached anew. */
  #void(gate: StepBook, fact: Fact): void {
    gate.status = "voided";
    this.voids.push(fact);
    const { plan } = this;
    const loops = new Map(this.loops);
    // What goes on beside it was not built on it.
    const isGone = (path: string, { reachedAt }: { readonly reachedAt: number }): boolean =>
      reachedAt > gate.reachedAt && standingOf({ plan, loops }, gate.path, path) !== "beside";
    for (const [path, step] of this.steps) if (isGone(path, step)) this.steps.delete(path);
    for (const [path, lock] of this.locks) if (isGone(path, lock)) this.locks.delete(path);
    for (const [path, loop] of loops) if (isGone(path, loop)) this.loops.delete(path);
    for (const [path, failed] of this.failures) {
      if (isGone(path, { reachedAt: failed.row.sequence })) this.failures.delete(path);
    }
    this.anewAt = fact.row.sequence;
  }

  #applyLock(fact: Fact): void {
    const { path = "", keys = [], order = 0, urgent = false, row } = fact;
    if (fact.type === "lock.requested") {
      this.locks.set(path, { keys, order, isUrgent: urgent, reachedAt: row.sequence, status: "requested" });
      return;
    }
    const lock = this.locks.get(path);
    if (lock === undefined) return;
    lock.status = fact.type === "lock.acquired" ? "held" : "over";
    if (lock.status === "over") lock.releasedAt = row.sequence;
    lock.hold = fact.hold;
  }

  #applyRun(fact: Fact): void {
    switch (fact.type) {
      case "run.failed":
        // What is done at the end goes to no other end.
        if (this.status !== "concluding") this.status = "failing";
        this.failure = { code: "", message: "", ...fact.failure, path: fact.path ?? "", since: fact.row.sequence };
        return;
      case "run.cancel-requested":
        this.status = "cancelling";
        this.cancel = fact;
        return;
      case "run.concluding":
        this.status = "concluding";
        this.concluding = fact;
        return;
      case "run.finished":
        this.status = STATUSES[fact.status ?? ""] ?? "failed";
        this.finished = fact;
        return;
      case "run.retried":
        this.#retry(fact);
        return;
      default:
    }
  }

  #retry(fact: Fact): void {
    this.status = "running";
    this.failure = undefined;
    this.cancel = undefined;
    this.concluding = undefined;
    this.finished = undefined;
    this.retries.push(fact);
    this.failures.clear();
    this.anewAt = fact.row.sequence;
    for (const path of fact.forgotten ?? []) {
      this.steps.delete(path);
      this.locks.delete(path);
      this.loops.delete(path);
    }
  }
}

function newStep(
  fact: Fact,
  from: { readonly before: StepBook | undefined; readonly clearance: StepBook | undefined },
): StepBook {
  const { path = "", attempt = 0, uses = "", sort = "", input = {}, token = 0 } = fact;
  const { stops, approval, deadlineAt, attemptDeadlineAt } = fact;
  const { before, clearance } = from;
  return {
    path,
    attempt,
    uses,
    sort,
    input,
    stops,
    approval,
    deadlineAt,
    attemptDeadlineAt,
    token,
    clearance,
    started: fact,
    reachedAt: before?.reachedAt ?? fact.row.sequence,
    firstAttempt: before?.firstAttempt ?? attempt,
    status: "running",
    dispatched: fact,
    // An effect of an earlier attempt may turn up late, and is known by what was written down for it.
    checkpoint: before?.checkpoint,
    againAt: undefined,
    putOffAt: 0,
    rests: undefined,
    output: undefined,
    failure: undefined,
    message: "",
    ended: undefined,
    gate: undefined,
  };
}

const RESTING: ReadonlySet<string> = new Set(["step.postponed", "step.succeeded", "step.failed", "step.cancelled"]);
const UNDER_WAY: ReadonlySet<StepBook["status"]> = new Set(["running", "retrying", "postponed"]);

const STATUSES: Readonly<Record<string, RunStatus>> = {
  succeeded: "succeeded",
  failed: "failed",
  cancelled: "cancelled",
};

/** The node of a plan that has this key, wherever it stands. */
export function findNode(plan: PlanOutline, key: string): PlanNodeOutline | undefined {
  return nodeIn(plan.steps, key) ?? nodeIn(plan.onFailure, key) ?? nodeIn(plan.finally ?? [], key);
}

function nodeIn(nodes: readonly PlanNodeOutline[], key: string): PlanNodeOutline | undefined {
  for (const node of nodes) {
    if (node.key === key) return node;
    const inner = nodeIn(node.steps ?? node.branches ?? [], key);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

export function tryKey(path: string, attempt: number): string {
  return `${path}#${attempt}`;
}

export function lastOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The kinds that change what runs in an environment. */
export const CHANGES: ReadonlySet<string> = new Set(["argocd/sync", "argocd/rollback"]);
