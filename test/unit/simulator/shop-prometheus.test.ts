import { describe, expect, test } from "vitest";

import { instantQuery } from "../../../src/simulator/shop-prometheus.ts";
import type { PromSample } from "../../../src/simulator/shop-promql-value.ts";
import { ShopTraffic } from "../../../src/simulator/shop-traffic.ts";
import type { ServingPod, Workload, Workloads } from "../../../src/simulator/argocd-workloads.ts";
import { readMetricAnswer } from "../../../src/steps/metrics/instant-vector.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const GOOD: ServingPod = { version: "1.0.0", revision: "a", answers: {} };
const BAD: ServingPod = { version: "1.1.0", revision: "b", answers: { failing: 0.1, latencyMs: 800 } };

/** Applications that run what a test says. */
class Rig {
  readonly clock = new FakeClock();
  readonly #workloads = new Map<string, Workload>();
  readonly #listeners: ((application: string) => void)[] = [];
  readonly #traffic: ShopTraffic;

  constructor(speed = 1) {
    const workloads: Workloads = {
      speed,
      names: ["checkout-prod", "web-prod"],
      of: (name) => this.#workloads.get(name),
      onChange: (listener) => void this.#listeners.push(listener),
    };
    this.#traffic = new ShopTraffic({ clock: this.clock, workloads });
  }

  serve(application: string, ...serving: readonly ServingPod[]): this {
    this.#workloads.set(application, { wanted: serving.length, serving });
    for (const listener of this.#listeners) listener(application);
    return this;
  }

  ask(query: string): { readonly status: number; readonly body: object } {
    const rates = (rangeMs: number): readonly PromSample[] => this.#traffic.rates(rangeMs);
    return instantQuery(query, { rates, nowMs: this.clock.now() });
  }

  /** The values of an answer, as the product reads them. */
  values(query: string): readonly number[] {
    const read = readMetricAnswer(this.ask(query).body);
    if (read?.kind !== "samples") throw new Error(JSON.stringify(this.ask(query).body));
    return read.samples.map(({ value }) => Math.round(value * 1000) / 1000);
  }
}

const ERRORS = 'sum(rate(http_requests_total{app="checkout-prod",code=~"5.."}[1m]))';
const ALL = 'sum(rate(http_requests_total{app="checkout-prod"}[1m]))';
const SLOW =
  'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{app="checkout-prod"}[1m])))';

describe("the simulated Prometheus", () => {
  test("knows no series of errors before the first of them, as a real one", () => {
    const rig = new Rig().serve("checkout-prod", GOOD);
    expect(rig.values(`${ERRORS} / ${ALL}`)).toEqual([]);
    expect(rig.values(`(${ERRORS} or vector(0)) / ${ALL}`)).toEqual([0]);
  });

  test("averages over the time that is asked for", async () => {
    const rig = new Rig().serve("checkout-prod", GOOD);
    await rig.clock.advance(60_000);
    rig.serve("checkout-prod", BAD);
    expect(rig.values(`${ERRORS} / ${ALL}`)).toEqual([0]);
    await rig.clock.advance(30_000);
    expect(rig.values(`${ERRORS} / ${ALL}`)).toEqual([0.05]);
    await rig.clock.advance(30_000);
    expect(rig.values(`${ERRORS} / ${ALL}`)).toEqual([0.1]);
    rig.serve("checkout-prod", GOOD);
    await rig.clock.advance(60_000);
    expect(rig.values(`${ERRORS} / ${ALL}`)).toEqual([0]);
  });

  test("takes less time for a minute where everything is faster", async () => {
    const rig = new Rig(10).serve("checkout-prod", GOOD);
    rig.serve("checkout-prod", BAD);
    await rig.clock.advance(6000);
    expect(rig.values(`${ERRORS} / ${ALL}`)).toEqual([0.1]);
  });

  test("shares requests between the versions that run", () => {
    const rig = new Rig().serve("checkout-prod", GOOD, BAD);
    expect(rig.values(`${ERRORS} / ${ALL}`)).toEqual([0.05]);
  });

  test("counts what the load balancer answers where no pod is ready", () => {
    const rig = new Rig().serve("checkout-prod");
    expect(rig.values(`${ERRORS} / ${ALL}`)).toEqual([1]);
  });

  test("knows how long answers take", () => {
    const [quick = 0] = new Rig().serve("checkout-prod", GOOD).values(SLOW);
    const [slow = 0] = new Rig().serve("checkout-prod", BAD).values(SLOW);
    expect(quick).toBeLessThan(0.03);
    expect(slow).toBeGreaterThan(0.6);
    expect(slow).toBeLessThan(1);
  });

  test("groups by labels, selects by them, and calculates", () => {
    const rig = new Rig().serve("checkout-prod", BAD).serve("web-prod", GOOD);
    expect(rig.values("sum by (app) (rate(http_requests_total[5m]))")).toEqual([50, 50]);
    expect(rig.values("sum(rate(http_requests_total[5m])) by (code) * 2")).toEqual([190, 10]);
    expect(rig.values('rate(http_requests_total{app!="web-prod",code!~"2.*"}[5m])')).toEqual([5]);
    expect(rig.values("(1 + 2) * 3 - 4 / 2")).toEqual([7]);
    expect(rig.values("100 - sum(rate(http_requests_total[5m]))")).toEqual([0]);
  });

  test("names the series of a rate by their labels, without the name of the counter", () => {
    const rig = new Rig().serve("checkout-prod", GOOD);
    expect(rig.ask('rate(http_requests_total{app="checkout-prod"}[5m])')).toEqual({
      status: 200,
      body: {
        status: "success",
        data: {
          resultType: "vector",
          result: [{ metric: { app: "checkout-prod", code: "200" }, value: [rig.clock.now() / 1000, "50"] }],
        },
      },
    });
  });

  test.each([
    ["", "no expression found"],
    ["sum(rate(http_requests_total[5m])", "end of input"],
    ["http_requests_total ? 1", "unexpected character"],
    ["http_requests_total", "only rates of counters"],
    ["rate(http_requests_total)", "range vector"],
    ["topk(3, rate(http_requests_total[5m]))", "unknown function"],
    ["rate(http_requests_total[5m]) or 0", '"or" not allowed'],
    ['rate(http_requests_total{code=~"("}[5m])', "parsing regexp"],
    ["sum(1)", "expected type instant vector"],
    ["vector(rate(http_requests_total[5m]))", "expected type scalar"],
    ["rate(http_requests_total{code(5}[5m])", "label matching"],
  ])("refuses %j, and says why", (query, why) => {
    const { status, body } = new Rig().serve("checkout-prod", GOOD).ask(query);
    expect(status).toBe(400);
    expect(body).toMatchObject({ status: "error", errorType: "bad_data", error: expect.stringContaining(why) });
  });
});
