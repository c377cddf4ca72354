import { z } from "zod";

import { AppError, type Retry } from "../../platform/errors.ts";
import { visible } from "../../platform/visible-text.ts";
import { readBody } from "../network/answer-check.ts";
import type { HttpTargetDeps } from "../network/http-targets.ts";
import { RequestShape, requestParts } from "../network/request-input.ts";
import { type HttpAnswer, shownUrl } from "../network/http-call.ts";
import { parseUrl, urlInput } from "../network/target-url.ts";
import { type Sample, readMetricAnswer } from "./instant-vector.ts";

const MAX_BYTES = 4 * 1024 * 1024;

const bound = (meaning: string) => z.number().optional().meta({ description: meaning });

/** What is asked of a Prometheus, and what the answer has to be. */
export const MetricShape = {
  url: urlInput(["https:", "http:"]).meta({
    description: "The address of Prometheus, or of what speaks like it, without `/api/v1/query`",
  }),
  name: z
    .string()
    .min(1)
    .max(80)
    .optional()
    .meta({ description: "What the values are, for people, such as `share of errors`; the query itself unless said" }),
  query: z.string().min(1).max(4000).meta({ description: "An instant query in PromQL" }),
  below: bound("Every value has to be below this; at least one bound is needed"),
  "at-most": bound("Every value has to be at most this"),
  above: bound("Every value has to be above this"),
  "at-least": bound("Every value has to be at least this"),
  series: z
    .enum(["all", "any"])
    .optional()
    .meta({ description: "Whether all series have to be within the bounds, which is so unless said, or any of them" }),
  empty: z
    .enum(["bad", "good"])
    .optional()
    .meta({ description: "What a query without any series means; `bad` unless said, as nothing is known then" }),
  ...RequestShape,
} as const;
const MetricQuery = z.strictObject(MetricShape);
export type MetricQuery = z.infer<typeof MetricQuery>;

export interface MetricReading {
  readonly samples: readonly Sample[];
  readonly warnings: readonly string[];
}

/** A query without a bound would always be good. Throws `metrics.bad-input`. */
export function requireBound(query: MetricQuery): void {
  const bounds = [query.below, query.above, query["at-most"], query["at-least"]];
  if (bounds.some((each) => each !== undefined)) return;
  const message = 'A check needs a bound. Give one of "below", "at-most", "above" and "at-least".';
  throw new AppError(message, { code: "metrics.bad-input" });
}

/**
 * Asks once. Throws `metrics.bad-query`, `metrics.denied`, `metrics.bad-answer`, `metrics.away` (retry `backoff`), and what a call to
 * somebody else's server throws.
 */
export async function readMetric(
  { send, networkPolicy }: HttpTargetDeps,
  { query, signal }: { readonly query: MetricQuery; readonly signal: AbortSignal },
): Promise<MetricReading> {
  const { headers, bearer, basic, tls, timeout } = query;
  const url = parseUrl(query.url);
  url.pathname = `${url.pathname.replace(/\/+$/u, "")}/api/v1/query`;
  url.searchParams.set("query", query.query);
  const parts = await requestParts({ headers, bearer, basic, tls, timeout });
  const call = { method: "GET", url, ...parts, policy: networkPolicy(), redirects: 0, maxBytes: MAX_BYTES, signal };
  const answer = await send(call);
  return readingOf(shownUrl(url), answer);
}

function readingOf(what: string, answer: HttpAnswer): MetricReading {
  const { status, isCut, body } = answer;
  const read = readBody(answer);
  const found = readMetricAnswer(read.json);
  if (found?.kind === "samples" && status === 200) return found;
  if (status === 401 || status === 403) {
    throw metricError(
      "metrics.denied",
      `${what} does not accept the credentials (status ${status}). Check "bearer" or "basic".`,
    );
  }
  if (status === 429 || status >= 500) throw metricError("metrics.away", `${what} answered with status ${status}.`);
  if (found?.kind === "error") {
    const message = visible(found.message).replaceAll(/\s+/gu, " ").slice(0, 300);
    throw metricError("metrics.bad-query", `${what} refused the query (${found.type}): ${message}`);
  }
  const why = isCut
    ? `is longer than ${body.length} bytes`
    : `with status ${status} is not what Prometheus says to an instant query`;
  throw metricError("metrics.bad-answer", `What ${what} answered ${why}. Check "url" and the query.`);
}

function metricError(code: string, message: string): AppError {
  const retry: Retry = code === "metrics.away" ? "backoff" : "never";
  return new AppError(message, { code, retry });
}
