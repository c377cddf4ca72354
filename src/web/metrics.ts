import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

import type { RunEvent } from "../domain/run-event.ts";
import type { RunState } from "../domain/run-state.ts";

/** What is asked at the moment at which somebody looks, so that keeping it costs nothing. */
export interface MetricSources {
  /** Every run there is, by status. */
  runs(): ReadonlyMap<string, number>;
  gatesWaiting(): number;
  /** Requests for locks that wait. */
  locksWaiting(): number;
  /** Steps that are under way, by kind. */
  steps(): ReadonlyMap<string, number>;
  logEvents(): number;
  /** Messages that Slack does not show as they are wanted. */
  outboxBacklog(): number;
  slackConnections(): number;
  argocd(): readonly ArgocdFigures[];
  /** Where the log is anchored. */
  anchors(): readonly AnchorFigures[];
}

export interface AnchorFigures {
  readonly name: string;
  /** Since the newest anchor was put there; undefined before the first. */
  readonly ageMs: number | undefined;
  /** For how long an anchor is missing there that should be there. */
  readonly lateMs: number;
}

export interface ArgocdFigures {
  readonly name: string;
  readonly connected: boolean;
  /** How many connections the stream has had. */
  readonly connections: number;
}

const STEP_SECONDS = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400];
const COMMIT_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5];

/**
 * The figures of this server in the format of Prometheus. No label holds what people can make up: statuses, step kinds, names
 * of the configuration and of Slack's methods, and nothing else.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #steps: Histogram<"kind" | "outcome">;
  readonly #commits: Histogram;
  readonly #failedCommits: Counter;
  readonly #calls: Counter<"method" | "result">;
  readonly #waits: Counter;
  readonly #refused: Counter<"reason">;
  readonly #reportsRefused: Counter<"reason">;
  readonly #apiRefused: Counter<"reason">;
  readonly #deliveries: Counter<"result">;

  constructor() {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    // Which version runs is nobody's business who may only look.
    this.#registry.removeSingleMetric("nodejs_version_info");
    this.#steps = new Histogram({
      name: "quarterdeck_step_duration_seconds",
      help: "Attempts of steps from their start to their outcome",
      labelNames: ["kind", "outcome"],
      buckets: STEP_SECONDS,
      registers,
    });
    this.#commits = new Histogram({
      name: "quarterdeck_log_commit_seconds",
      help: "Commits of the log",
      buckets: COMMIT_SECONDS,
      registers,
    });
    this.#failedCommits = new Counter({
      name: "quarterdeck_log_commits_failed_total",
      help: "Commits of the log that failed",
      registers,
    });
    this.#calls = new Counter({
      name: "quarterdeck_slack_calls_total",
      help: "Calls of Slack's Web API",
      labelNames: ["method", "result"],
      registers,
    });
    this.#waits = new Counter({
      name: "quarterdeck_slack_rate_limit_wait_seconds_total",
      help: "How long Slack has asked to be left alone",
      registers,
    });
    const refusals = (name: string, help: string): Counter<"reason"> =>
      new Counter({ name, help, labelNames: ["reason"], registers });
    this.#refused = refusals(
      "quarterdeck_slack_requests_refused_total",
      "Requests that claimed to come from Slack and were not believed",
    );
    this.#reportsRefused = refusals(
      "quarterdeck_worker_reports_refused_total",
      "Reports that claimed to come from a worker and were not believed",
    );
    this.#apiRefused = refusals(
      "quarterdeck_api_requests_refused_total",
      "Requests to the API whose token was not believed, or not good for that",
    );
    this.#deliveries = new Counter({
      name: "quarterdeck_trigger_deliveries_total",
      help: "Deliveries to triggers, by what they came to or why they were not believed",
      labelNames: ["result"],
      registers,
    });
  }

  /** From now on the figures that are not counted here are asked for whenever somebody looks; to be called once. */
  watch(sources: MetricSources): void {
    this.#addGauges(sources);
  }

  /** The type of `text`. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Something that happened to a run is on the disk; `state` is the run after it. */
  recorded(state: RunState, events: readonly RunEvent[]): void {
    for (const event of events) {
      if (event.type !== "step.succeeded" && event.type !== "step.failed") continue;
      const step = state.steps.get(event.path);
      if (step === undefined || step.attempt !== event.attempt) continue;
      const outcome = event.type === "step.succeeded" ? "succeeded" : "failed";
      this.#steps.observe({ kind: step.uses, outcome }, Math.max(0, event.at - step.startedAt) / 1000);
    }
  }

  committed(durationMs: number, isOnDisk: boolean): void {
    if (isOnDisk) this.#commits.observe(durationMs / 1000);
    else this.#failedCommits.inc();
  }

  /** One call of Slack's Web API; `waitMs` is how long Slack wants to be left alone after it. */
  called({
    method,
    result,
    waitMs,
  }: {
    readonly method: string;
    readonly result: string;
    readonly waitMs: number;
  }): void {
    this.#calls.inc({ method, result });
    if (waitMs > 0) this.#waits.inc(waitMs / 1000);
  }

  delivered(result: string): void {
    this.#deliveries.inc({ result });
  }

  refused(reason: string): void {
    this.#refused.inc({ reason });
  }

  reportRefused(reason: string): void {
    this.#reportsRefused.inc({ reason });
  }

  apiRefused(reason: string): void {
    this.#apiRefused.inc({ reason });
  }

  #addGauges(sources: MetricSources): void {
    this.#gauge("quarterdeck_gates_waiting", "Requests for an approval that wait for people", () =>
      sources.gatesWaiting(),
    );
    this.#gauge("quarterdeck_locks_waiting", "Runs that wait for a lock", () => sources.locksWaiting());
    this.#gauge("quarterdeck_log_events", "Events in the log", () => sources.logEvents());
    this.#gauge("quarterdeck_slack_backlog", "Messages that Slack does not show yet", () => sources.outboxBacklog());
    this.#gauge("quarterdeck_slack_connections", "Ways in from Slack that stand open", () =>
      sources.slackConnections(),
    );
    this.#gauges("quarterdeck_runs", { help: "Runs", label: "status", values: () => sources.runs() });
    this.#gauges("quarterdeck_steps_under_way", {
      help: "Steps under way",
      label: "kind",
      values: () => sources.steps(),
    });
    const streams = (value: (server: ArgocdFigures) => number) => (): ReadonlyMap<string, number> =>
      new Map(sources.argocd().map((server) => [server.name, value(server)]));
    this.#gauges("quarterdeck_argocd_stream_up", {
      help: "Whether the stream of an Argo CD server stands",
      label: "server",
      values: streams(({ connected }) => (connected ? 1 : 0)),
    });
    this.#gauges("quarterdeck_argocd_stream_reconnects", {
      help: "How often the stream of an Argo CD server had to be opened again",
      label: "server",
      values: streams(({ connections }) => Math.max(0, connections - 1)),
    });
    this.#addAnchorGauges(sources);
  }

  #addAnchorGauges(sources: MetricSources): void {
    const seconds = (value: (target: AnchorFigures) => number | undefined) => (): ReadonlyMap<string, number> => {
      const figures = sources.anchors().map((target) => [target.name, value(target)] as const);
      return new Map(figures.flatMap(([name, ms]) => (ms === undefined ? [] : [[name, ms / 1000]])));
    };
    this.#gauges("quarterdeck_anchor_age_seconds", {
      help: "How old the newest anchor of the log is",
      label: "target",
      values: seconds(({ ageMs }) => ageMs),
    });
    this.#gauges("quarterdeck_anchor_late_seconds", {
      help: "For how long an anchor of the log has been missing",
      label: "target",
      values: seconds(({ lateMs }) => lateMs),
    });
  }

  #gauge(name: string, help: string, value: () => number): void {
    const gauge: Gauge = new Gauge({ name, help, registers: [this.#registry], collect: () => gauge.set(value()) });
  }

  #gauges(
    name: string,
    shape: { readonly help: string; readonly label: string; readonly values: () => ReadonlyMap<string, number> },
  ): void {
    const { help, label, values } = shape;
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames: [label],
      registers: [this.#registry],
      collect: () => {
        gauge.reset();
        for (const [value, count] of values()) gauge.set({ [label]: value }, count);
      },
    });
  }
}
