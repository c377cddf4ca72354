import { describe, expect, it } from "vitest";

import { outcomeOf } from "../../../src/app/trigger-outcome.ts";
import type { Trigger } from "../../../src/triggers/compile-triggers.ts";
import type { TriggerEvent } from "../../../src/triggers/trigger-kind.ts";
import { configured, rightConfiguration } from "../../support/configured.ts";
import { eventOf, fakeKind } from "../triggers/fake-kind.ts";
import { IntakeRig } from "../../support/intake-rig.ts";

const DAY = 24 * 3_600_000;
const NOW = 30 * DAY;
const SHA = "a".repeat(40);
const GRANTED = rightConfiguration
  .replace("roles:\n", "roles:\n  ci: [{ trigger: green }]\n")
  .replace("grants:\n", "grants:\n  - { role: ci, verbs: [promote], services: [checkout], environments: all }\n");

async function linesOf(
  events: readonly TriggerEvent[],
  { revision = SHA, configuration = GRANTED }: { readonly revision?: string; readonly configuration?: string } = {},
): Promise<{ readonly isGood: boolean; readonly lines: readonly string[] }> {
  const trigger: Trigger = {
    machine: { sort: "trigger", name: "green" },
    kind: { ...fakeKind, read: () => ({ kind: "events", delivery: "1", events }) },
    settings: {},
    secrets: [],
    starts: [{ command: "promote", inputs: { service: "${{ event.repository }}", environment: "prod", revision } }],
    sameWithinMs: 0,
    oldestMs: DAY,
  };
  await using rig = await IntakeRig.open([]);
  const tested = { configuration: configured(configuration), commands: rig.commands, trigger };
  return await outcomeOf(tested, { headers: {}, query: "", at: NOW, body: Buffer.from("") });
}

const pushed = (at: number): TriggerEvent => eventOf({ repository: "checkout", commit: SHA, at });

describe("what a delivery would start", () => {
  it("is what the server would start now", async () => {
    expect(await linesOf([pushed(NOW - 1000)])).toEqual({
      isGood: true,
      lines: ["Told: checkout has aaaaaaa", `Starts: /promote checkout ${SHA} to prod`],
    });
  });

  it("is said twice of what is old: as it is now, and as if it came in time", async () => {
    const { isGood, lines } = await linesOf([pushed(NOW - 21 * DAY)]);
    expect(isGood).toBe(true);
    expect(lines.slice(1)).toEqual([
      "Nothing: it happened more than 1 d ago, by its own account",
      `If it came in time: Starts: /promote checkout ${SHA} to prod`,
    ]);
  });

  it("is read as far as the server reads it", async () => {
    const { lines } = await linesOf(Array.from({ length: 300 }, () => pushed(NOW)));
    expect(lines.filter((line) => line.startsWith("Starts:"))).toHaveLength(100);
    expect(lines.at(-1)).toBe("Nothing: only the first 100 events of a delivery are read, and this one has 300");
  });

  it("is nothing that is not pinned, not granted, or not there, and nothing where it is only observed", async () => {
    const reason = async (of: Parameters<typeof linesOf>[1]): Promise<unknown> =>
      (await linesOf([pushed(NOW)], of)).lines[1];
    expect(await reason({ revision: "main" })).toContain("is no full commit");
    expect(await reason({ configuration: GRANTED.replace("services: [checkout]", "services: [payments]") })).toContain(
      "no grant",
    );
    expect(await reason({ configuration: `${GRANTED}mode: observe\n` })).toContain("mode: observe");
    const { isGood, lines } = await linesOf([eventOf({ repository: "chekout", commit: SHA })]);
    expect([isGood, lines[1]]).toEqual([false, expect.stringContaining('"chekout"')]);
  });
});
