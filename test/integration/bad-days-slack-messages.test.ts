import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { SlackFaultRule } from "../../src/simulator/slack-faults.ts";
import { DEPLOYS, MARCO, PRIYA } from "../support/app-rig.ts";
import { type AskedRun, BadDay } from "../support/bad-day.ts";
import { pressButton } from "../support/gate-clicks.ts";
import { shown, slotMessages, slotTexts } from "../support/slot-messages.ts";

const post = "chat.postMessage";
const update = "chat.update";
let day: BadDay;

beforeAll(async () => {
  day = await BadDay.open();
});

afterAll(() => day[Symbol.asyncDispose]());

/** The run has succeeded and each of its messages is there once, in its final state. */
async function expectAllShown(run: AskedRun): Promise<void> {
  await shown(day, run);
  expect(run.state.status).toBe("succeeded");
  const texts = slotTexts(day, run);
  expect(Object.keys(texts)).toHaveLength(3);
  expect(texts["card"]).toContain("Succeeded");
  for (const [kind, text] of Object.entries(texts)) if (kind !== "card") expect(text).toContain("succeeded");
}

describe("whatever Slack answers to a message, the run goes on and its messages arrive once, in their final state", () => {
  it.each<readonly [string, readonly SlackFaultRule[]]>([
    [
      "a lost answer, and a message that cannot be looked for at first",
      [
        { method: post, fault: { kind: "reset", when: "after" }, times: 1 },
        { method: "conversations.history", fault: { kind: "status", status: 503 }, times: 2 },
      ],
    ],
    ["429 to posts", [{ method: post, fault: { kind: "rate-limited", retryAfterSeconds: 1 }, times: 3 }]],
    ["429 to updates", [{ method: update, fault: { kind: "rate-limited", retryAfterSeconds: 2 }, times: 3 }]],
    ["429 without a time", [{ method: post, fault: { kind: "rate-limited" }, times: 2 }]],
    ["500 to posts", [{ method: post, fault: { kind: "status", status: 500 }, times: 2 }]],
    ["500 to updates", [{ method: update, fault: { kind: "status", status: 500 }, times: 3 }]],
    ["a page of a proxy", [{ method: post, fault: { kind: "html" }, times: 2 }]],
    ["a post whose connection breaks before", [{ method: post, fault: { kind: "reset", when: "before" }, times: 2 }]],
    ["a post whose connection breaks after", [{ method: post, fault: { kind: "reset", when: "after" }, times: 3 }]],
    ["a post whose answer is cut", [{ method: post, fault: { kind: "cut" }, times: 3 }]],
    [
      "an update whose connection breaks after",
      [{ method: update, fault: { kind: "reset", when: "after" }, times: 3 }],
    ],
    [
      "an update that is carried out after its successors",
      [{ method: update, fault: { kind: "late", byMs: 300 }, times: 2 }],
    ],
    ["silence after a post", [{ method: post, fault: { kind: "silence", when: "after" }, times: 1 }]],
    [
      "the token refused for a while",
      [post, update].map((method) => ({ method, fault: { kind: "error", error: "token_revoked" }, times: 2 })),
    ],
    ["an error nobody knows", [{ method: post, fault: { kind: "error", error: "fatal_error" }, times: 2 }]],
  ])("%s", async (_what, rules) => {
    for (const rule of rules) day.rig.world.slack.world.faults.add(rule);
    const run = await day.start("/qd sync web in staging");
    await expectAllShown(run);
    day.rig.world.slack.world.faults.clear();
  });

  it("says in the log, once, that the token is refused and when it is taken again", () => {
    const about = day.rig.log.filter(({ message }) => message.includes("bot token"));
    expect(about.map(({ level, message }) => [level, message])).toEqual([
      [
        "error",
        expect.stringContaining("Slack refuses the bot token: nothing is shown until it is mended; runs go on"),
      ],
      ["info", "Slack takes the bot token again"],
    ]);
  });
});

describe("content that Slack does not take", () => {
  it("is sent simpler, and a request keeps its buttons", async () => {
    const { faults } = day.rig.world.slack.world;
    const run = await day.start("/promote checkout abc123 to prod");
    const refusal = { kind: "error", error: "invalid_blocks_format" } as const;
    await day.until(
      "staging to be healthy",
      () => run.state.steps.get("promote/for-each[staging]/healthy")?.status === "succeeded",
    );
    faults.add({ method: post, fault: refusal, times: 1 });
    const gate = await run.gate();
    expect(gate.text).toContain("approval needed for checkout from 2b4337b to abc1236 in prod");
    await pressButton(day, { user: PRIYA, message: gate });
    await shown(day, run);
    expect(run.state.status).toBe("succeeded");
    slotTexts(day, run);
  });
});

describe("messages that an administrator deletes while the run goes on", () => {
  it("are there again for whoever asks for the run, and the new request counts", async () => {
    const { administration, world } = day.rig.world.slack;
    const run = await day.start("/promote web bf0f to prod");
    const old = await run.gate();
    const [card] = slotMessages(day, run).get("card") ?? [];
    administration.deleteMessage(DEPLOYS, old.ts);
    administration.deleteMessage(DEPLOYS, card?.ts ?? "");
    expect(await day.ask("/promote web bf0f to prod", MARCO)).toContain("is doing exactly this already");
    const fresh = await run.gate();
    expect(fresh.ts).not.toBe(old.ts);
    expect(world.messages.message(DEPLOYS, fresh.threadTs ?? "")?.text).toContain("waiting for approval");
    await pressButton(day, { user: PRIYA, message: fresh });
    await shown(day, run);
    expect(run.state.status).toBe("succeeded");
    expect(slotTexts(day, run)["card"]).toContain("Succeeded");
  });

  it("are replaced by themselves as soon as there is news", async () => {
    const run = await day.start("/promote payments bd25 to staging");
    await day.until("the card", () => slotMessages(day, run).get("card") !== undefined);
    const [card] = slotMessages(day, run).get("card") ?? [];
    day.rig.world.slack.administration.deleteMessage(DEPLOYS, card?.ts ?? "");
    await expectAllShown(run);
  });
});
