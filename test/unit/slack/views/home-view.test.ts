import { describe, expect, it } from "vitest";

import type { HomeContent, WaitingGate } from "../../../../src/engine/home-content.ts";
import type { HandLock } from "../../../../src/domain/hand-lock.ts";
import type { RunRow } from "../../../../src/engine/ports.ts";
import { homeProblems } from "../../../../src/slack/validate-blocks.ts";
import { renderHome } from "../../../../src/slack/views/home-view.ts";
import { lookups } from "../sample-run.ts";

const NOW = Date.UTC(2026, 0, 1, 12);

const gate = (text: string, more: Partial<WaitingGate> = {}): WaitingGate => ({
  run: "run_01J0000000000000000000ABCD",
  path: "promote/for-each[prod]/gate",
  opening: 0,
  service: text,
  environment: text,
  title: text,
  fromRevision: "a".repeat(40),
  toRevision: "b".repeat(40),
  requester: "p_ana",
  expiresAt: NOW,
  approvals: 0,
  quorum: 1,
  ...more,
});

const run = (text: string): RunRow => ({
  id: "run_01J0000000000000000000ABCD",
  command: "promote",
  title: text,
  status: "running",
  services: [text],
  environments: [text],
  requester: "p_ana",
  channel: "C1",
  startedAt: NOW,
  changedAt: NOW,
  finishedAt: undefined,
  version: 1,
  wakeAt: undefined,
  parked: false,
  gates: 0,
});

const lock = (text: string): HandLock => ({
  key: `${text}/prod`,
  owner: "p_ana",
  reason: text,
  since: NOW,
});

const service = (name: string, text: string): HomeContent["services"][number] => ({
  name,
  places: Array.from({ length: 8 }, (_, index) => ({
    environment: `${text}${index}`,
    app: "main/argocd/checkout",
    health: text,
    sync: text,
    revision: "c".repeat(40),
    provenAt: NOW,
  })),
});

const content = (text: string, much: number): HomeContent => ({
  waiting: Array.from({ length: much }, () => gate(text)),
  isWaitingIncomplete: true,
  own: Array.from({ length: much }, () => run(text)),
  locks: Array.from({ length: much }, () => lock(text)),
  services: Array.from({ length: much }, (_, index) => service(`${text.slice(0, 60)}${index}`, text.slice(0, 60))),
});

const EMPTY: HomeContent = { waiting: [], isWaitingIncomplete: false, own: [], locks: [], services: [] };

const textOf = (home: ReturnType<typeof renderHome>): string => JSON.stringify(home.blocks);

describe("renderHome", () => {
  it.each([
    ["nothing at all", EMPTY],
    ["200 of everything", content("checkout", 200)],
    ["3,000 letters everywhere", content("x".repeat(3000), 200)],
    ["markup everywhere", content("<!channel> *b* <https://evil.test|ok> &amp; ``` \u202E", 200)],
    ["emoji everywhere", content("\u{1F600}".repeat(1500), 200)],
    ["no names", content("", 40)],
  ])("stays within Slack's limits with %s", (_, what) => {
    expect(homeProblems(renderHome(what, lookups, NOW))).toEqual([]);
  });

  it("shows 200 services of ordinary names, and how many more there are beyond what Slack takes", () => {
    const many = {
      ...EMPTY,
      services: Array.from({ length: 200 }, (_, index) => ({ ...service(`service-${index}`, ""), places: [] })),
    };
    expect(textOf(renderHome(many, lookups, NOW))).toContain("*service-199*");
    const tooMany = content("x".repeat(100), 600);
    const text = textOf(renderHome(tooMany, lookups, NOW));
    const shown = new Set(text.match(/\*x{60}\d+\*/gu)).size;
    expect(shown).toBeGreaterThan(50);
    expect(text).toContain(`and ${600 - shown} more: ask for their status`);
  });

  it("counts approvals where more than one is needed", () => {
    const two = { ...EMPTY, waiting: [gate("checkout", { quorum: 2, approvals: 1 })] };
    expect(textOf(renderHome(two, lookups, NOW))).toContain("1 of 2 approvals");
  });

  it("shows what is locked, by whom and why, and nothing of locks where there are none", () => {
    const locked = textOf(renderHome({ ...EMPTY, locks: [lock("checkout")] }, lookups, NOW));
    expect(locked).toMatch(/Locked by hand\*.*`checkout\/prod` is locked by <@U[^>]+> since .*: checkout/u);
    expect(textOf(renderHome(EMPTY, lookups, NOW))).not.toContain("Locked");
  });

  it("never notifies anybody of a text that was typed", () => {
    const home = renderHome(content("<!channel> <@U1> <!subteam^S1>", 3), lookups, NOW);
    // What a screen reader says is plain text, in which Slack looks for nothing.
    const text = textOf(home).replaceAll(/"accessibility_label":"[^"]*"/gu, "");
    expect(text).not.toContain("<!channel>");
    expect(text).not.toContain("<!subteam");
  });
});
