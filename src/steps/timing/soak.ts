import { z } from "zod";

import type { ArgocdServer } from "../../argocd/argocd-server.ts";
import { defineWait, type StepContext, type StepKind, type StepResult } from "../../engine/step-kind.ts";
import type { StepNotes } from "../../engine/step-notes.ts";
import type { Clock } from "../../platform/clock.ts";
import { durationText } from "../../platform/duration.ts";
import { locate } from "../locate.ts";
import type { HttpTargetDeps } from "../network/http-targets.ts";
import { durationInput } from "./duration-input.ts";
import { judgeSoak, type SoakState, type SoakTiming, type SoakVerdict } from "./soak-judgement.ts";
import { type SoakLook, soakLooks, SoakMetric, SoakProbe } from "./soak-looks.ts";
import { SoakedApp } from "./soaked-app.ts";

const DAY_MS = 86_400_000;
const AGAIN_MS = 5000;

const Input = z.strictObject({
  app: z.string().meta({ description: "`server/namespace/name` of the application" }),
  for: durationInput({ leastMs: 1000, mostMs: 30 * DAY_MS }).meta({
    description:
      "How long it has to stay healthy; with probes or metrics a restart of the server begins it anew, as nobody looked meanwhile",
  }),
  grace: durationInput({ leastMs: 0, mostMs: DAY_MS }).optional().meta({
    description:
      "For how long something may be bad without any consequence; unless said, the `degraded-grace` of the environment",
  }),
  "on-bad": z.enum(["fail", "restart"]).optional().meta({
    description:
      "What happens when it is bad for longer: the step fails, which it does unless said, or the time begins anew",
  }),
  probes: z
    .array(SoakProbe)
    .max(20)
    .optional()
    .meta({ description: "HTTP addresses that have to stay good, too; as `http/probe` takes them" }),
  metrics: z
    .array(SoakMetric)
    .max(20)
    .optional()
    .meta({ description: "Metrics that have to stay within their bounds, too; as `metrics/check` takes them" }),
});
type Input = z.infer<typeof Input>;

const Output = z.strictObject({
  since: z.int().meta({ description: "Since when everything has been good, in milliseconds since the epoch" }),
  restarts: z.int().meta({ description: "How often the time began anew" }),
  notes: z.array(z.string()).meta({ description: "What people are told of it" }),
});
type Output = z.infer<typeof Output>;

const NOTES: StepNotes = {
  failures: {
    "soak.broken": {
      retry: "never",
      meaning: "Something was bad for longer than `grace`; the message says what, and how far the soak was.",
    },
    "argocd.gone": { retry: "never", meaning: "The application does not exist, or the account may not see it." },
    "metrics.bad-query": { retry: "never", meaning: "Prometheus refused the query of a metric." },
    "metrics.bad-input": { retry: "never", meaning: "A metric has no bound." },
    "network.refused-address": {
      retry: "never",
      meaning: "A probe or a metric leads to an address that `network` does not allow.",
    },
  },
  example: `id: soak
uses: soak
with:
  app: production/argocd/checkout-prod
  for: 30m
  probes:
    - url: https://checkout.example.com/healthz
  metrics:
    - url: https://prometheus.example.com
      query: sum(rate(http_requests_total{service="checkout",code=~"5.."}[5m]))
      below: 1
`,
};

export interface SoakDeps extends HttpTargetDeps {
  readonly servers: ReadonlyMap<string, ArgocdServer>;
  readonly clock: Clock;
  /** How long an application may be Degraded before it counts. */
  readonly timingOf: (app: string, environment?: string) => { readonly degradedGraceMs: number };
}

/** Waits until an application, and what is looked at beside it, has been good for a time without a break. */
export function soak(deps: SoakDeps): StepKind {
  return defineWait({
    kind: "soak",
    summary:
      "Waits until an application has been healthy for a time without a break, with probes and metrics if wanted.",
    input: Input,
    output: Output,
    notes: NOTES,
    run: async (input, context) => {
      await using run = new SoakRun(deps, { input, context });
      return await run.end();
    },
  });
}

/** One soak. It rests until there is news of the application, of a probe or a metric, or until the time is over. */
class SoakRun implements AsyncDisposable {
  readonly #deps: SoakDeps;
  readonly #input: Input;
  readonly #context: StepContext;
  readonly #timing: SoakTiming;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #app: SoakedApp;
  #looks: readonly SoakLook[] = [];
  #running: readonly Promise<void>[] = [];
  #fault: { readonly error: unknown } | undefined;
  #wake: () => void = () => undefined;

  constructor(deps: SoakDeps, { input, context }: { readonly input: Input; readonly context: StepContext }) {
    const { app, for: forMs, grace, "on-bad": onBad = "fail" } = input;
    this.#deps = deps;
    this.#input = input;
    this.#context = context;
    const graceMs = grace ?? deps.timingOf(app, context.facts.place?.target.environment).degradedGraceMs;
    this.#timing = { forMs, graceMs, onBad };
    this.#signal = AbortSignal.any([context.signal, this.#stop.signal]);
    const location = locate(deps.servers, app);
    this.#app = new SoakedApp({ location, signal: this.#signal, onNews: () => this.#wake() });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#app[Symbol.dispose]();
    this.#stop.abort();
    await Promise.allSettled(this.#running);
  }

  async end(): Promise<StepResult<Output>> {
    await this.#app.read();
    await this.#beginLooks();
    let state = this.#begin();
    for (;;) {
      this.#context.signal.throwIfAborted();
      if (this.#fault !== undefined) throw this.#fault.error;
      let verdict = this.#judge(state);
      if (verdict.end?.kind === "done" || (verdict.end !== undefined && this.#app.finding().kind === "bad")) {
        // What a frame says is confirmed where it decides.
        await this.#app.read();
        verdict = this.#judge(state);
      }
      if (verdict.end !== undefined) return this.#result(verdict);
      ({ state } = verdict);
      this.#show(verdict);
      await this.#rest(verdict.dueMs);
    }
  }

  /** A restart of the server costs no time where the application has been healthy all along, and nothing else is looked at. */
  #begin(): SoakState {
    const { clock } = this.#deps;
    const now = clock.now();
    const started = Math.min(this.#context.startedAt, now);
    // Argo CD says since when it is healthy. How a probe or a metric was while nobody looked, nobody can say.
    const isKnown = this.#looks.length === 0 && this.#app.finding().kind === "good";
    const healthy = isKnown ? this.#app.healthySince() : undefined;
    const from = healthy === undefined ? now : Math.max(started, Math.min(healthy, now));
    return { sinceMs: clock.monotonic() - (now - from), troubleMs: undefined, badMs: undefined, restarts: 0 };
  }

  async #beginLooks(): Promise<void> {
    const { probes = [], metrics = [] } = this.#input;
    const deps = { ...this.#deps, signal: this.#signal, onNews: () => this.#wake() };
    this.#looks = await soakLooks(deps, { probes, metrics });
    await Promise.all(this.#looks.map((look) => look.once()));
    this.#running = this.#looks.map(async (look) => {
      try {
        await look.goOn();
      } catch (error) {
        this.#fault ??= { error };
        this.#wake();
      }
    });
  }

  #judge(state: SoakState): SoakVerdict {
    const findings = [this.#app.finding(), ...this.#looks.map(({ finding }) => finding)];
    return judgeSoak(state, { findings, nowMs: this.#deps.clock.monotonic(), timing: this.#timing });
  }

  #result({ state, end }: SoakVerdict): StepResult<Output> {
    const { clock } = this.#deps;
    const lastedMs = state.sinceMs === undefined ? 0 : clock.monotonic() - state.sinceMs;
    if (end?.kind === "done") {
      const since = Math.round(clock.now() - lastedMs);
      const { restarts } = state;
      const notes = [`good for ${durationText(lastedMs)} without a break${anewText(restarts)}`];
      return { status: "succeeded", output: { since, restarts, notes } };
    }
    const { graceMs, forMs } = this.#timing;
    const reason = end?.reason ?? "";
    const far = `${durationText(lastedMs)} into a soak of ${durationText(forMs)}`;
    const message = `${reason}, for longer than ${durationText(graceMs)}, ${far}.`;
    return { status: "failed", failure: { code: "soak.broken", message, retry: "never" } };
  }

  #show({ state, trouble, dueMs }: SoakVerdict): void {
    const { forMs } = this.#timing;
    const lastedMs = state.sinceMs === undefined ? 0 : Math.min(forMs, this.#deps.clock.monotonic() - state.sinceMs);
    const left = durationText(forMs - lastedMs);
    const bad =
      dueMs === undefined ? `${trouble}; the time begins anew` : `${trouble}; ${durationText(dueMs)} of grace`;
    const text =
      trouble === undefined ? `Good for ${durationText(lastedMs)}, ${left} to go${anewText(state.restarts)}` : bad;
    this.#context.progress({ text });
  }

  /** Until there is news, or until something is due; every minute it is shown how far it is. */
  async #rest(dueMs: number | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const againMs = this.#app.mustBeRead ? AGAIN_MS : SHOW_MS;
    const timer = this.#deps.clock.setTimer(Math.min(SHOW_MS, againMs, dueMs ?? SHOW_MS), resolve);
    const wake = (): void => resolve();
    this.#wake = wake;
    this.#signal.addEventListener("abort", wake, { once: true });
    await promise;
    timer.cancel();
    this.#signal.removeEventListener("abort", wake);
    this.#wake = () => undefined;
    this.#context.signal.throwIfAborted();
    if (this.#app.mustBeRead) await this.#app.read();
  }
}

function anewText(restarts: number): string {
  return restarts === 0 ? "" : `; begun anew ${restarts === 1 ? "once" : `${restarts} times`}`;
}

const SHOW_MS = 60_000;
