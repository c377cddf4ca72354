import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { civilDay, civilTime } from "../../../../src/platform/civil-time.ts";
import { isCronDay, tryCron } from "../../../../src/steps/timing/cron-schedule.ts";
import { openingAt, type WindowRule } from "../../../../src/steps/timing/opening.ts";

const WORKDAYS = new Set([1, 2, 3, 4, 5]);
const HOUR_MS = 3_600_000;

function hours(from: number, to: number, more: { days?: ReadonlySet<number>; zone?: string } = {}): WindowRule {
  return { kind: "hours", days: WORKDAYS, from: from * 60, to: to * 60, zone: "Europe/Berlin", ...more };
}

function cron(text: string, forMs: number, zone = "UTC"): WindowRule {
  const schedule = tryCron(text);
  if (schedule === undefined) throw new Error(`no schedule: ${text}`);
  return { kind: "cron", schedule, forMs, zone };
}

function at(text: string): number {
  return Date.parse(text);
}

describe("cron schedules", () => {
  it.each([
    "* * * * *",
    "0 9 * * 1-5",
    "*/15 0,12 1-7 */2 mon",
    "0 22 * * MON-FRI",
    "5/20 * ? * ?",
    "0 0 29 2 *",
    "0 0 * jan,Mar 7",
    "@daily",
    "@Yearly",
    "  0   9 * * * ",
  ])("are read: %s", (text) => {
    expect(tryCron(text)).toBeDefined();
  });

  it.each([
    "",
    "* * * *",
    "* * * * * *",
    "60 * * * *",
    "* 24 * * *",
    "* * 0 * *",
    "* * * 13 *",
    "* * * * 8",
    "5-1 * * * *",
    "*/0 * * * *",
    "*-5 * * * *",
    "1,,2 * * * *",
    "a * * * *",
    "-1 * * * *",
    "@reboot",
    "1.5 * * * *",
    "0x5 * * * *",
  ])("are not read: %j", (text) => {
    expect(tryCron(text)).toBeUndefined();
  });

  it("mean either day where both fields say something, and both where one is a star", () => {
    const friday13 = civilDay(at("2026-11-13") / 86_400_000);
    const friday20 = civilDay(at("2026-11-20") / 86_400_000);
    const schedule = (text: string) => tryCron(text) ?? expect.fail(text);
    expect([friday13, friday20].map((day) => isCronDay(schedule("0 0 13 * 5"), day))).toEqual([true, true]);
    expect([friday13, friday20].map((day) => isCronDay(schedule("0 0 13 * *"), day))).toEqual([true, false]);
    expect([friday13, friday20].map((day) => isCronDay(schedule("0 0 */13 * 5"), day))).toEqual([true, true]);
    expect(isCronDay(schedule("0 0 * * 7"), civilDay(at("2026-11-22") / 86_400_000))).toBe(true);
  });

  it.each(["constructor", "__proto__"])("are no other name that objects know: %s", (text) => {
    expect(tryCron(text)).toBeUndefined();
  });

  it("end for a text of any sort", () => {
    fc.assert(fc.property(fc.string(), (text) => void tryCron(text)));
  });
});

describe("windows of hours", () => {
  it("are open between their times on their days", () => {
    const rules = [hours(9, 17)];
    const open = { kind: "open", untilMs: at("2026-11-20T16:00:00Z") };
    expect(openingAt(rules, at("2026-11-20T08:00:00Z"))).toEqual(open);
    expect(openingAt(rules, at("2026-11-20T15:59:59Z"))).toEqual(open);
    const monday = { kind: "closed", opensMs: at("2026-11-23T08:00:00Z") };
    expect(openingAt(rules, at("2026-11-20T16:00:00Z"))).toEqual(monday);
    expect(openingAt(rules, at("2026-11-21T12:00:00Z"))).toEqual(monday);
  });

  it("may end on the next day", () => {
    const rules = [hours(22, 2, { days: new Set([5]) })];
    expect(openingAt(rules, at("2026-11-21T00:30:00Z"))).toEqual({ kind: "open", untilMs: at("2026-11-21T01:00:00Z") });
    expect(openingAt(rules, at("2026-11-21T01:00:00Z"))).toEqual({
      kind: "closed",
      opensMs: at("2026-11-27T21:00:00Z"),
    });
  });

  it("keep to the clock on the wall when it is put forward or back", () => {
    const night = [hours(1, 5, { days: new Set([0]) })];
    expect(openingAt(night, at("2026-03-28T12:00:00Z"))).toEqual({
      kind: "closed",
      opensMs: at("2026-03-29T00:00:00Z"),
    });
    expect(openingAt(night, at("2026-03-29T01:00:00Z"))).toEqual({ kind: "open", untilMs: at("2026-03-29T03:00:00Z") });
    expect(openingAt(night, at("2026-10-25T00:30:00Z"))).toEqual({ kind: "open", untilMs: at("2026-10-25T04:00:00Z") });
    const morning = [hours(9, 17)];
    expect(openingAt(morning, at("2026-03-27T18:00:00Z"))).toEqual({
      kind: "closed",
      opensMs: at("2026-03-30T07:00:00Z"),
    });
  });

  it("that begin while the clock is put forward begin right then, and open once when it is put back", () => {
    const half = [hours(2.5, 4, { days: new Set([0]) })];
    expect(openingAt(half, at("2026-03-29T00:59:00Z"))).toEqual({
      kind: "closed",
      opensMs: at("2026-03-29T01:00:00Z"),
    });
    expect(openingAt(half, at("2026-10-24T23:00:00Z"))).toEqual({
      kind: "closed",
      opensMs: at("2026-10-25T00:30:00Z"),
    });
  });

  it("are open exactly while the clock on the wall is between their times", () => {
    const zones = fc.constantFrom("Europe/Berlin", "America/New_York", "UTC", "Asia/Kathmandu");
    // In a night in which the clock is put back, a time between may come twice, and counts once.
    const noon = fc.integer({ min: at("2024-01-01"), max: at("2030-01-01") });
    fc.assert(
      fc.property(
        noon,
        fc.integer({ min: 4, max: 12 }),
        fc.integer({ min: 13, max: 23 }),
        zones,
        (nowMs, from, to, zone) => {
          const { day, minute } = civilTime(nowMs, zone);
          const isOpen = WORKDAYS.has(civilDay(day).dayOfWeek) && minute >= from * 60 && minute < to * 60;
          expect(openingAt([hours(from, to, { zone })], nowMs).kind).toBe(isOpen ? "open" : "closed");
        },
      ),
    );
  });
});

describe("windows of schedules", () => {
  it("are open for their time after each start", () => {
    const rules = [cron("0 22 * * 5", 3 * HOUR_MS)];
    expect(openingAt(rules, at("2026-11-20T22:00:00Z"))).toEqual({ kind: "open", untilMs: at("2026-11-21T01:00:00Z") });
    expect(openingAt(rules, at("2026-11-21T01:00:00Z"))).toEqual({
      kind: "closed",
      opensMs: at("2026-11-27T22:00:00Z"),
    });
  });

  it("may last for longer than it takes to the next start", () => {
    expect(openingAt([cron("0 0 1 * *", 30 * 24 * HOUR_MS)], at("2026-11-25T00:00:00Z"))).toMatchObject({
      kind: "open",
    });
    expect(openingAt([cron("0 * * * *", 90 * 60_000)], at("2026-11-25T10:20:00Z"))).toMatchObject({ kind: "open" });
  });

  it("wait for years where they have to, and say when they never come", () => {
    const leap = { kind: "closed", opensMs: at("2028-02-29T00:00:00Z") };
    expect(openingAt([cron("0 0 29 2 *", HOUR_MS)], at("2026-11-21T00:00:00Z"))).toEqual(leap);
    expect(openingAt([cron("0 0 31 2 *", HOUR_MS)], at("2026-11-21T00:00:00Z"))).toEqual({ kind: "never" });
  });

  it("are the first to open, or the last to close, of several", () => {
    const rules = [cron("0 10 * * *", HOUR_MS), cron("30 10 * * *", HOUR_MS), cron("0 0 31 2 *", HOUR_MS)];
    expect(openingAt(rules, at("2026-11-21T09:00:00Z"))).toEqual({
      kind: "closed",
      opensMs: at("2026-11-21T10:00:00Z"),
    });
    expect(openingAt(rules, at("2026-11-21T10:45:00Z"))).toEqual({ kind: "open", untilMs: at("2026-11-21T11:30:00Z") });
  });

  it("open when they say that they open, and not before", () => {
    const texts = fc.constantFrom("0 9 * * 1-5", "*/7 3 * * *", "30 2 * * *", "15 1 1 * 0", "0 0 29 2 *");
    const zones = fc.constantFrom("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC");
    const moments = fc.integer({ min: at("2024-01-01"), max: at("2028-01-01") });
    fc.assert(
      fc.property(texts, zones, moments, fc.integer({ min: 60_000, max: 5 * HOUR_MS }), (text, zone, nowMs, forMs) => {
        const rules = [cron(text, forMs, zone)];
        const opening = openingAt(rules, nowMs);
        if (opening.kind !== "closed") return;
        expect(opening.opensMs).toBeGreaterThan(nowMs);
        expect(openingAt(rules, opening.opensMs).kind).toBe("open");
        expect(openingAt(rules, opening.opensMs - 1)).toEqual(opening);
      }),
    );
  });

  it("are found quickly, however often they start and however long they last", () => {
    const begun = performance.now();
    openingAt([cron("* * * * *", 31 * 24 * HOUR_MS, "Europe/Berlin")], at("2026-11-21T00:00:00Z"));
    openingAt([cron("* * 31 2 *", HOUR_MS, "Europe/Berlin")], at("2026-11-21T00:00:00Z"));
    expect(performance.now() - begun).toBeLessThan(500);
  });
});
