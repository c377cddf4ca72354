import { expect, test } from "vitest";

import { blindnessOf, calmOf, reachabilityOf, stillnessOf } from "../../../sim/check/calm.ts";

const MINUTE = 60_000;
const WORLD = { startAt: 0, calmAt: 60 * MINUTE };

test("it is calm apart from what goes wrong, and a while after it", () => {
  const wasCalm = calmOf({
    ...WORLD,
    acts: [{ at: 10 * MINUTE, who: "network", act: { kind: "trouble", forMs: MINUTE } }],
  });
  expect(wasCalm(MINUTE, 9 * MINUTE)).toBe(true);
  expect(wasCalm(9 * MINUTE, 10 * MINUTE)).toBe(false);
  expect(wasCalm(10.5 * MINUTE, 10.6 * MINUTE)).toBe(false);
  expect(wasCalm(13 * MINUTE, 13.5 * MINUTE)).toBe(false);
  expect(wasCalm(15 * MINUTE, 20 * MINUTE)).toBe(true);
});

test("a crash that waits for its moment disturbs until nothing goes wrong any more", () => {
  const wasCalm = calmOf({
    ...WORLD,
    acts: [{ at: 10 * MINUTE, who: "machine", act: { kind: "crash", downMs: 100 } }],
  });
  expect(wasCalm(MINUTE, 9 * MINUTE)).toBe(true);
  expect(wasCalm(59 * MINUTE, 60 * MINUTE)).toBe(false);
  expect(wasCalm(64 * MINUTE, 65 * MINUTE)).toBe(true);
});

test("what people and others do disturbs nothing", () => {
  const acts = ["person", "argocd", "git"].map((who) => ({ who, at: 10 * MINUTE, act: {} }));
  expect(calmOf({ ...WORLD, acts })(MINUTE, 20 * MINUTE)).toBe(true);
});

test("what takes seconds longer disturbs nothing", () => {
  const acts = [{ at: 10 * MINUTE, who: "network", act: { kind: "slow", forMs: MINUTE } }];
  expect(calmOf({ ...WORLD, acts })(MINUTE, 20 * MINUTE)).toBe(true);
});

test("it is still while nobody does anything in Argo CD or Git either, nor waits there for a moment", () => {
  const still = (who: string, act: object): boolean =>
    stillnessOf({ ...WORLD, acts: [{ at: 10 * MINUTE, who, act }] })(20 * MINUTE, 30 * MINUTE);
  expect(still("argocd", { type: "foreign-sync" })).toBe(true);
  expect(still("argocd", { type: "controller-away", forMs: 15 * MINUTE })).toBe(false);
  expect(still("argocd", { type: "ambush" })).toBe(false);
  expect(still("git", { type: "push", forMs: 15 * MINUTE })).toBe(false);
  expect(still("person", { kind: "click", forMs: 15 * MINUTE })).toBe(true);
});

test("Argo CD can be reached while one call is lost, and not while its network or the program is away", () => {
  const reachable = (who: string, act: object): boolean =>
    reachabilityOf({ ...WORLD, acts: [{ at: 10 * MINUTE, who, act }] })(9 * MINUTE, 11 * MINUTE);
  expect(reachable("network", { kind: "lose", port: "argocd" })).toBe(true);
  expect(reachable("slack", { kind: "limit" })).toBe(true);
  expect(reachable("network", { kind: "trouble", port: "argocd", forMs: MINUTE })).toBe(false);
  expect(reachable("machine", { kind: "crash", point: "now", downMs: 100 })).toBe(false);
});

test("the account sees nothing while it may not read, and is believed to a moment longer", () => {
  const acts = [
    { at: MINUTE, who: "argocd", act: { type: "lose-rights", right: "get", forMs: MINUTE } },
    { at: 5 * MINUTE, who: "argocd", act: { type: "lose-rights", right: "sync", forMs: MINUTE } },
  ];
  const wasBlind = blindnessOf(0, acts);
  expect([0.5, 1.5, 2.01, 3, 5.5].map((minutes) => wasBlind(minutes * MINUTE))).toEqual([
    false,
    true,
    true,
    false,
    false,
  ]);
});
