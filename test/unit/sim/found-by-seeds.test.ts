import { describe, expect, test } from "vitest";

import { violationText } from "../../sim/check/violation.ts";
import { shaOf } from "../../sim/git/sha-of.ts";
import { openStage } from "../../sim/open-stage.ts";
import { play } from "../../sim/play.ts";
import type { Scenario, ScenarioAct } from "../../sim/scenario.ts";

const stage = await openStage();

/** Plays what is left of a seed that failed once, and gives what is violated now. */
async function violationsOf(acts: readonly ScenarioAct[], more: Partial<Scenario> = {}): Promise<readonly string[]> {
  const usual = { settings: "usual", autoSynced: undefined, plans: [], workers: 0 } as const;
  const calmAt = (acts.at(-1)?.at ?? 0) + 60_000;
  const startAt = Date.UTC(2026, 0, 5, 9);
  const scenario: Scenario = { seed: "by hand", startAt, ...usual, acts, calmAt, ...more };
  const { violations } = await play(stage, scenario);
  return violations.map((violation) => violationText(violation));
}

const promote = (at: number, service: string, commit: string, target: string): ScenarioAct => ({
  at,
  who: "person",
  act: { kind: "type", user: "U2", command: "/promote", text: `${service} ${shaOf(commit).slice(0, 8)} to ${target}` },
});

const approve = (at: number, user: string): ScenarioAct => ({
  at,
  who: "person",
  act: { kind: "click", users: [user], button: "approve" },
});

describe("what seeds of the simulation have found", () => {
  test("a click that could not be dealt with while the disk failed is settled when it works again", async () => {
    // Between the record of the click and that of the decision, wherever that is.
    for (const afterMs of [150, 200, 250, 300]) {
      const acts: readonly ScenarioAct[] = [
        promote(2000, "payments", "m2", "core"),
        approve(60_000, "U3"),
        { at: 60_000 + afterMs, who: "machine", act: { kind: "disk", state: "SQLITE_IOERR", forMs: 12_000 } },
      ];
      expect(await violationsOf(acts)).toEqual([]);
    }
  }, 60_000);

  test("a sync that a worker asked for and Argo CD lost is given up in time when the server's clock was set back", async () => {
    const lost = { type: "lose-operation", app: "argocd/payments-staging" } as const;
    const acts: readonly ScenarioAct[] = [
      { at: 1500, who: "argocd", act: { type: "ambush", skip: 0, afterMs: 5, act: lost } },
      { at: 2000, who: "machine", act: { kind: "clock", byMs: -3_600_000 } },
      promote(3000, "payments", "m0", "staging"),
    ];
    expect(await violationsOf(acts, { workers: 1 })).toEqual([]);
  }, 60_000);

  test("an application that falls ill while its approval is rejected is told of by itself", async () => {
    const acts: readonly ScenarioAct[] = [
      promote(2000, "payments", "m2", "core"),
      { at: 30_000, who: "argocd", act: { type: "degrade", app: "argocd/payments-core" } },
      {
        at: 31_000,
        who: "person",
        act: { kind: "click", users: ["U3"], button: "reject", reason: "not today" },
        patienceMs: 30_000,
      },
      { at: 90_000, who: "argocd", act: { type: "heal", app: "argocd/payments-core" } },
    ];
    expect(await violationsOf(acts)).toEqual([]);
  }, 60_000);

  test("what an operation has applied that vanished is not taken for what was proven before", async () => {
    const lost = { type: "lose-operation", app: "argocd/search-dev" } as const;
    const acts: readonly ScenarioAct[] = [
      promote(2000, "search", "m3", "dev"),
      { at: 60_000, who: "argocd", act: { type: "ambush", skip: 0, afterMs: 1500, act: lost } },
      promote(60_000, "search", "m4", "dev"),
      promote(150_000, "search", "m3", "dev"),
    ];
    const health = [{ afterMs: 0, status: "Healthy" }] as const;
    expect(await violationsOf(acts, { plans: [{ app: "search-dev", health, hookMs: 4000 }] })).toEqual([]);
  }, 60_000);

  test("a server to which Slack does not answer at first, and which it refuses then, goes on trying", async () => {
    const acts: readonly ScenarioAct[] = [
      {
        at: 10_000,
        who: "slack",
        act: { kind: "trouble", trouble: { error: "token_revoked", hasEffect: false }, forMs: 27_000 },
      },
      { at: 11_000, who: "machine", act: { kind: "stop", downMs: 6500 } },
      { at: 11_500, who: "network", act: { kind: "trouble", port: "slack", trouble: "silent", forMs: 15_500 } },
    ];
    expect(await violationsOf(acts)).toEqual([]);
  }, 60_000);
});
