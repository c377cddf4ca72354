import { readFile } from "node:fs/promises";

import { expect, test } from "vitest";

import { readSights, sightName } from "../../sim/known-sights.ts";
import { allMutants } from "../../sim/mutants/all-mutants.ts";

const SOURCES = new URL("../../../src/", import.meta.url);
const planted = Array.from(allMutants, ([part, mutants]) => mutants.map((mutant) => ({ part, ...mutant }))).flat();

test.each(planted)("$part: $what can be planted in $file", async ({ file, find, replace }) => {
  const text = await readFile(new URL(file, SOURCES), "utf8");

  expect(text.split(find)).toHaveLength(2);
  expect(replace).not.toBe(find);
});

test("no bug is planted twice", () => {
  const places = planted.map(({ file, find, replace }) => JSON.stringify([file, find, replace]));

  expect(new Set(places).size).toBe(places.length);
});

test("where a bug was seen is known of none that is not planted any more", () => {
  const names = new Set(planted.map((mutant) => sightName(mutant)));

  expect([...readSights().keys()].filter((name) => !names.has(name))).toEqual([]);
});
