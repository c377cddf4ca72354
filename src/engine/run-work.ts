import { type Effect, effectKey } from "../domain/effect.ts";
import type { RunInput } from "../domain/decide.ts";
import { nextWork, type Work } from "../domain/next-work.ts";
import type { Outcome, Progress } from "../domain/outcome.ts";
import type { RunEvent } from "../domain/run-event.ts";
import type { RunState, StepState } from "../domain/run-state.ts";
import { type QueueView, runView, type RunView } from "../domain/run-view.ts";
import type { Json } from "../platform/canonical-json.ts";
import { AppError, errorText } from "../platform/errors.ts";
import type { Logger } from "../platform/logger.ts";
import type { Dispatcher, EventStore, Job, JobReports, PeopleStore } from "./ports.ts";
import { PreparingDispatcher } from "./preparing-dispatcher.ts";
import { ServerFacts } from "./server-facts.ts";
import type { GateOpening, StepFacts, StepKind } from "./step-kind.ts";
import { WatchRunner } from "./watch-runner.ts";

interface Deps {
  readonly store: Pick<EventStore, "proofs">;
  readonly people: Pick<PeopleStore, "person">;
  readonly kinds: ReadonlyMap<string, StepKind>;
  readonly logger: Logger;
  readonly createDispatcher: (reports: JobReports) => Dispatcher;
  /** Hands something that happened to the run service, and tells what came of it; late binding, as the two need one another. */
  readonly apply: (run: string, input: RunInput) => Promise<{ readonly events: readonly RunEvent[] }>;
  /** Told after each commit, and when a step that is under way has news; `view` makes what people see of the run, for those who look. */
  readonly onChanged: (run: string, view: () => RunView) => void;
}

// No dispatch has this one: tokens count the events of a run.
const NO_TOKEN = 0;

/** Keeps under way what the states of runs say must be under way, and no more: jobs, watches, and what people see. */
export class RunWork implements AsyncDisposable {
  readonly #deps: Deps;
  readonly #dispatcher: Dispatcher;
  readonly #watches: WatchRunner;
  readonly #facts: ServerFacts;
  /** What is under way, by run and then by effect. */
  readonly #underWay = new Map<string, Map<string, Work>>();
  readonly #progress = new Map<string, Map<string, Progress>>();
  readonly #latest = new Map<string, { state: RunState; queue: readonly QueueView[] }>();
  /** Up to which token the steps of a run may have been begun without being known here to be under way. */
  readonly #maybeBegun = new Map<string, number>();
  /** Kinds of which a person decides whether they are repeated. */
  readonly #unrepeatable: ReadonlySet<string>;

  constructor(deps: Deps) {
    this.#deps = deps;
    const { store, people } = deps;
    this.#facts = new ServerFacts({ store, people, isUnderWay: (run) => this.#underWay.has(run) });
    const asking = [...deps.kinds.values()].filter((kind) => kind.sort === "action" && kind.repeat === "ask");
    this.#unrepeatable = new Set(asking.map(({ kind }) => kind));
    const reports = this.#jobReports();
    this.#dispatcher = new PreparingDispatcher({ kinds: deps.kinds, reports, inner: deps.createDispatcher(reports) });
    this.#watches = new WatchRunner({
      kinds: deps.kinds,
      reports: {
        progress: (effect, progress) => this.#tell(effect, progress),
        ended: (work, outcome) => this.#ended(work, outcome),
        opened: (work, opening) => this.#opened(work, opening),
      },
    });
  }

  /** Starts and stops work so that it fits the state, and shows it. True when the run needs nothing more for now. */
  follow(state: RunState, queue: readonly QueueView[]): boolean {
    const wanted = new Map(nextWork(state).map((work) => [effectKey(work.effect), work]));
    const current = this.#underWay.get(state.id) ?? new Map<string, Work>();
    for (const [key, work] of current) if (!wanted.has(key)) this.#stop(work);
    for (const [key, work] of wanted) if (!isSame(current.get(key), work)) this.#start(state, work, current.get(key));
    if (wanted.size === 0) this.#underWay.delete(state.id);
    else this.#underWay.set(state.id, wanted);
    this.#show(state, queue, wanted.size > 0);
    if (wanted.size > 0) return false;
    this.#progress.delete(state.id);
    this.#latest.delete(state.id);
    this.#facts.forget(state.id);
    this.#maybeBegun.delete(state.id);
    return true;
  }

  /** What is under way is no longer known to fit the log: the next `follow` starts anew what it wants, and stops the rest. */
  forget(run: string): void {
    const current = this.#underWay.get(run);
    for (const [key, work] of current ?? []) {
      this.#mayHaveBegun(run, work.token);
      current?.set(key, { ...work, token: NO_TOKEN });
    }
  }

  /**
   * What a run has handed out by now may have been begun, or be over, without this process knowing of it. Returns with what
   * the run is to be taken up.
   */
  takeUp({ id, version }: Pick<RunState, "id" | "version">): RunInput {
    this.#mayHaveBegun(id, version);
    return { type: "resume", unrepeatable: this.#unrepeatable };
  }

  #mayHaveBegun(run: string, token: number): void {
    this.#maybeBegun.set(run, Math.max(token, this.#maybeBegun.get(run) ?? NO_TOKEN));
  }

  show(state: RunState, queue: readonly QueueView[]): void {
    this.#show(state, queue, nextWork(state).length > 0);
  }

  #show(state: RunState, queue: readonly QueueView[], isUnderWay: boolean): void {
    if (isUnderWay) this.#latest.set(state.id, { state, queue });
    try {
      this.#deps.onChanged(state.id, () => this.view(state, queue));
    } catch (error) {
      // What people see follows from the run, never the other way round.
      this.#deps.logger.error("a run could not be shown", { run: state.id, error: errorText(error) });
    }
  }

  view(state: RunState, queue: readonly QueueView[]): RunView {
    return runView({ state, queue, progress: this.#progress.get(state.id) ?? new Map() });
  }

  /** How many steps are under way, by kind. */
  countByKind(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const works of this.#underWay.values())
      for (const { uses } of works.values()) counts.set(uses, (counts.get(uses) ?? 0) + 1);
    return counts;
  }

  /** What the steps that are under way say of themselves, by path. */
  lastWords(run: string): ReadonlyMap<string, string> {
    const words = new Map<string, string>();
    for (const [key, progress] of this.#progress.get(run) ?? []) {
      const work = this.#underWay.get(run)?.get(key);
      if (work !== undefined) words.set(work.effect.path, [progress.text, ...(progress.lines ?? [])].join("; "));
    }
    return words;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#dispatcher[Symbol.asyncDispose](), this.#watches[Symbol.asyncDispose]()]);
  }

  #start(state: RunState, work: Work, before: Work | undefined): void {
    const facts = this.facts(state, { path: work.effect.path, input: work.input });
    if (work.type === "watch" || work.type === "open-gate") {
      this.#watches.start({ work, facts, planDigest: state.planDigest });
      return;
    }
    const { effect, token, uses, input, startedAt } = work;
    const { checkpoint: checkpointed, earlier } = state.steps.get(effect.path) ?? {};
    // What an earlier process handed out may be executed somewhere: it is handed out once more for its outcome's sake, and
    // stopped at once. It cannot do anything by then, as nothing that it writes down is taken.
    const isUnknown = before?.token !== token;
    if (work.type === "dispatch" || isUnknown) {
      const mayHaveBegun = this.#unrepeatable.has(uses) && token <= (this.#maybeBegun.get(state.id) ?? NO_TOKEN);
      const job = { effect, token, uses, input, facts, checkpointed, earlier, startedAt };
      this.#dispatcher.dispatch(mayHaveBegun ? { ...job, mayHaveBegun } : job);
    }
    if (work.type === "stop") this.#dispatcher.cancel(effect, "the run was cancelled");
  }

  #stop(work: Work): void {
    this.#progress.get(work.effect.run)?.delete(effectKey(work.effect));
    if (work.type === "dispatch" || work.type === "stop") {
      this.#dispatcher.cancel(work.effect, "the run has moved on");
    } else this.#watches.stop(work.effect);
  }

  /** What the server knows about a step of the run and puts into its execution. */
  facts(state: RunState, step: Pick<StepState, "path" | "input">): StepFacts {
    return this.#facts.about(state, step);
  }

  #jobReports(): JobReports {
    return {
      progress: (job, progress) => this.#tell(job.effect, progress),
      checkpoint: (job, data) => this.#checkpoint(job, data),
      outcome: (job, outcome) => this.#report(job.effect.run, { ...dispatchRef(job), type: "outcome", outcome }),
      handedBack: (job) => this.#report(job.effect.run, { ...dispatchRef(job), type: "handed-back" }),
    };
  }

  async #checkpoint(job: Job, data: Json): Promise<void> {
    const { events } = await this.#deps.apply(job.effect.run, { ...dispatchRef(job), type: "checkpoint", data });
    if (events.length > 0) return;
    // It goes on to its effect only with this on the disk: whoever was replaced or has run out of time stops here.
    const message = `${job.effect.path} has ended or was handed out anew, so nothing more is done under its attempt ${job.effect.attempt}.`;
    throw new AppError(message, { code: "step.superseded" });
  }

  #ended(work: Work, outcome: Outcome): void {
    this.#report(work.effect.run, { ...dispatchRef(work), type: "outcome", outcome });
  }

  #opened(work: Work, opening: GateOpening): void {
    this.#report(work.effect.run, { ...dispatchRef(work), type: "gate-opened", ...opening });
  }

  #report(run: string, input: RunInput): void {
    // The run service takes a run up again by itself when a commit fails; here it only has to be said.
    this.#deps.apply(run, input).catch((error: unknown) => {
      this.#deps.logger.error("a report of a step could not be recorded", {
        run,
        input: input.type,
        error: errorText(error),
      });
    });
  }

  #tell(effect: Effect, progress: Progress): void {
    const latest = this.#latest.get(effect.run);
    if (latest === undefined || !this.#underWay.get(effect.run)?.has(effectKey(effect))) return;
    const known = this.#progress.get(effect.run) ?? new Map<string, Progress>();
    this.#progress.set(effect.run, known.set(effectKey(effect), progress));
    this.show(latest.state, latest.queue);
  }
}

function isSame(before: Work | undefined, work: Work): boolean {
  return before?.token === work.token && before.type === work.type;
}

function dispatchRef({ effect, token }: Pick<Work, "effect" | "token">): {
  path: string;
  attempt: number;
  token: number;
} {
  return { path: effect.path, attempt: effect.attempt, token };
}
