import { decide, type RunInput, startRun } from "../../src/domain/decide.ts";
import type { Circumstances } from "../../src/domain/draft.ts";
import { evolve, foldRun } from "../../src/domain/evolve.ts";
import { type GateSubject, subjectDigest } from "../../src/domain/gate.ts";
import type { HandLock } from "../../src/domain/hand-lock.ts";
import { claimsOf, handLockOn, type LockClaim } from "../../src/domain/lock-book.ts";
import { nextWork } from "../../src/domain/next-work.ts";
import type { Plan } from "../../src/domain/plan.ts";
import { nextWakeAt } from "../../src/domain/wake.ts";
import type { RunEvent } from "../../src/domain/run-event.ts";
import { isOpen, type RunState, type StepState } from "../../src/domain/run-state.ts";
import { LockTable } from "../../src/engine/lock-table.ts";
import { type Environment, EVIDENCE, RULE, START, startedEvent } from "./run-spec.ts";

/** Something that a step ends with. */
export type Ending = "succeed" | "fail" | "fail-for-now" | "postpone" | "void";

/** Runs that share one table of locks and one clock, driven as the run service drives them, with everything they ever recorded. */
export class RunWorld {
  at = START;
  readonly logs = new Map<string, RunEvent[]>();
  readonly states = new Map<string, RunState>();
  /** Locks that somebody got although a hand lock was on them. */
  readonly gotDespiteHandLock: string[] = [];
  #locks = new LockTable();

  get runs(): readonly RunState[] {
    return [...this.states.values()];
  }

  start(environments: readonly Environment[], plan: Plan): void {
    const run = `run_${this.states.size}`;
    const { type: _type, at: _at, ...started } = startedEvent(environments, plan);
    const { events, state } = startRun(run, started, this.#circumstances(run));
    this.logs.set(run, [...events]);
    this.#take(state);
    this.#check(state, events);
    this.#leaveHolds(run, events);
    this.#followUp();
  }

  /** Lets something happen to a run; whoever can have a lock then gets it. */
  apply(run: string, input: RunInput): readonly RunEvent[] {
    const state = this.states.get(run);
    if (state === undefined) throw new Error(`no ${run}`);
    const events = decide(state, input, this.#circumstances(run));
    if (events.length === 0) return events;
    this.logs.get(run)?.push(...events);
    this.#take(events.reduce(evolve, state));
    this.#check(state, events);
    this.#leaveHolds(run, events);
    this.#followUp();
    return events;
  }

  get handLocks(): readonly HandLock[] {
    return this.#locks.handLocks;
  }

  /** Somebody locks a key by hand, or lifts the lock on it. */
  toggle(key: string): void {
    if (this.#locks.handLock(key) === undefined) {
      this.#locks.putHandLock({ key, owner: "p_olga", reason: "by hand", since: this.at });
    } else this.#locks.dropHandLock(key);
    this.#followUp();
  }

  #check({ id, plan }: RunState, events: readonly RunEvent[]): void {
    for (const event of events) {
      if (event.type !== "lock.acquired") continue;
      const lock = handLockOn(this.handLocks, { keys: event.keys, isUrgent: plan.urgent === true });
      if (lock !== undefined) this.gotDespiteHandLock.push(`${id} got ${lock.key}`);
    }
  }

  #leaveHolds(run: string, events: readonly RunEvent[]): void {
    for (const event of events) {
      if (event.type !== "lock.released" || event.hold === undefined) continue;
      for (const key of event.keys) {
        this.#locks.putHandLock({ key, owner: "p_ana", reason: event.hold, since: this.at, run });
      }
    }
  }

  #followUp(): void {
    for (const { run, to } of this.#locks.givingWay()) {
      this.apply(run, { type: "cancel", actor: "p_ana", reason: "", by: to });
    }
    for (const claim of this.#locks.grantable()) this.#grant(claim);
  }

  #grant({ run, path }: LockClaim): void {
    // What one grant led to may have granted this one already.
    if (!this.#locks.grantable().some((claim) => claim.run === run && claim.path === path)) return;
    const events = this.apply(run, { type: "locks-granted", path });
    if (events.length === 0) throw new Error(`${run} waits for the lock at ${path} in the table only`);
  }

  /** Ends one of the steps of the run that are under way, if any is. */
  end(state: RunState, ending: Ending, which = 0): void {
    const all = nextWork(state);
    const work = all[which % Math.max(1, all.length)];
    if (work === undefined) return;
    const { path, attempt } = work.effect;
    const ref = { path, attempt, token: work.token };
    if (work.type === "open-gate" && ending === "succeed") {
      const subject = subjectOf(state, path);
      this.apply(state.id, { ...ref, type: "gate-opened", subject, evidence: EVIDENCE, rule: subject.rule });
      return;
    }
    const failed = { code: ending === "void" ? "approval.void" : "x", message: ending };
    const retry = ending === "fail-for-now" ? "backoff" : "never";
    this.apply(state.id, {
      ...ref,
      type: "outcome",
      outcome:
        ending === "succeed"
          ? { status: "succeeded", output: { operation: { run: state.id } } }
          : ending === "postpone"
            ? { status: "postponed", code: "busy", message: "busy", afterMs: 10_000 }
            : { status: "failed", failure: { ...failed, retry, details: { changed: ["fromRevision"] } } },
    });
  }

  /** Somebody clicks on the newest gate of the run; `more` is put over an honest click. */
  click(state: RunState, actor: string, more: Partial<Extract<RunInput, { type: "gate-decision" }>> = {}): void {
    const step = openGate(state);
    if (step === undefined) return;
    this.apply(state.id, {
      type: "gate-decision",
      path: step.path,
      attempt: step.attempt,
      decision: "approve",
      actor,
      digest: step.gate?.digest ?? "",
      reason: "",
      judgement: { kind: "allowed", groups: [] },
      current: step.gate?.subject,
      ...more,
    });
  }

  /** The clock goes on by so much, or to the next moment at which something is due. */
  wait(durationMs?: number): void {
    const next = Math.min(...this.runs.map((state) => nextWakeAt(state) ?? Infinity));
    if (durationMs !== undefined) this.at += durationMs;
    else if (Number.isFinite(next)) this.at = Math.max(this.at, next);
    for (const { id } of this.runs) this.apply(id, { type: "wake" });
  }

  /** The server dies and starts: what it knows of locks comes from the runs, and what was handed out is handed out again. */
  restart(): void {
    const { handLocks } = this.#locks;
    this.#locks = new LockTable();
    for (const [run, events] of this.logs) this.states.set(run, foldRun(run, events));
    this.#locks.load(
      this.runs.flatMap((state) => claimsOf(state)),
      handLocks,
    );
    for (const { id } of this.runs) this.apply(id, { type: "resume" });
  }

  /** Who holds which key. */
  get held(): readonly { readonly run: string; readonly key: string }[] {
    return this.runs.flatMap((state) =>
      claimsOf(state)
        .filter(({ status }) => status === "held")
        .flatMap(({ keys, run }) => [...new Set(keys)].map((key) => ({ run, key }))),
    );
  }

  get isOver(): boolean {
    return this.runs.every((state) => !isOpen(state));
  }

  #take(state: RunState): void {
    this.states.set(state.id, state);
    this.#locks.update(state);
  }

  #circumstances(run: string): Circumstances {
    return {
      at: this.at,
      askForLocks: (ask) => this.#locks.reply(run, ask),
      nextLockOrder: () => this.#locks.nextOrder(),
    };
  }
}

/** The newest gate that the run has opened, and that waits if any does. */
export function openGate(state: RunState): StepState | undefined {
  const gates = [...state.steps.values()].filter(({ gate }) => gate !== undefined);
  return gates.findLast(({ status }) => status === "running") ?? gates.at(-1);
}

function subjectOf(state: RunState, path: string): GateSubject {
  const { app, revision = null } = state.steps.get(path)?.input ?? {};
  const target = state.targets.find((candidate) => candidate.app === app);
  return {
    planDigest: state.planDigest,
    path,
    requester: state.requester,
    service: "checkout",
    environment: target?.environment ?? "",
    app: target?.app ?? "",
    serverUrl: "https://argocd.test",
    applicationUid: "uid-1",
    fromRevision: "0".repeat(40),
    toRevision: typeof revision === "string" ? revision : "",
    repository: "https://git.test/deploy",
    sourceDigest: "s1",
    imageDigests: [],
    planFileDigest: "",
    checks: [],
    rule: target?.approval ?? RULE,
  };
}

/** Whether `events`, of one run and up to the start of a protecting step, hold a valid approval of what it does. */
export function isApproved(events: readonly RunEvent[], started: Extract<RunEvent, { type: "step.started" }>): boolean {
  const { gate, digest } = started.approval ?? { gate: "", digest: "" };
  const opened = events.findLast((event) => event.type === "gate.opened" && event.path === gate);
  const since = opened === undefined ? [] : events.slice(events.indexOf(opened));
  const decisions = since.flatMap((event) => (event.type === "gate.decided" && event.path === gate ? [event] : []));
  const isUndone = since.some(
    (event) => event.type === "gate.voided" || (event.type === "run.retried" && event.forgotten.includes(gate)),
  );
  if (opened?.type !== "gate.opened" || isUndone) return false;
  const people = new Set(decisions.map(({ actor }) => actor));
  return (
    decisions.every((each) => each.decision === "approve" && each.digest === digest) &&
    people.size >= opened.rule.quorum &&
    subjectDigest(opened.subject) === digest &&
    opened.subject.app === started.input["app"] &&
    opened.subject.toRevision === started.input["revision"]
  );
}
