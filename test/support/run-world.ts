import { decide, type RunInput, startRun } from "../../src/domain/decide.ts";
import type { Circumstances } from "../../src/domain/draft.ts";
import { evolve, foldRun } from "../../src/domain/evolve.ts";
import { type GateSubject, subjectDigest } from "../../src/domain/gate.ts";
import { claimsOf, type LockClaim } from "../../src/domain/lock-book.ts";
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
  }

  /** Lets something happen to a run; whoever can have a lock then gets it. */
  apply(run: string, input: RunInput): readonly RunEvent[] {
    const state = this.states.get(run);
    if (state === undefined) throw new Error(`no ${run}`);
    const events = decide(state, input, this.#circumstances(run));
    this.logs.get(run)?.push(...events);
    this.#take(events.reduce(evolve, state));
    for (const claim of this.#locks.grantable()) this.#grant(claim);
    return events;
  }

  #grant({ run, path }: LockClaim): void {
    // What one grant led to may have granted this one already.
    if (this.states.get(run)?.locks.get(path)?.status !== "requested") return;
    const events = this.apply(run, { type: "locks-granted", path });
    if (events.length === 0) throw new Error(`${run} waits for the lock at ${path} in the table only`);
  }

  /** Ends the step of the run that is under way, if one is. */
  end(state: RunState, ending: Ending): void {
    const [work] = nextWork(state);
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
    this.#locks = new LockTable();
    for (const [run, events] of this.logs) this.states.set(run, foldRun(run, events));
    this.#locks.load(
      this.runs.flatMap((state) => claimsOf(state)),
      [],
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
    return { at: this.at, askForLocks: (ask) => this.#locks.reply(run, ask), lockOrder: this.#locks.nextOrder() };
  }
}

/** The newest gate that the run has opened. */
export function openGate(state: RunState): StepState | undefined {
  return [...state.steps.values()].findLast(({ gate }) => gate !== undefined);
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
  if (opened?.type !== "gate.opened" || since.some(({ type }) => type === "gate.voided")) return false;
  const people = new Set(decisions.map(({ actor }) => actor));
  return (
    decisions.every((each) => each.decision === "approve" && each.digest === digest) &&
    people.size >= opened.rule.quorum &&
    subjectDigest(opened.subject) === digest &&
    opened.subject.app === started.input["app"] &&
    opened.subject.toRevision === started.input["revision"]
  );
}
