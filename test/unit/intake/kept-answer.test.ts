import { describe, expect, it, onTestFinished } from "vitest";

import type { MachineAsk } from "../../../src/engine/machine-door.ts";
import { keptAnswer } from "../../../src/intake/kept-answer.ts";
import { rightConfiguration } from "../../support/configured.ts";
import { settle } from "../../support/fake-clock.ts";
import { IntakeRig } from "../../support/intake-rig.ts";
import { anApplication } from "../argocd/application-builder.ts";

const CI = rightConfiguration.replace(
  "  developers: [{ group: S0DEV }]\ngrants:",
  "  developers: [{ group: S0DEV }]\n  ci: [{ token: ci }]\ngrants:\n  - { role: ci, verbs: [promote], services: all, environments: all }",
);

async function open(): Promise<IntakeRig> {
  const rig = await IntakeRig.open([anApplication({ metadata: { name: "checkout-staging" } })], CI);
  onTestFinished(() => rig[Symbol.asyncDispose]());
  return rig;
}

const asking = (words: string): MachineAsk => ({
  machine: { sort: "token", name: "ci" },
  door: "api",
  command: "promote",
  typed: { words },
});

describe("what a program is told of what it asked for", () => {
  it.each([
    ["checkout", "text", "missing at the end"],
    ["", "text", "Services and their environments"],
    ["checkout abc123 staging", "text", 'The word "to" is expected here'],
    ["chekout abc123 to staging", "input.service", 'There is no service "chekout"'],
    [`checkout abc123 to ${"x".repeat(700)}`, "text", "has more than 255 characters"],
  ])("is what the log keeps, word for word: %.30s", async (words, code, said) => {
    const rig = await open();
    const { answer } = await rig.machines.ask("k", asking(words));
    await settle();
    const told = await answer;
    expect(told).toEqual(rig.machines.resultOf("k"));
    expect(told).toMatchObject({ code, message: expect.stringContaining(said) });
    expect(told?.message).not.toContain("Say what to do");
    await rig.crash();
    expect(rig.machines.resultOf("k")).toEqual(told);
  });

  it("has what was probably meant, also of grammar", async () => {
    const rig = await open();
    for (const [words, meant] of [
      ["chekout abc123 to staging", "/promote checkout abc123 to staging"],
      ["checkout abc123 staging", "/promote checkout abc123 to staging"],
      ["chekout abc123 staging", "/promote checkout abc123 to staging"],
    ] as const) {
      const { answer } = await rig.machines.ask(words, asking(words));
      await settle();
      expect(await answer).toMatchObject({ suggestions: [meant] });
    }
  });
});

describe("what the log keeps of an answer", () => {
  const many = Array.from({ length: 9 }, (_, index) => `/promote ${"x".repeat(600)}${index}`);

  it("is bounded", () => {
    for (const answer of [
      { kind: "text", text: "x".repeat(5000), suggestions: many },
      { kind: "notice", code: "a.b", message: "Because.", suggestions: many },
    ] as const) {
      const { message, suggestions = [] } = keptAnswer(answer, true);
      expect(message.length).toBeLessThanOrEqual(500);
      expect(suggestions.map((text) => text.length)).toEqual([500, 500, 500, 500, 500]);
    }
  });

  it("says of people no more than what came of it", () => {
    expect(keptAnswer({ kind: "text", text: "wrong", suggestions: ["right"] }, false)).toEqual({
      kind: "text",
      code: "",
      message: "",
    });
    expect(keptAnswer({ kind: "notice", code: "a.b", message: "Because.", suggestions: ["x"] }, false)).toEqual({
      kind: "notice",
      code: "a.b",
      message: "Because.",
    });
    expect(keptAnswer(undefined, false)).toEqual({ kind: "done", code: "", message: "" });
  });

  it("names the commits that a revision may mean, and who locked what", () => {
    const commits = ["beef1", "beef2"].map((sha) => ({ sha, subject: "A change", author: "Ana", authoredAt: 1 }));
    expect(keptAnswer({ kind: "candidates", text: "beef", commits, more: 0 }, true)).toMatchObject({
      code: "candidates",
      message: expect.stringContaining("beef1 A change; beef2 A change"),
      suggestions: ["beef1", "beef2"],
    });
    const lock = { key: "checkout/prod", owner: "p_ana", reason: "freeze", since: 1 };
    expect(keptAnswer({ kind: "locked", locks: [lock] }, true)).toMatchObject({
      code: "lock.taken",
      message: "checkout/prod is locked: freeze",
    });
  });
});
