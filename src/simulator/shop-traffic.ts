import type { Clock } from "../platform/clock.ts";
import type { Workload, Workloads } from "./argocd-workloads.ts";
import type { PromSample } from "./shop-promql-value.ts";

export interface ShopTrafficDeps {
  readonly clock: Clock;
  readonly workloads: Workloads;
}

/** How many requests a second people send to each application, in a real cluster's time. */
const REQUESTS_PER_SECOND = 50;
const QUICK_MS = 20;
const BUCKETS_S = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const KEPT_MS = 6 * 3_600_000;

/** Per second, by the series in which they are counted. */
type Rates = ReadonlyMap<string, PromSample>;

interface Stretch {
  readonly fromMs: number;
  readonly rates: Rates;
}

/** How the applications have answered the requests of their users, as counters would show it. */
export class ShopTraffic {
  readonly #deps: ShopTrafficDeps;
  readonly #stretches = new Map<string, Stretch[]>();

  constructor(deps: ShopTrafficDeps) {
    this.#deps = deps;
    deps.workloads.onChange((application) => this.#note(application));
  }

  /** The rate of each series over the time before now. A series is there from its first request on. */
  rates(rangeMs: number): readonly PromSample[] {
    const nowMs = this.#deps.clock.monotonic();
    const fromMs = nowMs - rangeMs / this.#deps.workloads.speed;
    return this.#deps.workloads.names.flatMap((application) => {
      // What images do may have changed without any change in the cluster.
      this.#note(application);
      return averaged(this.#stretches.get(application) ?? [], { fromMs, nowMs });
    });
  }

  #note(application: string): void {
    const workload = this.#deps.workloads.of(application);
    if (workload === undefined) return;
    const stretches = this.#stretches.get(application) ?? [];
    this.#stretches.set(application, stretches);
    const fromMs = this.#deps.clock.monotonic();
    const rates = ratesOf(application, workload);
    const last = stretches.at(-1);
    if (last !== undefined && isSame(last.rates, rates)) return;
    // What is seen first has been so for long.
    stretches.push({ fromMs: last === undefined ? Number.NEGATIVE_INFINITY : fromMs, rates });
    while ((stretches[1]?.fromMs ?? fromMs) < fromMs - KEPT_MS) stretches.shift();
  }
}

interface Window {
  readonly fromMs: number;
  readonly nowMs: number;
}

function averaged(stretches: readonly Stretch[], { fromMs, nowMs }: Window): readonly PromSample[] {
  const sums = new Map<string, PromSample>();
  for (const [index, stretch] of stretches.entries()) {
    const endMs = stretches[index + 1]?.fromMs ?? nowMs;
    const lastedMs = Math.max(0, endMs - Math.max(fromMs, stretch.fromMs));
    const share = nowMs === fromMs ? 0 : lastedMs / (nowMs - fromMs);
    for (const [key, { labels, value }] of stretch.rates) {
      sums.set(key, { labels, value: (sums.get(key)?.value ?? 0) + value * share });
    }
  }
  return [...sums.values()];
}

function ratesOf(app: string, { serving }: Workload): Rates {
  const rates = new Map<string, PromSample>();
  const add = (labels: PromSample["labels"], value: number): void => {
    if (value === 0) return;
    const key = JSON.stringify(labels);
    rates.set(key, { labels, value: (rates.get(key)?.value ?? 0) + value });
  };
  const requests = (code: string): PromSample["labels"] => ({ __name__: "http_requests_total", app, code });
  // Without a pod it is the load balancer that answers.
  if (serving.length === 0) add(requests("503"), REQUESTS_PER_SECOND);
  for (const { answers } of serving) {
    const { failing = 0, latencyMs = QUICK_MS } = answers;
    const rate = REQUESTS_PER_SECOND / serving.length;
    add(requests("200"), rate * (1 - failing));
    add(requests("500"), rate * failing);
    const name = "http_request_duration_seconds";
    add({ __name__: `${name}_count`, app }, rate);
    for (const le of BUCKETS_S) add({ __name__: `${name}_bucket`, app, le: String(le) }, rate * quicker(le, latencyMs));
    add({ __name__: `${name}_bucket`, app, le: "+Inf" }, rate);
  }
  return rates;
}

/** The share of answers that take at most `seconds`, where nineteen of twenty take at most `latencyMs`. */
function quicker(seconds: number, latencyMs: number): number {
  return 1 - Math.exp((-Math.log(20) * seconds * 1000) / latencyMs);
}

function isSame(left: Rates, right: Rates): boolean {
  if (left.size !== right.size) return false;
  return [...left].every(([key, { value }]) => right.get(key)?.value === value);
}
