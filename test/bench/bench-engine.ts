import { InProcessDispatcher } from "../../src/dispatch/in-process-dispatcher.ts";
import type { Plan, StepNode } from "../../src/domain/plan.ts";
import type { RunView } from "../../src/domain/run-view.ts";
import { Alarm } from "../../src/engine/alarm.ts";
import type { Dispatcher, JobReports } from "../../src/engine/ports.ts";
import { projectRun } from "../../src/engine/projection.ts";
import { RunService, type StartRequest } from "../../src/engine/run-service.ts";
import { RunWork } from "../../src/engine/run-work.ts";
import type { StepKind } from "../../src/engine/step-kind.ts";
import { refuseUnreadableRuns } from "../../src/engine/unreadable-runs.ts";
import { digestOf } from "../../src/platform/canonical-json.ts";
import { type Clock, systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { atEndOfTurn } from "../../src/platform/turn.ts";
import { openStore, type Store } from "../../src/store/store.ts";

export interface BenchEngineDeps {
  /** Where the log is; it is made. */
  readonly folder: string;
  readonly kinds: readonly StepKind[];
  readonly onChanged: (run: string, view: () => RunView) => void;
  /** The machine's own when absent. */
  readonly clock?: Clock;
  /** The transport of jobs; in process when absent. */
  readonly createDispatcher?: (kinds: ReadonlyMap<string, StepKind>, reports: JobReports) => Dispatcher;
}

const CONCURRENCY = 50;
const TURNS_A_COMMIT = 4;

/** The engine as the server has it, on a log of its own, with step kinds of the benchmark. */
export class BenchEngine implements AsyncDisposable {
  readonly store: Store;
  readonly runs: RunService;
  readonly #kinds: ReadonlyMap<string, StepKind>;
  readonly #work: RunWork;
  readonly #alarm: Alarm;

  private constructor(store: Store, deps: BenchEngineDeps) {
    const { clock = systemClock } = deps;
    const logger = silentLogger;
    const kinds = new Map(deps.kinds.map((kind) => [kind.kind, kind]));
    this.store = store;
    this.#kinds = kinds;
    this.#work = new RunWork({
      store: store.events,
      people: store.people,
      kinds,
      logger,
      createDispatcher: (reports) =>
        deps.createDispatcher?.(kinds, reports) ??
        new InProcessDispatcher({ kinds, reports, clock, atEndOfTurn, concurrency: CONCURRENCY, shutdownGraceMs: 0 }),
      apply: (run, input) => this.runs.apply(run, input),
      onChanged: deps.onChanged,
    });
    const onWakeAt = (at: number | undefined): void => this.#alarm.expect(at);
    this.runs = new RunService({
      store: store.events,
      clock,
      random: systemRandom,
      logger,
      work: this.#work,
      onWakeAt,
    });
    this.#alarm = new Alarm({ store: store.events, clock, logger, wakeDue: () => this.runs.wakeDue() });
  }

  static async open(deps: BenchEngineDeps): Promise<BenchEngine> {
    const address = "the benchmark";
    const base = { clock: deps.clock ?? systemClock, random: systemRandom, atEndOfTurn, projector: projectRun };
    const folder = { dataFolder: deps.folder, address };
    return new BenchEngine(await openStore({ ...base, ...folder, mostTurnsACommit: TURNS_A_COMMIT }), deps);
  }

  newRunId(): string {
    return this.runs.newRunId();
  }

  /** Starts a run of these steps, one after the other; resolves once that is on the disk. */
  async start(run: string, steps: readonly StepNode[]): Promise<void> {
    await this.runs.start(requestOf(run, steps));
  }

  /** Takes up what an earlier process left, as the server does when it starts. */
  async resume(): Promise<void> {
    refuseUnreadableRuns(this.store.events.openRuns(), this.#kinds);
    this.#alarm.arm();
    await this.runs.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#alarm[Symbol.dispose]();
    await this.#work[Symbol.asyncDispose]();
    await this.store[Symbol.asyncDispose]();
  }
}

/** A run of these steps, one after the other. */
export function requestOf(run: string, steps: readonly StepNode[]): StartRequest {
  const plan: Plan = { engine: 1, command: "bench", title: "Bench", verb: "bench", steps: [...steps], onFailure: [] };
  return {
    run,
    actor: "p_bench",
    plan,
    planDigest: digestOf(plan),
    inputs: {},
    targets: [],
    origin: { door: "slash", team: "T0HARBOR01", channel: "C0DEPLOYS1", text: "/bench" },
    title: "bench",
  };
}

/** One step of a plan. */
export function stepOf(key: string, { kind, sort }: StepKind, input: StepNode["with"] = {}): StepNode {
  return { type: "step", key, uses: kind, sort, protects: false, with: input };
}
