import { z } from "zod";

import type { Failure } from "../../domain/outcome.ts";
import type { StepContext, StepResult } from "../../engine/step-kind.ts";
import type { Clock } from "../../platform/clock.ts";
import { durationText } from "../../platform/duration.ts";
import { AppError } from "../../platform/errors.ts";
import { durationInput } from "../timing/duration-input.ts";
import { goodInARow, type ProbeTarget, type TargetRecord } from "./good-in-a-row.ts";
import { shownUrl } from "./http-call.ts";
import { parseUrl, urlInput } from "./target-url.ts";

const DAY_MS = 86_400_000;
const DEFAULT_INTERVAL_MS = 5000;
const DEFAULT_LIMIT_MS = 300_000;
const DEFAULT_GOOD = 3;

/** How a probe of any sort goes about it. */
export const PatienceShape = {
  "good-in-a-row": z
    .int()
    .min(1)
    .max(1000)
    .optional()
    .meta({ description: "How many good answers in a row it takes, for each target; 3 unless said" }),
  interval: durationInput({ leastMs: 500, mostMs: DAY_MS })
    .optional()
    .meta({ description: "The pause between two looks at a target; 5s unless said" }),
  latency: durationInput({ leastMs: 1, mostMs: 300_000 })
    .optional()
    .meta({ description: "An answer that takes longer is no good" }),
  "give-up-after": durationInput({ leastMs: 1000, mostMs: 30 * DAY_MS })
    .optional()
    .meta({ description: "When it fails, counted from the start of the step; 5m unless said" }),
} as const;
const Patience = z.strictObject(PatienceShape);
type Patience = z.infer<typeof Patience>;

/** Where a probe looks: one address, or several which all have to be good. */
export function targetShape(protocols: readonly string[]) {
  return {
    url: urlInput(protocols).optional().meta({ description: "What is looked at" }),
    urls: z
      .array(urlInput(protocols))
      .min(1)
      .max(50)
      .optional()
      .meta({ description: "The same for several targets, all of which have to be good" }),
  } as const;
}

/** Throws `probe.bad-input` unless exactly one of the two is there. */
export function targetUrls(input: {
  readonly url?: string | undefined;
  readonly urls?: readonly string[] | undefined;
}): readonly URL[] {
  const { url, urls } = input;
  if ((url === undefined) === (urls === undefined)) {
    throw new AppError('One of "url" and "urls" says what is looked at. Give either.', { code: "probe.bad-input" });
  }
  return (urls ?? [url ?? ""]).map(parseUrl);
}

/** The name of each target for people; the query may be a secret, so addresses that differ only there get a number. */
export function targetNames(urls: readonly URL[]): readonly string[] {
  const names = urls.map(shownUrl);
  return names.map((name, index) => (names.indexOf(name) === index ? name : `${name} (${index + 1})`));
}

export const ProbeOutput = z.strictObject({
  targets: z.array(
    z.strictObject({
      target: z.string().meta({ description: "The address, without its query" }),
      looks: z.int(),
      bad: z.int(),
      latency: z.int().optional().meta({ description: "Of the last answer, and of the slowest one, in milliseconds" }),
      slowest: z.int().optional(),
    }),
  ),
  slowest: z.int().meta({ description: "The slowest answer of all targets, in milliseconds" }),
  notes: z.array(z.string()).meta({ description: "What people are told of it" }),
});
export type ProbeOutput = z.infer<typeof ProbeOutput>;

/** Probes until all targets are good; what took part before a restart of the server counts as time, not as good looks. */
export async function runProbe(
  clock: Clock,
  {
    targets,
    patience,
    context,
  }: { readonly targets: readonly ProbeTarget[]; readonly patience: Patience; readonly context: StepContext },
): Promise<StepResult<ProbeOutput>> {
  const limitMs = patience["give-up-after"] ?? DEFAULT_LIMIT_MS;
  const wanted = patience["good-in-a-row"] ?? DEFAULT_GOOD;
  const { isGood, records } = await goodInARow(clock, {
    targets,
    goodInARow: wanted,
    intervalMs: patience.interval ?? DEFAULT_INTERVAL_MS,
    latencyMs: patience.latency,
    // Our clock may have been set back since the step was started.
    leftMs: Math.min(limitMs, limitMs - (clock.now() - context.startedAt)),
    signal: context.signal,
    progress: (progress) => context.progress(progress),
  });
  if (!isGood) return { status: "failed", failure: failing(records, limitMs) };
  const slowest = Math.max(0, ...records.map((record) => record.slowest ?? 0));
  const notes = [goodText(records, { wanted, slowest })];
  return { status: "succeeded", output: { targets: records.map(shown), slowest, notes } };
}

/** `good 5 times in a row, after 1 that was not; slowest answer 34 ms`. */
function goodText(
  records: readonly TargetRecord[],
  { wanted, slowest }: { readonly wanted: number; readonly slowest: number },
): string {
  const bad = records.reduce((sum, record) => sum + record.bad, 0);
  const who = records.length === 1 ? "" : `${records.length} targets `;
  const times = wanted === 1 ? "once" : `${wanted} times in a row`;
  return `${who}good ${times}${bad === 0 ? "" : `, after ${bad} that ${bad === 1 ? "was" : "were"} not`}; slowest answer ${slowest} ms`;
}

function shown({ target, looks, bad, latency, slowest }: TargetRecord): ProbeOutput["targets"][number] {
  return {
    target,
    looks,
    bad,
    ...(latency !== undefined && { latency }),
    ...(slowest !== undefined && { slowest }),
  };
}

const MOST_NAMED = 10;

function failing(records: readonly TargetRecord[], limitMs: number): Failure {
  const bad = records.filter(({ problem }) => problem !== undefined);
  const [worst] = bad;
  const others = bad.length > 1 ? `, and ${bad.length - 1} more` : "";
  const why = worst === undefined ? "" : ` ${worst.target}: ${worst.problem ?? ""}${others}`;
  const message = `Not good often enough in a row within ${durationText(limitMs)}.${why}`;
  const targets = bad.slice(0, MOST_NAMED).map(({ target, looks, problem }) => ({
    target,
    looks,
    bad: records.find((record) => record.target === target)?.bad ?? 0,
    problem: (problem ?? "").slice(0, 500),
  }));
  return { code: "probe.failing", message, retry: "never", details: { targets } };
}
