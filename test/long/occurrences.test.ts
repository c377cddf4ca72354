import { expect, it } from "vitest";

import { readCron } from "../../src/triggers/schedule/cron-rule.ts";
import { lastOccurrence, nextOccurrence } from "../../src/triggers/schedule/occurrences.ts";
import { type PlainCron, plainCronText, slowOccurrences } from "../support/slow-occurrences.ts";

const EVERY = undefined;
const CRONS: readonly PlainCron[] = [
  { minutes: [0, 20, 59], hours: [0, 1, 2, 3, 23], daysOfMonth: EVERY, months: EVERY, daysOfWeek: EVERY },
  { minutes: [30], hours: EVERY, daysOfMonth: [29, 31], months: EVERY, daysOfWeek: [0] },
];
/** In these years a zone changed its clocks a minute after midnight, another left out a day, and there is a leap day. */
const [FROM, TO] = ["2009-06-30T23:17Z", "2012-06-30T23:17Z"].map((text) => Date.parse(text));
const ZONES = [
  "Europe/Berlin",
  "America/Havana",
  "America/St_Johns",
  "Africa/Casablanca",
  "Australia/Lord_Howe",
  "Pacific/Apia",
];

it.each(ZONES)(
  "the occurrences of three years in %s are those that are found by looking at every minute",
  (zone) => {
    const [fromMs = 0, toMs = 0] = [FROM, TO];
    for (const cron of CRONS) {
      const reading = readCron(plainCronText(cron));
      if (!reading.ok) throw new Error(reading.message);
      const timing = { rule: reading.rule, zone };
      const slow = slowOccurrences(cron, { zone, fromMs, toMs });
      expect(slow.length).toBeGreaterThan(100);
      const found: number[] = [];
      for (let atMs = nextOccurrence(timing, fromMs); atMs !== undefined && atMs <= toMs;) {
        found.push(atMs);
        atMs = nextOccurrence(timing, atMs);
      }
      expect(found).toEqual(slow);
      for (const [index, atMs] of slow.entries()) {
        expect(lastOccurrence(timing, { afterMs: fromMs, untilMs: atMs - 1 })).toBe(slow[index - 1]);
      }
    }
  },
  120_000,
);
