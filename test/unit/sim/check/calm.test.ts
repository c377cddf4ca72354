import { expect, test } from "vitest";

import { calmOf } from "../../../sim/check/calm.ts";

const MINUTE = 60_000;

test("it is calm apart from what goes wrong, and a while after it", () => {
  const wasCalm = calmOf(0, [{ at: 10 * MINUTE, who: "network", act: { kind: "trouble", forMs: MINUTE } }]);
  expect(wasCalm(MINUTE, 9 * MINUTE)).toBe(true);
  expect(wasCalm(9 * MINUTE, 10 * MINUTE)).toBe(false);
  expect(wasCalm(10.5 * MINUTE, 10.6 * MINUTE)).toBe(false);
  expect(wasCalm(13 * MINUTE, 13.5 * MINUTE)).toBe(false);
  expect(wasCalm(15 * MINUTE, 20 * MINUTE)).toBe(true);
});

test("a crash that waits for its moment disturbs from then on", () => {
  const wasCalm = calmOf(0, [{ at: 10 * MINUTE, who: "machine", act: { kind: "crash", downMs: 100 } }]);
  expect(wasCalm(MINUTE, 9 * MINUTE)).toBe(true);
  expect(wasCalm(100 * MINUTE, 101 * MINUTE)).toBe(false);
});

test("what people and others do disturbs nothing", () => {
  const acts = ["person", "argocd", "git"].map((who) => ({ who, at: 10 * MINUTE, act: {} }));
  expect(calmOf(0, acts)(MINUTE, 20 * MINUTE)).toBe(true);
});
