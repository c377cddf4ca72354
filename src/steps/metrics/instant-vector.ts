import { z } from "zod";

/** One series of an answer, at one moment. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  /** NaN where Prometheus has none, and infinities. */
  readonly value: number;
}

export type MetricAnswer =
  | { readonly kind: "samples"; readonly samples: readonly Sample[]; readonly warnings: readonly string[] }
  | { readonly kind: "error"; readonly type: string; readonly message: string };

/** The time, and the number as text. */
const Point = z.tuple([z.number(), z.string()]);
const Labels = z.record(z.string(), z.string());
const Warnings = z.array(z.string()).nullish();

const Data = z.discriminatedUnion("resultType", [
  z.looseObject({
    resultType: z.literal("vector"),
    result: z.array(z.looseObject({ metric: Labels, value: Point })),
  }),
  z.looseObject({ resultType: z.literal("scalar"), result: Point }),
]);

const Answer = z.discriminatedUnion("status", [
  z.looseObject({ status: z.literal("success"), data: Data, warnings: Warnings }),
  z.looseObject({ status: z.literal("error"), errorType: z.string(), error: z.string() }),
]);

/**
 * Reads what Prometheus answers to an instant query; undefined for whatever is none of its answers, histograms and ranges included.
 * A query may give no series at all, which is an answer too.
 */
export function readMetricAnswer(json: unknown): MetricAnswer | undefined {
  const { data: answer } = Answer.safeParse(json);
  if (answer === undefined) return undefined;
  if (answer.status === "error") return { kind: "error", type: answer.errorType, message: answer.error };
  const { data } = answer;
  const pairs =
    data.resultType === "scalar"
      ? [{ labels: {}, text: data.result[1] }]
      : data.result.map(({ metric, value }) => ({ labels: metric, text: value[1] }));
  const samples: Sample[] = [];
  for (const { labels, text } of pairs) {
    const value = tryNumber(text);
    if (value === undefined) return undefined;
    samples.push({ labels, value });
  }
  return { kind: "samples", samples, warnings: answer.warnings ?? [] };
}

/** As Prometheus writes numbers. */
function tryNumber(text: string): number | undefined {
  if (text === "NaN") return Number.NaN;
  if (text === "+Inf" || text === "Inf") return Number.POSITIVE_INFINITY;
  if (text === "-Inf") return Number.NEGATIVE_INFINITY;
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/iu.test(text) ? Number(text) : undefined;
}
