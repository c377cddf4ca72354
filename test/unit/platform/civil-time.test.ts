import fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  civilDay,
  civilText,
  civilTime,
  dayNumber,
  isTimeZone,
  momentOf,
  momentsOf,
} from "../../../src/platform/civil-time.ts";

const ZONES = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "America/St_Johns",
  "Australia/Lord_Howe",
  "Asia/Kathmandu",
  "Pacific/Apia",
  "Africa/Casablanca",
  "Africa/Cairo",
  "America/Sao_Paulo",
];
const zone = fc.constantFrom(...ZONES);
const moment = fc.integer({ min: Date.UTC(2005, 0), max: Date.UTC(2040, 0) });

function utc(text: string): number {
  return Date.parse(text);
}

function at(date: string, time: string): { day: number; minute: number } {
  const [hour = 0, minute = 0] = time.split(":").map(Number);
  return { day: utc(`${date}T00:00:00Z`) / 86_400_000, minute: hour * 60 + minute };
}

describe("the calendar", () => {
  it("counts days as everybody does", () => {
    fc.assert(
      fc.property(fc.integer({ min: -200_000, max: 200_000 }), (day) => {
        const date = new Date(day * 86_400_000);
        const expected = {
          year: date.getUTCFullYear(),
          month: date.getUTCMonth() + 1,
          dayOfMonth: date.getUTCDate(),
          dayOfWeek: date.getUTCDay(),
        };
        expect(civilDay(day)).toEqual(expected);
        expect(dayNumber(expected)).toBe(day);
      }),
    );
  });
});

describe("time on the wall", () => {
  it("is what the zone's clocks show", () => {
    expect(civilText(utc("2026-07-01T07:30:00Z"), "Europe/Berlin")).toBe("Wed 2026-07-01 09:30 (Europe/Berlin)");
    expect(civilText(utc("2026-12-01T07:30:00Z"), "Europe/Berlin")).toBe("Tue 2026-12-01 08:30 (Europe/Berlin)");
    expect(civilText(utc("2026-12-01T23:59:59Z"), "Asia/Kathmandu")).toBe("Wed 2026-12-02 05:44 (Asia/Kathmandu)");
  });

  it("that is jumped over in spring is the moment of the jump", () => {
    const jump = utc("2026-03-29T01:00:00Z");
    for (const time of ["02:00", "02:30", "02:59", "03:00"]) {
      expect(momentOf(at("2026-03-29", time), "Europe/Berlin")).toBe(jump);
    }
    expect(momentOf(at("2026-03-29", "01:59"), "Europe/Berlin")).toBe(jump - 60_000);
    expect(momentOf(at("2026-03-29", "03:01"), "Europe/Berlin")).toBe(jump + 60_000);
  });

  it("that comes twice in autumn is the first of the two", () => {
    expect(momentOf(at("2026-10-25", "02:30"), "Europe/Berlin")).toBe(utc("2026-10-25T00:30:00Z"));
    expect(momentOf(at("2026-11-01", "01:30"), "America/New_York")).toBe(utc("2026-11-01T05:30:00Z"));
  });

  it("knows zones that jump by half an hour, at midnight, and over a whole day", () => {
    expect(momentOf(at("2026-10-04", "02:15"), "Australia/Lord_Howe")).toBe(utc("2026-10-03T15:30:00Z"));
    expect(momentOf(at("2018-11-04", "00:30"), "America/Sao_Paulo")).toBe(utc("2018-11-04T03:00:00Z"));
    expect(momentOf(at("2011-12-30", "12:00"), "Pacific/Apia")).toBe(utc("2011-12-30T10:00:00Z"));
  });

  it("leads back to a moment at which clocks show it, the first one, or right behind a jump", () => {
    fc.assert(
      fc.property(moment, zone, (atMs, name) => {
        const shown = civilTime(atMs, name);
        const first = momentOf(shown, name);
        expect(first).toBeLessThanOrEqual(atMs);
        expect(civilTime(first, name)).toEqual(shown);
        expect(momentsOf(shown.day, name)(shown.minute)).toBe(first);
      }),
    );
  });

  it("never goes back", () => {
    fc.assert(
      fc.property(moment, fc.nat(3000), zone, (atMs, minutes, name) => {
        const { day, minute } = civilTime(atMs, name);
        const later = { day: day + Math.floor((minute + minutes) / 1440), minute: (minute + minutes) % 1440 };
        expect(momentOf(later, name)).toBeGreaterThanOrEqual(momentOf({ day, minute }, name));
      }),
    );
  });

  it("is known of zones that there are", () => {
    expect(ZONES.every(isTimeZone)).toBe(true);
    expect(["", "Berlin", "Europe/Nowhere", "CEST7"].some(isTimeZone)).toBe(false);
  });
});
