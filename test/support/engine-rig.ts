import { z } from "zod";

import type { RunView } from "../../src/domain/run-view.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { InProcessDispatcher } from "../../src/dispatch/in-process-dispatcher.ts";
import { Alarm } from "../../src/engine/alarm.ts";
import { projectRun } from "../../src/engine/projection.ts";
import { RunService } from "../../src/engine/run-service.ts";
import { RunWork } from "../../src/engine/run-work.ts";
import { defineGate, type Repeat, type StepKind } from "../../src/engine/step-kind.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { atEndOfTurn } from "../../src/platform/turn.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { FakeClock, settle } from "./fake-clock.ts";
import { EVIDENCE, RULE, SHA } from "./run-spec.ts";

/** One call of a step kind that waits for the test to end it. */
export interface Call {
  readonly uses: string;
  readonly path: string;
  readonly attempt: number;
  readonly signal: AbortSignal;
  end(outcome: Outcome): void;
}

/** The real engine on a real log, with step kinds that the test ends by hand. */
export class EngineRig {
  readonly clock: FakeClock;
  readonly calls: Call[] = [];
  /** Whether what is executed takes no notice of being told to stop. */
  isDeaf = false;
  readonly shown = new Map<string, RunView>();
  readonly store: Store;
  readonly runs: RunService;
  readonly work: RunWork;
  readonly alarm: Alarm;
  /** How safe its actions are to repeat. */
  readonly #repeat: Repeat;

  private constructor(store: Store, clock: FakeClock, repeat: Repeat) {
    this.store = store;
    this.clock = clock;
    this.#repeat = repeat;
    const kinds = new Map(
      [
        this.#kind("argocd/sync", "action"),
        this.#kind("slack/alert", "action"),
        this.#kind("argocd/terminate", "action"),
        this.#kind("argocd/wait", "wait"),
        gate(),
      ].map((kind) => [kind.kind, kind]),
    );
    this.work = new RunWork({
      store: store.events,
      people: store.people,
      kinds,
      logger: silentLogger,
      createDispatcher: (reports) =>
        new InProcessDispatcher({ kinds, reports, clock, atEndOfTurn, concurrency: 10, shutdownGraceMs: 0 }),
      apply: (run, input) => this.runs.apply(run, input),
      onChanged: (run, view) => void this.shown.set(run, view()),
    });
    this.runs = new RunService({
      store: store.events,
      clock,
      random: systemRandom,
      logger: silentLogger,
      work: this.work,
      onWakeAt: (at) => this.alarm.expect(at),
    });
    this.alarm = new Alarm({ store: store.events, clock, logger: silentLogger, wakeDue: () => this.runs.wakeDue() });
  }

  static async open(dataFolder = ":memory:", repeat: Repeat = "keyed"): Promise<EngineRig> {
    const clock = new FakeClock();
    const store = await openStore({
      dataFolder,
      address: "test",
      clock,
      random: systemRandom,
      atEndOfTurn,
      projector: projectRun,
    });
    return new EngineRig(store, clock, repeat);
  }

  /** What a new process does. */
  async resume(): Promise<void> {
    this.alarm.arm();
    await this.runs.resume();
    await settle();
  }

  /** The newest call of a step, by the end of its path. */
  async call(path: string): Promise<Call> {
    await settle();
    const call = this.calls.findLast((candidate) => candidate.path.endsWith(path));
    if (call === undefined) throw new Error(`no call of ${path}: ${this.calls.map((each) => each.path).join(", ")}`);
    return call;
  }

  async succeed(path: string, output: Record<string, string> = {}): Promise<void> {
    (await this.call(path)).end({ status: "succeeded", output: { operation: "op-1", ...output } });
    await settle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.alarm[Symbol.dispose]();
    await this.work[Symbol.asyncDispose]();
    await this.store[Symbol.asyncDispose]();
  }

  #kind(kind: string, sort: "action" | "wait"): StepKind {
    const run = (
      _input: unknown,
      context: { effect: { path: string; attempt: number }; signal: AbortSignal },
    ): Promise<Outcome> =>
      new Promise((resolve) => {
        const { path, attempt } = context.effect;
        context.signal.addEventListener("abort", () => {
          if (!this.isDeaf) resolve({ status: "failed", failure: { code: "cancelled", message: "", retry: "never" } });
        });
        this.calls.push({ uses: kind, path, attempt, signal: context.signal, end: resolve });
      });
    const described = { kind, summary: "", inputSchema: z.unknown(), outputSchema: z.unknown(), run };
    return sort === "wait"
      ? { ...described, sort, protects: false }
      : { ...described, sort, protects: kind === "argocd/sync", repeat: this.#repeat };
  }
}

function gate(): StepKind {
  const subjectOf = (path: string) => ({
    planDigest: "",
    path,
    requester: "p_ana",
    service: "checkout",
    environment: "prod",
    app: "main/argocd/checkout-prod",
    serverUrl: "https://argocd.test",
    applicationUid: "uid-1",
    fromRevision: "",
    toRevision: SHA,
    repository: "",
    sourceDigest: "",
    imageDigests: [],
    planFileDigest: "",
    checks: [],
    rule: RULE,
  });
  return defineGate({
    kind: "approval",
    summary: "",
    input: z.looseObject({}),
    output: z.looseObject({}),
    subject: (_input, context) => Promise.resolve(subjectOf(context.effect.path)),
    open: (_input, context) =>
      Promise.resolve({ subject: subjectOf(context.effect.path), evidence: EVIDENCE, rule: RULE }),
  });
}
