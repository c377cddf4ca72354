import { describe, expect, it } from "vitest";

import { MachineReplies } from "../../../src/app/machine-replies.ts";
import type { Answer } from "../../../src/engine/answer.ts";
import { notice } from "../../../src/engine/answer.ts";
import type { MachineArrival } from "../../../src/intake/arrival.ts";
import { configured } from "../../support/configured.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const ARRIVAL: MachineArrival = {
  kind: "machine",
  team: "machines",
  user: "schedule:nightly",
  door: "schedule",
  command: "promote",
  typed: { values: {} },
};
const MACHINE = { sort: "schedule", name: "nightly" } as const;

function rig() {
  const clock = new FakeClock();
  /** What stands in the channel, by slot. */
  const shown = new Map<string, string>();
  const replies = new MachineReplies({
    clock,
    live: { configuration: configured() },
    slack: { announce: ({ slot, content }) => void shown.set(slot, content.text) },
  });
  const reply = (answer: Answer, change: Partial<MachineArrival> = {}): void =>
    replies.reply({ ...ARRIVAL, ...change }, answer);
  const texts = (): readonly string[] => [...shown.values()];
  return { clock, replies, reply, shown, texts };
}

describe("what a machine asked for in vain", () => {
  it("is one message for each way in which it goes wrong, with how often it did", () => {
    const { reply, shown, texts } = rig();
    reply(notice("input.environment", 'There is no environment "stagin".'));
    reply(notice("revision.unknown", "1111 is unknown."));
    reply(notice("revision.unknown", "2222 is unknown."));
    expect(shown.size).toBe(2);
    expect(texts()[0]).toContain(
      'The schedule nightly asked for promote, and nothing was started: There is no environment "stagin".',
    );
    expect(texts()[1]).toContain("2222 is unknown.");
  });

  it("is a new message after an hour", async () => {
    const { clock, reply, shown } = rig();
    reply(notice("access.not-granted", "No."));
    await clock.advance(59 * 60_000);
    reply(notice("access.not-granted", "No."));
    expect(shown.size).toBe(1);
    await clock.advance(60_000);
    reply(notice("access.not-granted", "No."));
    expect(shown.size).toBe(2);
  });

  it("is told of typing mistakes in one line", () => {
    const { reply, texts } = rig();
    const text =
      'The revision is empty.\n/promote checkout "" to prod\n                  ^^\nUsage: /promote <service>';
    reply({ kind: "text", text });
    expect(texts()[0]).toContain('The revision is empty. It would have been typed as: /promote checkout "" to prod.');
    expect(texts()[0]).not.toMatch(/\^|Usage/u);
  });

  it("is told of expressions that failed", () => {
    const { replies, texts } = rig();
    const failed = [{ command: "promote", reason: "its condition cannot be told (no such key)" }];
    replies.failed({ machine: MACHINE, reason: "promote: its condition cannot be told", failed });
    expect(texts()).toEqual([expect.stringContaining("asked for promote, and nothing was started: its condition")]);
  });

  it("is told neither where it was done nor where the asker is answered", () => {
    const { reply, texts } = rig();
    for (const code of ["run.started", "run.joined", "run.cancelling", "run.retried"]) reply(notice(code, "Done."));
    reply(notice("access.not-granted", "No."), { door: "api" });
    expect(texts()).toEqual([]);
  });
});
