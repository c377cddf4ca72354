import { describe, expect, it } from "vitest";

import { newId, shortId, systemRandom } from "../../../src/platform/ids.ts";

describe("the machine's randomness", () => {
  it("gives every byte once, and never changes what it gave", () => {
    const given = Array.from({ length: 2000 }, (_, index) => systemRandom.bytes(16 + (index % 60)));
    const before = given.map((bytes) => bytes.toString("hex"));
    for (let index = 0; index < 2000; index += 1) systemRandom.bytes(32).fill(0);
    expect(given.map((bytes) => bytes.toString("hex"))).toEqual(before);
    expect(new Set(before.map((hex) => hex.slice(0, 32))).size).toBe(2000);
    expect(given.map(({ length }) => length)).toEqual(Array.from({ length: 2000 }, (_, index) => 16 + (index % 60)));
  });

  it("gives fractions from 0 to 1, spread evenly", () => {
    const fractions = Array.from({ length: 10_000 }, () => systemRandom.fraction());
    expect(fractions.every((fraction) => fraction >= 0 && fraction < 1)).toBe(true);
    const mean = fractions.reduce((sum, fraction) => sum + fraction, 0) / fractions.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.05);
  });
});

describe("an id", () => {
  it("sorts by time, and is short for people", () => {
    const [earlier, later] = [newId("run", 1, systemRandom), newId("run", 2, systemRandom)];
    expect(earlier < later).toBe(true);
    expect(earlier).toMatch(/^run_[0-9A-HJKMNP-TV-Z]{26}$/u);
    expect(shortId(earlier)).toBe(`run_${earlier.slice(-4)}`);
  });
});
