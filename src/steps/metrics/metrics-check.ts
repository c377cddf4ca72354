import { z } from "zod";

import { defineWait, type StepContext, type StepKind, type StepResult } from "../../engine/step-kind.ts";
import type { StepNotes } from "../../engine/step-notes.ts";
import type { Clock } from "../../platform/clock.ts";
import { durationText } from "../../platform/duration.ts";
import { AppError, errorMessage } from "../../platform/errors.ts";
import type { HttpTargetDeps } from "../network/http-targets.ts";
import { NETWORK_FAILURES } from "../network/network-notes.ts";
import { durationInput } from "../timing/duration-input.ts";
import { type Finding, type Held, judgeHeld } from "./held-good.ts";
import type { Sample } from "./instant-vector.ts";
import { boundsText, valueText, whyBeyond } from "./judge-samples.ts";
import { type MetricReading, MetricShape, readMetric, requireBound } from "./metric-query.ts";

const DAY_MS = 86_400_000;
const DEFAULT_INTERVAL_MS = 15_000;
const DEFAULT_AWAY_MS = 120_000;

const Input = z.strictObject({
  ...MetricShape,
  for: durationInput({ leastMs: 0, mostMs: 30 * DAY_MS })
    .optional()
    .meta({ description: "How long it has to be so; one look is enough unless said" }),
  grace: durationInput({ leastMs: 0, mostMs: 30 * DAY_MS })
    .optional()
    .meta({ description: "How long it may be beyond its bounds before the step fails; it fails at once unless said" }),
  interval: durationInput({ leastMs: 1000, mostMs: DAY_MS })
    .optional()
    .meta({ description: "The pause between two looks; 15s unless said" }),
  "away-for": durationInput({ leastMs: 0, mostMs: DAY_MS })
    .optional()
    .meta({ description: "How long Prometheus may be away before the step fails; 2m unless said" }),
});
type Input = z.infer<typeof Input>;

const Output = z.strictObject({
  /** At most 20 series of the last look. */
  values: z.array(
    z.strictObject({
      labels: z.record(z.string(), z.string()),
      value: z.number().nullable().meta({ description: "`null` where it is no finite number" }),
    }),
  ),
  series: z.int().meta({ description: "How many series there were" }),
  warnings: z.array(z.string()).meta({ description: "What Prometheus remarked about the query" }),
  notes: z.array(z.string()).meta({ description: "What people are told of it" }),
});
type Output = z.infer<typeof Output>;

const NOTES: StepNotes = {
  failures: {
    "metrics.beyond": {
      retry: "never",
      meaning: "A value is beyond its bounds, or there is none; the details name the worst.",
    },
    "metrics.away": { retry: "backoff", meaning: "Prometheus did not answer for longer than `away-for`." },
    "metrics.bad-query": { retry: "never", meaning: "Prometheus refused the query." },
    "metrics.denied": { retry: "never", meaning: "Prometheus does not accept the credentials." },
    "metrics.bad-answer": {
      retry: "never",
      meaning: "What answered is no Prometheus, or the query gives no instant values.",
    },
    "metrics.bad-input": { retry: "never", meaning: "There is no bound to hold the values against." },
    ...Object.fromEntries(Object.entries(NETWORK_FAILURES).filter(([, { retry }]) => retry === "never")),
  },
  example: `id: errors
uses: metrics/check
with:
  url: https://prometheus.example.com
  bearer: \${{ secrets.PROMETHEUS_TOKEN }}
  name: share of errors
  query: (sum(rate(http_requests_total{service="checkout",code=~"5.."}[5m])) or vector(0)) / sum(rate(http_requests_total{service="checkout"}[5m]))
  below: 0.01
  for: 5m
`,
};

export interface MetricsCheckDeps extends HttpTargetDeps {
  readonly clock: Clock;
}

/** Holds the values of a Prometheus query against bounds, once or for a time. */
export function metricsCheck(deps: MetricsCheckDeps): StepKind {
  return defineWait({
    kind: "metrics/check",
    summary:
      "Waits until the values of a Prometheus query have been within their bounds for a time, and fails when they are not.",
    input: Input,
    output: Output,
    notes: NOTES,
    run: (input, context) => check(deps, input, context),
  });
}

async function check(deps: MetricsCheckDeps, input: Input, context: StepContext): Promise<StepResult<Output>> {
  requireBound(input);
  const { clock } = deps;
  const { for: forMs = 0, grace: graceMs = 0, interval = DEFAULT_INTERVAL_MS } = input;
  const timing = { forMs, graceMs, awayMs: input["away-for"] ?? DEFAULT_AWAY_MS };
  let held: Held;
  for (;;) {
    const askedMs = clock.monotonic();
    const look = await metricLook(deps, input, context.signal);
    const verdict = judgeHeld(held, look.finding, { askedMs, nowMs: clock.monotonic(), timing });
    if (verdict.kind === "held") return { status: "succeeded", output: outputOf(look.reading, { input, forMs }) };
    if (verdict.kind === "bad") return beyond(verdict.reason, look.beyond);
    if (verdict.kind === "away") throw new AppError(verdict.reason, { code: "metrics.away", retry: "backoff" });
    ({ held } = verdict);
    context.progress({ text: progressText(look.finding, { input, dueMs: verdict.dueMs }) });
    await clock.sleep(Math.min(interval, verdict.dueMs), context.signal);
  }
}

interface MetricLook {
  readonly finding: Finding;
  readonly reading: MetricReading;
  /** The samples that are beyond their bounds, the worst first. */
  readonly beyond: readonly Sample[];
}

const NOTHING: MetricReading = { samples: [], warnings: [] };

/** One look. Throws what no other look can mend. */
export async function metricLook(
  deps: HttpTargetDeps,
  query: Parameters<typeof readMetric>[1]["query"],
  signal: AbortSignal,
): Promise<MetricLook> {
  try {
    const reading = await readMetric(deps, { query, signal });
    const why = whyBeyond(reading.samples, query);
    if (why === undefined) return { finding: { kind: "good" }, reading, beyond: [] };
    const reason = `${query.name ?? query.query}: ${why.reason}`;
    return { finding: { kind: "bad", reason }, reading, beyond: why.samples };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof AppError) || error.retry === "never") throw error;
    return { finding: { kind: "away", reason: errorMessage(error) }, reading: NOTHING, beyond: [] };
  }
}

const MOST_VALUES = 20;

function outputOf(
  { samples, warnings }: MetricReading,
  { input, forMs }: { readonly input: Input; readonly forMs: number },
): Output {
  const values = samples.slice(0, MOST_VALUES).map(shown);
  const notes = [goodText(samples, { input, forMs })];
  return { values, series: samples.length, warnings: warnings.slice(0, 5), notes };
}

/** `share of errors: below 0.01 for 5 min, 0.0004 at last`. */
function goodText(
  samples: readonly Sample[],
  { input, forMs }: { readonly input: Input; readonly forMs: number },
): string {
  const [only] = samples;
  const last =
    samples.length === 1 && only !== undefined ? `${valueText(only.value)} at last` : `${samples.length} series`;
  const lasted = forMs === 0 ? "" : ` for ${durationText(forMs)}`;
  return `${nameText(input)}${boundsText(input)}${lasted}, ${last}`;
}

function nameText({ name }: Input): string {
  return name === undefined ? "" : `${name}: `;
}

function shown({ labels, value }: Sample): Output["values"][number] {
  return { labels: { ...labels }, value: Number.isFinite(value) ? value : null };
}

function beyond(reason: string, samples: readonly Sample[]): StepResult<Output> {
  const values = samples
    .slice(0, MOST_VALUES / 2)
    .map(({ labels, value }) => ({ labels: { ...labels }, value: String(value) }));
  return {
    status: "failed",
    failure: { code: "metrics.beyond", message: reason, retry: "never", details: { values } },
  };
}

function progressText(finding: Finding, { input, dueMs }: { readonly input: Input; readonly dueMs: number }): string {
  if (finding.kind === "good")
    return `${nameText(input)}${boundsText(input)}, as it has to be; ${durationText(dueMs)} to go`;
  return `${finding.reason}; ${durationText(dueMs)} until this fails`;
}
