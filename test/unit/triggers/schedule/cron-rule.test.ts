import fc from "fast-check";
import { createTask } from "node-cron";
import { describe, expect, it } from "vitest";

import { civilDay } from "../../../../src/platform/civil-time.ts";
import { isCronDay, tryCron } from "../../../../src/steps/timing/cron-schedule.ts";
import { type CronRule, readCron } from "../../../../src/triggers/schedule/cron-rule.ts";

const DAY_MS = 86_400_000;

function rule(text: string): CronRule {
  const reading = readCron(text);
  if (!reading.ok) throw new Error(`${text}: ${reading.message}`);
  return reading.rule;
}

function message(text: string): string {
  const reading = readCron(text);
  return reading.ok ? "" : reading.message;
}

const days = fc.integer({ min: 10_000, max: 40_000 });

describe("readCron", () => {
  it("takes the days that the library takes, L, W and # included", () => {
    const dayOfMonth = fc.constantFrom("L", "LW", "L-3", "1W", "15W", "31W", "29", "1-7", "*/10", "L,15", "lw");
    const dayOfWeek = fc.constantFrom("5#2", "1#5", "0L", "5L", "7", "sun", "1-5", "MON,wed", "7#1");
    const fields = fc.oneof(
      dayOfMonth.map((field) => `0 0 ${field} * *`),
      dayOfWeek.map((field) => `0 0 * * ${field}`),
      fc.constantFrom("0 0 * feb,mar ?", "@monthly", "@weekly", "@yearly"),
    );
    fc.assert(
      fc.property(fields, days, (text, day) => {
        const task = createTask(text, () => undefined, { timezone: "UTC" });
        try {
          expect(rule(text).isDay(civilDay(day))).toBe(task.match(new Date(day * DAY_MS)));
        } finally {
          void task.destroy();
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("means the same as in a window, in all that windows understand too", () => {
    const part = (most: number, least = 0) =>
      fc.oneof(
        fc.constant("*"),
        fc.integer({ min: least, max: most }).map(String),
        fc.integer({ min: 1, max: 20 }).map((step) => `*/${step}`),
        fc.tuple(fc.integer({ min: least, max: 5 }), fc.integer({ min: 6, max: most })).map((ends) => ends.join("-")),
      );
    const list = (most: number, least = 0) =>
      fc.array(part(most, least), { minLength: 1, maxLength: 3 }).map((parts) => parts.join(","));
    const texts = fc.tuple(list(59), list(23), list(31, 1), list(12, 1), list(6)).map((fields) => fields.join(" "));
    fc.assert(
      fc.property(texts, days, (text, day) => {
        const [window, reading] = [tryCron(text), readCron(text)];
        fc.pre(window !== undefined && reading.ok);
        expect(reading.rule.isDay(civilDay(day))).toBe(isCronDay(window, civilDay(day)));
        expect(new Set(reading.rule.minutes)).toEqual(window.minutes);
        expect(new Set(reading.rule.hours)).toEqual(window.hours);
        expect(reading.rule.seconds).toEqual([0]);
      }),
      { numRuns: 500 },
    );
  });

  it("takes either day where both say something, as cron does and windows do", () => {
    // 2026-11-13 is a Friday, 2026-11-20 as well, 2026-12-13 is a Sunday.
    const named = ["2026-11-13", "2026-11-20", "2026-12-13", "2026-12-14"].map((date) =>
      rule("0 0 13 * 5").isDay(civilDay(Date.parse(date) / DAY_MS)),
    );
    expect(named).toEqual([true, true, true, false]);
  });

  it("keeps times in order and each once, where a range goes over midnight too", () => {
    expect(rule("5,*/30,0 22-2 * * *")).toMatchObject({ minutes: [0, 5, 30], hours: [0, 1, 2, 22, 23] });
    expect(rule("*/20 * * * * *").seconds).toEqual([0, 20, 40]);
  });

  it("says which field is wrong", () => {
    expect(message("60 * * * *")).toContain('"60" is no minute');
    expect(message("0 9 * * fri-x")).toContain("is no day of the week");
    expect(message("0 0 30 2 *")).toBe("no month that it names has such a day");
    for (const text of ["", "nine", "* * * *", "0 0 1 1 1 1 1", "@noon", "0-999999999 * * * *", "0 0 * * *; rm"]) {
      expect(message(text)).toContain("five fields of cron are expected");
    }
  });

  it("never throws for what stands in a file", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from("0123456789*/,-#LWlw@ ?monfri\n")) }), (text) => {
        expect(() => readCron(text)).not.toThrow();
      }),
    );
  });
});
