import { describe, expect, it } from "vitest";

import { ArgocdError } from "../../../../src/argocd/argocd-errors.ts";
import type { Outcome } from "../../../../src/domain/outcome.ts";
import { isoTime } from "../../../../src/platform/clock.ts";
import type { HttpAnswer } from "../../../../src/steps/network/http-call.ts";
import { soak } from "../../../../src/steps/timing/soak.ts";
import { FakeArgocd } from "../../../support/fake-argocd.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { StepBench } from "../../../support/step-bench.ts";
import { anApplication } from "../../argocd/application-builder.ts";

const MINUTE_MS = 60_000;

/** An application, a probe and a metric whose state is in the test's hand. */
class Garden {
  readonly clock = new FakeClock();
  readonly argocd = new FakeArgocd();
  readonly bench: StepBench;
  outcome: Outcome | undefined;
  /** What the probe answers. */
  status = 200;
  /** What the metric is. */
  metric = "0";
  #version = 100;

  constructor() {
    this.argocd.connected = true;
    this.becomes("Healthy", this.clock.now() - MINUTE_MS);
    this.bench = new StepBench(
      soak({
        servers: this.argocd.servers,
        clock: this.clock,
        timingOf: () => ({ degradedGraceMs: 90_000 }),
        networkPolicy: () => ({ privateAddresses: "deny", allow: [] }),
        send: ({ url }) => Promise.resolve(this.#answer(url)),
      }),
      this.clock.now(),
    );
  }

  /** The application changes, and the stream says so. */
  becomes(health: string, sinceMs = this.clock.now()): void {
    this.#version += 1;
    const application = anApplication({
      metadata: { resourceVersion: String(this.#version) },
      status: { health: { status: health, lastTransitionTime: isoTime(sinceMs) } },
    });
    this.argocd.put(application);
    this.argocd.server.cache.frame("MODIFIED", application);
  }

  start(input: Record<string, unknown> = {}): void {
    const given = { app: "main/argocd/checkout-prod", for: "30m", ...input };
    void this.bench.run(given).then((outcome) => (this.outcome = outcome));
  }

  async pass(minutes = 0): Promise<Outcome | undefined> {
    await this.clock.advance(minutes * MINUTE_MS);
    return this.outcome;
  }

  get text(): string | undefined {
    return this.bench.progress.at(-1)?.text;
  }

  #answer({ hostname }: URL): HttpAnswer {
    const data = { resultType: "scalar", result: [1, this.metric] };
    const body = Buffer.from(hostname === "prometheus.test" ? JSON.stringify({ status: "success", data }) : "");
    const status = hostname === "prometheus.test" ? 200 : this.status;
    return { status, headers: {}, body, isCut: false, url: "u", redirects: 0, latencyMs: 5 };
  }
}

const probes = [{ url: "https://checkout.test/healthz" }];
const metrics = [{ url: "https://prometheus.test", query: "errors", below: 1 }];

describe("soak", () => {
  it("is over when the application was healthy for the time, with one read at its beginning and one at its end", async () => {
    const garden = new Garden();
    garden.start();
    expect(await garden.pass(29.9)).toBeUndefined();
    expect(garden.argocd.calls).toHaveLength(1);
    const since = garden.clock.now() - 29.9 * MINUTE_MS;
    expect(await garden.pass(0.1)).toEqual({
      status: "succeeded",
      output: { since, restarts: 0, notes: ["good for 30 min without a break"] },
    });
    expect(garden.argocd.calls).toHaveLength(2);
    expect(garden.clock.pendingTimers).toBe(0);
  });

  it("shows how long it still takes", async () => {
    const garden = new Garden();
    garden.start();
    await garden.pass(10);
    expect(garden.bench.progress.at(-1)).toEqual({ text: "Good for 10 min, 20 min to go" });
  });

  it("forgives what is bad for no longer than the grace", async () => {
    const garden = new Garden();
    garden.start();
    await garden.pass(10);
    garden.becomes("Progressing");
    await garden.pass(1);
    expect(garden.text).toBe("checkout-prod is Progressing; 30 s of grace");
    garden.becomes("Healthy");
    expect(await garden.pass(19)).toMatchObject({ status: "succeeded", output: { restarts: 0 } });
  });

  it("fails when it is bad for longer, and says how far it was", async () => {
    const garden = new Garden();
    garden.start();
    await garden.pass(10);
    garden.becomes("Degraded");
    expect(await garden.pass(1.4)).toBeUndefined();
    expect(await garden.pass(0.1)).toEqual({
      status: "failed",
      failure: {
        code: "soak.broken",
        message: "checkout-prod is Degraded, for longer than 1 min 30 s, 11 min 30 s into a soak of 30 min.",
        retry: "never",
      },
    });
    expect(garden.clock.pendingTimers).toBe(0);
  });

  it("begins anew where that was chosen", async () => {
    const garden = new Garden();
    garden.start({ "on-bad": "restart", grace: "1m" });
    await garden.pass(10);
    garden.becomes("Degraded");
    await garden.pass(5);
    expect(garden.text).toBe("checkout-prod is Degraded; the time begins anew");
    garden.becomes("Healthy");
    await garden.pass(1);
    expect(garden.text).toBe("Good for 1 min, 29 min to go; begun anew once");
    expect(await garden.pass(28.9)).toBeUndefined();
    expect(await garden.pass(0.1)).toMatchObject({
      status: "succeeded",
      output: { restarts: 1, notes: ["good for 30 min without a break; begun anew once"] },
    });
  });

  it("does not end in the middle of something bad", async () => {
    const garden = new Garden();
    garden.start({ grace: "10m" });
    await garden.pass(29);
    garden.becomes("Degraded");
    expect(await garden.pass(5)).toBeUndefined();
    garden.becomes("Healthy");
    expect(await garden.pass(0)).toMatchObject({ status: "succeeded" });
  });

  it("believes a read more than a frame that came late", async () => {
    const garden = new Garden();
    garden.start();
    await garden.pass(29);
    const healthy = garden.argocd.applications.get("checkout-prod");
    garden.argocd.put(
      anApplication({ metadata: { resourceVersion: "999" }, status: { health: { status: "Degraded" } } }),
    );
    expect(await garden.pass(1)).toBeUndefined();
    expect(garden.text).toContain("Degraded");
    expect(healthy).toBeDefined();
  });

  it("goes on where it was after a restart of the server, if the application stayed healthy", async () => {
    const garden = new Garden();
    garden.bench.startedAt = garden.clock.now() - 20 * MINUTE_MS;
    garden.becomes("Healthy", garden.bench.startedAt - MINUTE_MS);
    garden.start();
    expect(await garden.pass(9.9)).toBeUndefined();
    expect(await garden.pass(0.1)).toMatchObject({ status: "succeeded" });
  });

  it("counts from when it became healthy again, if nobody was there to see", async () => {
    const garden = new Garden();
    garden.bench.startedAt = garden.clock.now() - 20 * MINUTE_MS;
    garden.becomes("Healthy", garden.clock.now() - 5 * MINUTE_MS);
    garden.start();
    expect(await garden.pass(24.9)).toBeUndefined();
    expect(await garden.pass(0.1)).toMatchObject({ status: "succeeded" });
  });

  it.each([
    ["a probe", { probes }],
    ["a metric", { metrics }],
  ])(
    "counts no time before a restart of the server for %s, at which nobody looked meanwhile",
    async (_what, beside) => {
      const garden = new Garden();
      garden.bench.startedAt = garden.clock.now() - 20 * MINUTE_MS;
      garden.becomes("Healthy", garden.bench.startedAt - MINUTE_MS);
      garden.start(beside);
      expect(await garden.pass(29.9)).toBeUndefined();
      expect(await garden.pass(0.1)).toMatchObject({ status: "succeeded" });
    },
  );

  it("takes no time for good in which the stream was away for longer than the grace", async () => {
    const garden = new Garden();
    garden.start();
    await garden.pass(10);
    garden.argocd.connected = false;
    garden.argocd.server.cache.closed();
    await garden.pass(5);
    garden.argocd.connected = true;
    garden.becomes("Healthy", garden.clock.now() - 60 * MINUTE_MS);
    expect(await garden.pass(29.9)).toBeUndefined();
    expect(await garden.pass(0.1)).toMatchObject({ status: "succeeded", output: { restarts: 1 } });
  });

  it("takes no time for good that was unknown and then bad for longer than the grace together, and fails for what was bad alone", async () => {
    const garden = new Garden();
    garden.start({ grace: "2m" });
    await garden.pass(10);
    garden.argocd.connected = false;
    garden.argocd.server.cache.closed();
    await garden.pass(1.5);
    garden.argocd.connected = true;
    garden.becomes("Degraded");
    await garden.pass(1);
    garden.becomes("Healthy");
    expect(await garden.pass(29.9)).toBeUndefined();
    expect(await garden.pass(0.1)).toMatchObject({ status: "succeeded", output: { restarts: 1 } });
  });

  it("waits for Argo CD when it does not answer at the end", async () => {
    const garden = new Garden();
    garden.start({ for: "1m" });
    await garden.pass(0.5);
    garden.argocd.before = () => {
      throw new ArgocdError("away", { class: "unreachable", retry: "backoff" });
    };
    expect(await garden.pass(1)).toBeUndefined();
    garden.argocd.before = () => undefined;
    expect(await garden.pass(0.2)).toMatchObject({ status: "succeeded" });
  });

  it("fails when the application is gone", async () => {
    const garden = new Garden();
    garden.start();
    await garden.pass(1);
    const application = garden.argocd.applications.get("checkout-prod") ?? anApplication();
    garden.argocd.applications.clear();
    garden.argocd.server.cache.frame("DELETED", application);
    expect(await garden.pass(0)).toMatchObject({ status: "failed", failure: { code: "argocd.gone", retry: "never" } });
  });

  it("looks at probes and metrics, too", async () => {
    const garden = new Garden();
    garden.start({ probes, metrics, grace: "1m" });
    await garden.pass(10);
    garden.status = 503;
    await garden.pass(0.5);
    expect(garden.text).toContain("https://checkout.test/healthz: status 503");
    garden.status = 200;
    await garden.pass(5);
    garden.metric = "7";
    const failure = { code: "soak.broken", message: expect.stringContaining("errors: it is 7, and has to be below 1") };
    expect(await garden.pass(2)).toMatchObject({ status: "failed", failure });
    expect(garden.clock.pendingTimers).toBe(0);
  });

  it("fails for a metric at once, also while Argo CD does not answer", async () => {
    const garden = new Garden();
    garden.start({ metrics, grace: "1m" });
    await garden.pass(10);
    garden.argocd.before = () => new Promise(() => undefined);
    garden.metric = "7";
    expect(await garden.pass(2)).toMatchObject({ status: "failed", failure: { code: "soak.broken" } });
  });

  it("does not begin before everything was looked at, and fails for what no look can mend", async () => {
    const garden = new Garden();
    garden.start({ metrics: [{ ...metrics[0], below: undefined }] });
    expect(await garden.pass()).toMatchObject({ failure: { code: "metrics.bad-input" } });
    expect(garden.clock.pendingTimers).toBe(0);
  });

  it("ends with the reason of its signal, and leaves nothing behind", async () => {
    const garden = new Garden();
    garden.start({ probes, metrics });
    await garden.pass(1);
    garden.bench.stop.abort(new Error("nobody wants it"));
    expect(await garden.pass()).toMatchObject({ failure: { message: "nobody wants it" } });
    expect(garden.clock.pendingTimers).toBe(0);
  });
});
