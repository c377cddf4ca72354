import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { readCron } from "../../../../src/triggers/schedule/cron-rule.ts";
import { lastOccurrence, nextOccurrence, type Timing } from "../../../../src/triggers/schedule/occurrences.ts";
import { type PlainCron, plainCronText, slowOccurrences } from "../../../support/slow-occurrences.ts";

const DAY_MS = 86_400_000;

function timing(cron: string, zone = "UTC"): Timing {
  const reading = readCron(cron);
  if (!reading.ok) throw new Error(`${cron}: ${reading.message}`);
  return { rule: reading.rule, zone };
}

function following(of: Timing, from: string, count: number): readonly string[] {
  const found: string[] = [];
  let atMs: number | undefined = Date.parse(from);
  while (found.length < count) {
    atMs = nextOccurrence(of, atMs);
    if (atMs === undefined) break;
    found.push(new Date(atMs).toISOString());
  }
  return found;
}

/** From moments around which clocks are changed, and a few others. */
const spans = fc
  .constantFrom(
    { zone: "UTC", at: "2026-02-28T12:00Z" },
    { zone: "Europe/Berlin", at: "2026-03-29T01:00Z" },
    { zone: "Europe/Berlin", at: "2026-10-25T01:00Z" },
    { zone: "America/New_York", at: "2027-03-14T07:00Z" },
    { zone: "America/New_York", at: "2027-11-07T06:00Z" },
    // By half an hour.
    { zone: "Australia/Lord_Howe", at: "2026-10-03T15:30Z" },
    { zone: "Australia/Lord_Howe", at: "2026-04-04T15:00Z" },
    { zone: "Asia/Kathmandu", at: "2028-02-28T20:00Z" },
    // At midnight: the day begins at one o'clock, and ends a second time.
    { zone: "America/Havana", at: "2026-03-08T05:00Z" },
    { zone: "America/Havana", at: "2026-11-01T05:00Z" },
    { zone: "Africa/Cairo", at: "2026-04-23T22:00Z" },
    { zone: "Africa/Cairo", at: "2026-10-29T21:00Z" },
    // A minute after midnight.
    { zone: "America/St_Johns", at: "2009-11-01T02:31Z" },
    // A day that was left out.
    { zone: "Pacific/Apia", at: "2011-12-30T10:00Z" },
    { zone: "Pacific/Apia", at: "2010-09-26T11:00Z" },
  )
  .chain(({ zone, at }) =>
    fc.record({
      zone: fc.constant(zone),
      fromMs: fc.integer({ min: -3 * 1440, max: 100 }).map((minutes) => Date.parse(at) + minutes * 60_000),
      days: fc.integer({ min: 1, max: 6 }),
    }),
  );

function few(min: number, max: number): fc.Arbitrary<readonly number[] | undefined> {
  const values = fc.uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength: 4 });
  return fc.option(values, { nil: undefined });
}

const crons: fc.Arbitrary<PlainCron> = fc.record({
  // Every minute of days is a lot to compare.
  minutes: few(0, 59).map((minutes) => minutes ?? [0, 1, 31]),
  hours: fc.option(fc.uniqueArray(fc.constantFrom(0, 1, 2, 3, 12, 23), { minLength: 1 }), { nil: undefined }),
  daysOfMonth: few(1, 31),
  months: fc.option(fc.constantFrom([3, 4, 9, 10, 11, 12], [2]), { nil: undefined, freq: 3 }),
  daysOfWeek: few(0, 6),
});

describe("occurrences", () => {
  it("are those that are found by looking at every minute, in every zone and around every change of clocks", () => {
    fc.assert(
      fc.property(crons, spans, (cron, { zone, fromMs, days }) => {
        // The library refuses a day that no month has.
        const reading = readCron(plainCronText(cron));
        fc.pre(reading.ok);
        const of = { rule: reading.rule, zone };
        const toMs = fromMs + days * DAY_MS;
        const slow = slowOccurrences(cron, { zone, fromMs, toMs });
        const forward: number[] = [];
        for (let atMs = nextOccurrence(of, fromMs); atMs !== undefined && atMs <= toMs;) {
          forward.push(atMs);
          atMs = nextOccurrence(of, atMs);
        }
        expect(forward).toEqual(slow);
        const backward: number[] = [];
        for (let atMs = lastOccurrence(of, { afterMs: fromMs, untilMs: toMs }); atMs !== undefined;) {
          backward.unshift(atMs);
          atMs = lastOccurrence(of, { afterMs: fromMs, untilMs: atMs - 1 });
        }
        expect(backward).toEqual(slow);
      }),
      { numRuns: 100 },
    );
  });

  it("are those of a whole leap year, too", () => {
    const cron: PlainCron = {
      minutes: [0, 30],
      hours: [2, 3],
      daysOfMonth: [1, 29],
      months: undefined,
      daysOfWeek: [0],
    };
    const zone = "Europe/Berlin";
    const [fromMs, toMs] = [Date.parse("2027-12-31T00:00Z"), Date.parse("2029-01-02T00:00Z")];
    const slow = slowOccurrences(cron, { zone, fromMs, toMs }).map((atMs) => new Date(atMs).toISOString());
    expect(slow.length).toBeGreaterThan(250);
    expect(following(timing(plainCronText(cron), zone), "2027-12-31T00:00Z", slow.length)).toEqual(slow);
  });

  it("run once after a gap, whatever the gap leaves out, and not again with the hour that follows", () => {
    // At 01:00 UTC the clocks of Berlin go from 02:00 to 03:00.
    expect(following(timing("30 2 * * *", "Europe/Berlin"), "2026-03-28T12:00Z", 2)).toEqual([
      "2026-03-29T01:00:00.000Z",
      "2026-03-30T00:30:00.000Z",
    ]);
    expect(following(timing("*/20 2,3 * * *", "Europe/Berlin"), "2026-03-29T00:00Z", 3)).toEqual([
      "2026-03-29T01:00:00.000Z",
      "2026-03-29T01:20:00.000Z",
      "2026-03-29T01:40:00.000Z",
    ]);
  });

  it("run once at a time that clocks show twice: the first time", () => {
    // At 01:00 UTC the clocks of Berlin go from 03:00 back to 02:00.
    expect(following(timing("30 2 * * *", "Europe/Berlin"), "2026-10-24T12:00Z", 2)).toEqual([
      "2026-10-25T00:30:00.000Z",
      "2026-10-26T01:30:00.000Z",
    ]);
  });

  it("may be by the second, which a gap takes together as well", () => {
    expect(following(timing("*/25 59 1 * * *", "Europe/Berlin"), "2026-03-29T00:59:10Z", 3)).toEqual([
      "2026-03-29T00:59:25.000Z",
      "2026-03-29T00:59:50.000Z",
      "2026-03-29T23:59:00.000Z",
    ]);
    expect(following(timing("10,20 30 2 * * *", "Europe/Berlin"), "2026-03-28T12:00Z", 2)).toEqual([
      "2026-03-29T01:00:00.000Z",
      "2026-03-30T00:30:10.000Z",
    ]);
  });

  it("are found decades ahead, and are none where there is none", () => {
    expect(following(timing("0 0 29 2 *"), "2097-01-01T00:00Z", 1)).toEqual(["2104-02-29T00:00:00.000Z"]);
    expect(following(timing("0 0 31W 4 *"), "2026-01-01T00:00Z", 1)).toEqual([]);
  });

  it("before a moment are none in a span that has none", () => {
    const afterMs = Date.parse("2026-01-05T09:00Z");
    expect(lastOccurrence(timing("0 9 * * 1"), { afterMs, untilMs: afterMs + 7 * DAY_MS - 1 })).toBeUndefined();
    expect(lastOccurrence(timing("0 9 * * 1"), { afterMs: afterMs - 1, untilMs: afterMs })).toBe(afterMs);
  });
});
