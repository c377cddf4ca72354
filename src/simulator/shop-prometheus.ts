import { parsePromql, PromqlError } from "./shop-promql.ts";
import { type PromRates, promqlValue } from "./shop-promql-value.ts";

export interface PrometheusAnswer {
  readonly status: number;
  readonly body: object;
}

/** What Prometheus answers to an instant query at this moment. */
export function instantQuery(
  query: string | null,
  { rates, nowMs }: { readonly rates: PromRates; readonly nowMs: number },
): PrometheusAnswer {
  if (query === null || query === "")
    return refused('invalid parameter "query": unknown position: parse error: no expression found in input');
  try {
    const value = promqlValue(parsePromql(query), rates);
    const at = nowMs / 1000;
    if (value.kind === "scalar") return found({ resultType: "scalar", result: [at, numberText(value.value)] });
    const result = value.samples.map(({ labels, value: number }) => ({
      metric: labels,
      value: [at, numberText(number)],
    }));
    return found({ resultType: "vector", result });
  } catch (error) {
    if (!(error instanceof PromqlError)) throw error;
    return refused(`invalid parameter "query": ${error.message}`);
  }
}

function found(data: object): PrometheusAnswer {
  return { status: 200, body: { status: "success", data } };
}

function refused(error: string): PrometheusAnswer {
  return { status: 400, body: { status: "error", errorType: "bad_data", error } };
}

function numberText(value: number): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}
