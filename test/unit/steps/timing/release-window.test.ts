import { describe, expect, it } from "vitest";

import { ArgocdError } from "../../../../src/argocd/argocd-errors.ts";
import type { Outcome } from "../../../../src/domain/outcome.ts";
import { releaseWindow } from "../../../../src/steps/timing/release-window.ts";
import { windowRules, WindowShape } from "../../../../src/steps/timing/window-input.ts";
import { FakeArgocd } from "../../../support/fake-argocd.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { StepBench } from "../../../support/step-bench.ts";
import { anApplication } from "../../argocd/application-builder.ts";

const HOUR_MS = 3_600_000;
const app = "main/argocd/checkout-prod";

function rig(now: string) {
  const clock = new FakeClock(Date.parse(now));
  const argocd = new FakeArgocd(anApplication());
  const bench = new StepBench(releaseWindow({ servers: argocd.servers, clock }), clock.now());
  const seen: { outcome?: Outcome } = {};
  const start = (input: unknown): void => void bench.run(input).then((outcome) => (seen.outcome = outcome));
  return { clock, argocd, bench, seen, start };
}

describe("window", () => {
  it("is through at once while it is open", async () => {
    const { clock, seen, start } = rig("2026-11-20T10:00:00Z");
    start({ days: "mon-fri", hours: "09:00-17:00" });
    await clock.advance(0);
    expect(seen.outcome).toEqual({
      status: "succeeded",
      output: {
        until: Date.parse("2026-11-20T17:00:00Z"),
        waited: 0,
        notes: ["open until Fri 2026-11-20 17:00 (UTC)"],
      },
    });
  });

  it("waits for the next opening, and says when that is", async () => {
    const { clock, bench, seen, start } = rig("2026-11-20T18:00:00Z");
    start({ days: "mon-fri", hours: ["09:00-12:00", "13:00-17:00"], "time-zone": "Europe/Berlin" });
    await clock.advance(0);
    expect(bench.progress[0]?.text).toBe("Opens Mon 2026-11-23 09:00 (Europe/Berlin), in 2 d 14 h");
    await clock.advance(62 * HOUR_MS - 1);
    expect(seen.outcome).toBeUndefined();
    await clock.advance(1);
    expect(seen.outcome).toMatchObject({ status: "succeeded", output: { waited: 62 * HOUR_MS } });
    expect(clock.pendingTimers).toBe(0);
  });

  it("opens by the clock on the wall when that is put forward meanwhile", async () => {
    const { clock, seen, start } = rig("2026-03-27T18:00:00Z");
    start({ days: "mon-fri", hours: "09:00-17:00", "time-zone": "Europe/Berlin" });
    await clock.advance(61 * HOUR_MS - 1);
    expect(seen.outcome).toBeUndefined();
    await clock.advance(1);
    expect(seen.outcome?.status).toBe("succeeded");
  });

  it("notices within minutes when the machine's clock is set", async () => {
    const { clock, seen, start } = rig("2026-11-20T18:00:00Z");
    start({ cron: "0 22 * * *", for: "1h" });
    await clock.advance(HOUR_MS);
    clock.step(3 * HOUR_MS);
    await clock.advance(300_000);
    expect(seen.outcome?.status).toBe("succeeded");
    const late = rig("2026-11-20T18:00:00Z");
    late.start({ cron: "0 22 * * *", for: "1h" });
    await late.clock.advance(HOUR_MS);
    late.clock.step(-HOUR_MS);
    await late.clock.advance(3 * HOUR_MS);
    expect(late.seen.outcome).toBeUndefined();
  });

  it("waits for the sync windows of Argo CD, too, which are asked every minute", async () => {
    const { clock, argocd, bench, seen, start } = rig("2026-11-20T10:00:00Z");
    argocd.canSync = false;
    start({ app, hours: "10:00-11:00" });
    await clock.advance(5 * 60_000);
    expect(argocd.calls).toHaveLength(6);
    expect(bench.progress.at(-1)?.text).toBe("A sync window of Argo CD keeps checkout-prod closed");
    argocd.canSync = true;
    await clock.advance(60_000);
    expect(seen.outcome).toMatchObject({ status: "succeeded" });
  });

  it("waits for its own hours again where Argo CD's windows opened too late", async () => {
    const { clock, argocd, seen, start } = rig("2026-11-20T10:59:30Z");
    argocd.canSync = false;
    start({ app, hours: "10:00-11:00" });
    await clock.advance(60_000);
    argocd.canSync = true;
    await clock.advance(HOUR_MS);
    expect(seen.outcome).toBeUndefined();
    await clock.advance(22 * HOUR_MS);
    expect(seen.outcome?.status).toBe("succeeded");
  });

  it("is not through where its hours were over before Argo CD had answered", async () => {
    const { clock, argocd, seen, start } = rig("2026-11-20T10:59:55Z");
    argocd.before = () => clock.sleep(10_000);
    start({ app, hours: "10:00-11:00" });
    await clock.advance(HOUR_MS);
    expect(seen.outcome).toBeUndefined();
    await clock.advance(22.5 * HOUR_MS);
    expect(seen.outcome).toMatchObject({ status: "succeeded", output: { until: Date.parse("2026-11-21T11:00:00Z") } });
  });

  it("asks Argo CD alone where nothing else is said, again while it is away, and not when it refuses", async () => {
    const { clock, argocd, seen, start } = rig("2026-11-20T10:00:00Z");
    argocd.before = () => {
      throw new ArgocdError("away", { class: "unreachable", retry: "backoff" });
    };
    start({ app });
    await clock.advance(60_000);
    expect(seen.outcome).toBeUndefined();
    argocd.before = () => {
      throw new ArgocdError("not allowed", { class: "rbac" });
    };
    await clock.advance(60_000);
    expect(seen.outcome).toMatchObject({ status: "failed", failure: { code: "argocd.rbac" } });
  });

  it("fails at once where it never opens, or nothing says when it does", async () => {
    const { bench } = rig("2026-11-20T10:00:00Z");
    expect(await bench.failure({ cron: "0 0 31 2 *", for: "1h" })).toMatchObject({ code: "window.never" });
    for (const input of [{}, { cron: "0 0 * * *" }, { for: "1h" }, { "time-zone": "UTC" }]) {
      expect(await bench.failure(input)).toMatchObject({ code: "window.bad-input" });
    }
  });
});

describe("the hours of a window", () => {
  it.each([
    ["mon-fri", [1, 2, 3, 4, 5]],
    ["Sat,Sun", [0, 6]],
    ["fri-mon", [0, 1, 5, 6]],
    ["wed", [3]],
    ["mon-mon", [1]],
  ])("are on the days %s", (days, numbers) => {
    const [rule] = windowRules({ days });
    expect(rule).toMatchObject({ kind: "hours", from: 0, to: 1440, zone: "UTC" });
    expect(rule?.kind === "hours" ? [...rule.days].toSorted((left, right) => left - right) : []).toEqual(numbers);
  });

  it.each(["", "monday", "mon-", "mon-tue-wed", "mon;tue", "8"])("are on no days %j", (days) => {
    expect(WindowShape.days.safeParse(days).success).toBe(false);
  });

  it.each(["09:00-17:00", "9:00 - 17:30", "22:00-02:00", "00:00-24:00"])("are %s", (hours) => {
    expect(WindowShape.hours.safeParse(hours).success).toBe(true);
  });

  it.each(["", "9-17", "24:00-25:00", "09:60-10:00", "09:00", "09:00-24:01"])("are not %j", (hours) => {
    expect(WindowShape.hours.safeParse(hours).success).toBe(false);
  });

  it("are in a zone that there is", () => {
    expect(WindowShape["time-zone"].safeParse("Europe/Berlin").success).toBe(true);
    expect(WindowShape["time-zone"].safeParse("Europe/Nowhere").success).toBe(false);
  });
});
