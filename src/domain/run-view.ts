import { shortId } from "../platform/ids.ts";
import { effectKey } from "./effect.ts";
import type { HandLock } from "./hand-lock.ts";
import type { Failure, Progress } from "./outcome.ts";
import { isAfter, stepsAfter } from "./plan-walk.ts";
import { type BlockView, runBlocks } from "./run-blocks.ts";
import { isUnderWay, type RunState, type RunStatus, type StepState } from "./run-state.ts";
import { type RetryChoice, retryChoices } from "./retry.ts";
import type { SignalAsk } from "./signal-ask.ts";
import { Revision } from "./target.ts";

/** One step as people see it. `actor`s are pseudonyms: the shell that draws them knows the Slack users. */
export interface StepView {
  readonly path: string;
  /** The step's id, without the path; `stop sync` for what ends the leftovers of `sync`. */
  readonly name: string;
  readonly uses: string;
  readonly environment: string | undefined;
  readonly step: StepState;
  readonly progress: Progress | undefined;
  /** What has to be sent, and the short id of the run to which, for it to go on. */
  readonly awaited?: { readonly signal: SignalAsk; readonly run: string } | undefined;
}

/** The part of a run that happens in one environment. */
export interface StageView {
  readonly environment: string;
  readonly app: string;
  readonly status: "waiting" | "running" | "gate" | "queued" | "succeeded" | "failed" | "cancelled" | "skipped";
  readonly steps: readonly StepView[];
  /** When the last step of the stage ended. */
  readonly endedAt: number | undefined;
}

/** A lock that the run waits for. */
export interface QueueView {
  readonly path: string;
  readonly keys: readonly string[];
  /** 1 is next. */
  readonly position: number;
  /** Short id of the run that holds it. */
  readonly behind: string | undefined;
  /** What keeps it from everybody, before all runs. */
  readonly handLock?: HandLock | undefined;
}

/** Everything that a card, a thread, a list or a page shows of a run; made from the state, without reading anything else. */
export interface RunView {
  readonly id: string;
  readonly shortId: string;
  readonly version: number;
  readonly state: RunState;
  readonly service: string | undefined;
  readonly revision: Revision | undefined;
  readonly stages: readonly StageView[];
  /** Steps that belong to no environment, such as those of `on-failure`. */
  readonly otherSteps: readonly StepView[];
  /** What runs in branches, or over something else than environments; undefined when nothing does. */
  readonly blocks: readonly BlockView[] | undefined;
  readonly queue: readonly QueueView[];
  readonly failure: { readonly step: StepView | undefined; readonly failure: Failure } | undefined;
  /** Steps that end what a cancelled run may have left running: what came of each is in its output, or its failure. */
  readonly stops: readonly StepView[];
  /** From where it can be retried, the most obvious first. */
  readonly retryChoices: readonly RetryChoice[];
}

export interface RunViewInputs {
  readonly state: RunState;
  /** By `effectKey`. */
  readonly progress: ReadonlyMap<string, Progress>;
  readonly queue: readonly QueueView[];
}

/** The view of a run. Environments that are not reached yet are there too, in order. */
export function runView({ state, progress, queue }: RunViewInputs): RunView {
  const all = [...state.steps.values()].map((step): StepView => {
    const effect = { run: state.id, path: step.path, attempt: Math.max(1, step.attempt) };
    return {
      path: step.path,
      name: step.stops === undefined ? nameOf(step.path) : `stop ${nameOf(step.stops)}`,
      uses: step.uses,
      environment: environmentOf(state, step),
      step,
      progress: step.status === "running" ? progress.get(effectKey(effect)) : undefined,
      awaited: awaitedBy(state, step),
    };
  });
  const steps = all.filter(({ step }) => step.stops === undefined);
  const failure = state.failure;
  const blocks = runBlocks(state);
  // A lock outside of any for-each is that of the only environment that the run works in.
  const queuedIn = new Set(
    queue.map(({ path }) => environmentOf(state, { path, input: {} }) ?? state.targets[0]?.environment),
  );
  return {
    id: state.id,
    shortId: shortId(state.id),
    version: state.version,
    state,
    service: state.targets[0]?.service,
    revision: Revision.safeParse(state.inputs["revision"]).data,
    stages: state.targets.map((target, index) => {
      const own = steps.filter((step) => step.environment === target.environment);
      const isStopped = own.some(({ path }) => all.some(({ step }) => step.stops === path));
      const rest = new Set(state.targets.slice(index + 1).map((other) => other.environment));
      // Of stages side by side the last in order may be through before the others.
      const isAfterOwn = isAfter(state.plan, own.at(-1)?.path ?? "");
      const later = steps.some(({ environment, step }) =>
        environment === undefined
          ? isAfterOwn(step.path)
          : environment !== target.environment && (rest.has(environment) || isUnderWay(step)),
      );
      const isQueued = queuedIn.has(target.environment);
      return {
        environment: target.environment,
        app: target.app,
        status: isStopped ? "cancelled" : asPart(state, own, stageStatus(state, { own, later, isQueued, queue })),
        steps: own,
        endedAt: latestEnd(own),
      };
    }),
    otherSteps: steps.filter((step) => step.environment === undefined),
    blocks: blocks.length === 0 ? undefined : blocks,
    queue,
    stops: all.filter(({ step }) => step.stops !== undefined),
    retryChoices: retryChoices(state),
    failure: failure && { step: steps.find((step) => step.path === failure.path), failure: failure.failure },
  };
}

function awaitedBy({ id }: RunState, { status, signal }: StepState): StepView["awaited"] {
  return status === "running" && signal !== undefined ? { signal, run: shortId(id) } : undefined;
}

/** When the last of the steps ended; undefined while one has not. */
function latestEnd(steps: readonly StepView[]): number | undefined {
  const ends = steps.map(({ step }) => step.endedAt ?? Infinity);
  const latest = Math.max(...ends);
  return Number.isFinite(latest) ? latest : undefined;
}

/** The id of the step at a path. */
function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** How a run stands as people see it: one that is running may wait for them, or for another run. */
export type RunPhase = RunStatus | "gate" | "queued";

export function runPhase({ state, stages, queue }: Pick<RunView, "state" | "stages" | "queue">): RunPhase {
  if (state.status !== "running") return state.status;
  const hasGate = [...state.steps.values()].some(({ sort, status }) => sort === "gate" && status === "running");
  if (hasGate || stages.some(({ status }) => status === "gate")) return "gate";
  return queue.length > 0 ? "queued" : "running";
}

/** The environment in which a step works: that of the application it names, or the for-each iteration it stands in. */
export function environmentOf(state: RunState, step: Pick<StepState, "path" | "input">): string | undefined {
  const app = step.input["app"];
  const byApp = typeof app === "string" ? state.targets.find((target) => target.app === app) : undefined;
  if (byApp !== undefined) return byApp.environment;
  return state.targets.find((target) => step.path.includes(`[${target.environment}]`))?.environment;
}

function stageStatus(
  state: RunState,
  reached: {
    readonly own: readonly StepView[];
    readonly later: boolean;
    readonly isQueued: boolean;
    readonly queue: readonly QueueView[];
  },
): StageView["status"] {
  const { own, later, isQueued, queue } = reached;
  if (own.length === 0) return isQueued ? "queued" : "waiting";
  if (own.some(({ step }) => step.status === "failed")) return "failed";
  if (own.some(({ step }) => step.status === "cancelled")) return "cancelled";
  if (own.some(({ step }) => step.sort === "gate" && step.status === "running")) return "gate";
  if (own.some(({ step }) => isUnderWay(step))) return "running";
  if (isQueued) return "queued";
  if (!later && state.status === "running" && queue.length === 0) return "running";
  return own.every(({ step }) => step.status === "skipped") ? "skipped" : "succeeded";
}

/** An environment in which a part of the chain is still ahead is not done with what was done there so far. */
function asPart(state: RunState, own: readonly StepView[], status: StageView["status"]): StageView["status"] {
  if ((status !== "succeeded" && status !== "skipped") || !isMoreAhead(state, own)) return status;
  if (status === "skipped") return "waiting";
  return state.status === "running" && state.failure === undefined ? "running" : "cancelled";
}

/** Only where there is one environment: which of several a step will work in, nothing says before it is reached. */
function isMoreAhead(state: RunState, own: readonly StepView[]): boolean {
  const last = own.at(-1)?.path;
  if (last === undefined || state.targets.length !== 1 || state.status === "succeeded") return false;
  return stepsAfter(state.plan, last).some(
    ({ node, path }) => node.with["app"] !== undefined && !(path !== undefined && state.steps.has(path)),
  );
}
