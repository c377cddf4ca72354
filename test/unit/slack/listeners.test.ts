import { describe, expect, it } from "vitest";

import { notice } from "../../../src/engine/answer.ts";
import type { CommandForms } from "../../../src/engine/command-form.ts";
import { AppError } from "../../../src/platform/errors.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { gateActionText } from "../../../src/slack/action-value.ts";
import type { MessageContent } from "../../../src/slack/blocks.ts";
import type { Arrival, FrontDoor, Sender } from "../../../src/slack/front-door.ts";
import { FormTurns } from "../../../src/slack/form-turns.ts";
import { handleClick } from "../../../src/slack/listeners/click.ts";
import type { FormErrors, ListenerDeps, PrivateAnswer } from "../../../src/slack/listeners/listener.ts";
import { handleForm } from "../../../src/slack/listeners/form.ts";
import { handleSlashCommand } from "../../../src/slack/listeners/slash-command.ts";
import { refusal, type SlackFailure } from "../../../src/slack/slack-failure.ts";
import { gateSlot } from "../../../src/slack/slot-ids.ts";
import type { Modal } from "../../../src/slack/views/modal.ts";
import { renderRejectModal } from "../../../src/slack/views/reject-modal.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { MemorySlotStore } from "./fake-slack.ts";
import { lookups } from "./sample-run.ts";

const noForms: CommandForms = {
  state: () => undefined,
  options: () => Promise.resolve([]),
  outlook: () => Promise.reject(new Error("nothing is looked up")),
  values: () => ({}),
};

const ACTION = { run: "run_1", path: "promote/gate", attempt: 1, digest: "d" };

function setUp() {
  const clock = new FakeClock();
  const slots = new MemorySlotStore();
  const slot = gateSlot(ACTION.run, ACTION.path, 3);
  const nothing = { threadTs: undefined, sentHash: undefined, postingSince: undefined, lostReason: undefined };
  slots.records.set(slot, { slot, team: "T1", channel: "C1", ts: "1.000001", ...nothing });
  const arrived: (readonly [string, Arrival])[] = [];
  const answered: (readonly [Sender, MessageContent])[] = [];
  const opened: Modal[] = [];
  const door: { receive: FrontDoor["receive"] } = { receive: () => Promise.resolve(undefined) };
  const opening: { result: { readonly status: "done" } | SlackFailure } = { result: { status: "done" } };
  const deps: ListenerDeps = {
    forms: new FormTurns(),
    frontDoor: {
      forms: noForms,
      receive: (key, arrival) => {
        arrived.push([key, arrival]);
        return door.receive(key, arrival);
      },
    },
    answers: {
      hold: () => undefined,
      send: (to, content) => {
        answered.push([to, content]);
        return Promise.resolve(true);
      },
    },
    gateway: {
      openView: (_trigger, view) => {
        opened.push(view);
        return Promise.resolve(opening.result);
      },
      updateView: () => Promise.reject(new Error("no form is open")),
    },
    slots,
    lookups,
    clock,
    logger: silentLogger,
    ownTeam: () => "T1",
  };
  return { clock, deps, slots, arrived, answered, opened, door, opening };
}

/** An acknowledgement that remembers what it was given; `fails` makes it one whose connection is gone. */
function ackOf<Response>(fails = false) {
  const given: (Response | undefined)[] = [];
  const ack = (response?: Response): Promise<void> => {
    given.push(response);
    return fails ? Promise.reject(new Error("the connection is gone")) : Promise.resolve();
  };
  return { ack, given };
}

const SLASH = {
  team_id: "T1",
  channel_id: "C1",
  user_id: "U1",
  command: "/promote",
  text: "checkout abc123 to prod",
  trigger_id: "1.2.3",
  response_url: "https://hooks.slack.com/x",
};

const click = (actionId: string, value?: string) => ({
  user: { id: "U2", team_id: "T2" },
  team: { id: "T1" },
  trigger_id: "4.5.6",
  response_url: "https://hooks.slack.com/y",
  container: { type: "message", channel_id: "C1", message_ts: "1.000001" },
  actions: [{ action_id: actionId, block_id: "b", type: "button", ...(value !== undefined && { value }) }],
});

describe("a slash command", () => {
  it("is handed on as it was typed, under a key that is the same for every delivery", async () => {
    const { deps, arrived, clock } = setUp();
    const { ack, given } = ackOf<PrivateAnswer>();
    await handleSlashCommand(deps, SLASH, ack);
    const answerUntil = clock.now() + 29 * 60_000;
    const sender = { team: "T1", user: "U1", channel: "C1", responseUrl: "https://hooks.slack.com/x", answerUntil };
    expect(arrived).toEqual([
      ["slash/T1/1.2.3", { kind: "slash", ...sender, command: "/promote", text: "checkout abc123 to prod" }],
    ]);
    expect(given).toEqual([undefined]);
  });

  it("is answered through the response address when the connection was gone at the acknowledgement", async () => {
    const { deps, answered, door } = setUp();
    door.receive = () => Promise.resolve(notice("resolving", "Looking into it."));
    await handleSlashCommand(deps, SLASH, ackOf<PrivateAnswer>(true).ack);
    expect(answered.map(([, content]) => content.text)).toEqual(["Looking into it."]);
  });

  it("is acknowledged in time when recording is slow, and answered once it is recorded or is not", async () => {
    const { deps, answered, clock, door } = setUp();
    const recording = Promise.withResolvers<undefined>();
    door.receive = () => recording.promise;
    const { ack, given } = ackOf<PrivateAnswer>();
    const handling = handleSlashCommand(deps, SLASH, ack);
    await clock.advance(2299);
    expect(given).toEqual([]);
    await clock.advance(1);
    expect(given[0]?.text).toContain("slow to write this down");
    recording.reject(new AppError("full", { code: "store.full" }));
    await handling;
    expect(answered[0]?.[1].text).toContain("did not happen");
  });

  it("that is none is answered, and not handed on", async () => {
    const { deps, arrived } = setUp();
    const { ack, given } = ackOf<PrivateAnswer>();
    await handleSlashCommand(deps, { command: "/promote" }, ack);
    await handleSlashCommand(deps, null, ack);
    expect(arrived).toEqual([]);
    expect(given.map((answer) => answer?.response_type)).toEqual(["ephemeral", "ephemeral"]);
  });
});

describe("a click", () => {
  it("to approve is recorded before it is acknowledged, as of whoever clicked", async () => {
    const { deps, arrived, door } = setUp();
    const recording = Promise.withResolvers<undefined>();
    door.receive = () => recording.promise;
    const { ack, given } = ackOf();
    const handling = handleClick(deps, click("gate_approve", gateActionText(ACTION)), ack);
    await settle();
    expect(given).toEqual([]);
    recording.resolve(undefined);
    await handling;
    expect(given.length).toBe(1);
    expect(arrived[0]).toMatchObject([
      "click/T2/4.5.6",
      { ...ACTION, decision: "approve", user: "U2", team: "T2", isCurrent: true, reason: "" },
    ]);
  });

  it("to approve that cannot be recorded is not acknowledged, since Slack may not bring the word about it either", async () => {
    const { deps, answered, door } = setUp();
    door.receive = () => Promise.reject(new AppError("the disk fails", { code: "store.failed" }));
    const { ack, given } = ackOf();
    await handleClick(deps, click("gate_approve", gateActionText(ACTION)), ack);
    expect(given).toEqual([]);
    expect(answered.map(([, content]) => content.text)).toEqual([expect.stringContaining("did not happen")]);
  });

  it("that says nothing is acknowledged once the person is told, and not where they cannot be told", async () => {
    const { deps, answered, arrived } = setUp();
    const told = ackOf();
    await handleClick(deps, click("gate_approve", '{"run":1}'), told.ack);
    const untold = ackOf();
    const answers = { ...deps.answers, send: () => Promise.resolve(false) };
    await handleClick({ ...deps, answers }, click("gate_approve", '{"run":1}'), untold.ack);
    await handleClick({ ...deps, answers }, click("command_0", '{"run":1}'), untold.ack);
    expect([told.given.length, untold.given.length, arrived.length]).toEqual([1, 0, 0]);
    expect(answered.map(([, content]) => content.text)).toEqual([expect.stringContaining("Nothing was decided")]);
  });

  it("on another message than the current one is said to be so", async () => {
    const { deps, arrived } = setUp();
    const copied = {
      ...click("gate_approve", gateActionText(ACTION)),
      container: { channel_id: "C1", message_ts: "9.9" },
    };
    await handleClick(deps, copied, ackOf().ack);
    const other = click("gate_approve", gateActionText({ ...ACTION, path: "promote/other" }));
    await handleClick(deps, other, ackOf().ack);
    const nowhere = { ...click("gate_approve", gateActionText(ACTION)), container: {} };
    await handleClick(deps, nowhere, ackOf().ack);
    expect(arrived.map(([, arrival]) => arrival.kind === "decision" && arrival.isCurrent)).toEqual([
      false,
      false,
      false,
    ]);
  });

  it("on a request that Slack may have taken just before a crash counts as the current one", async () => {
    const { deps, arrived, slots } = setUp();
    const slot = gateSlot(ACTION.run, ACTION.path, 0);
    const unsure = { threadTs: undefined, ts: undefined, sentHash: undefined, postingSince: 1, lostReason: undefined };
    slots.records.clear();
    slots.records.set(slot, { slot, team: "T1", channel: "C1", ...unsure });
    await handleClick(deps, click("gate_approve", gateActionText(ACTION)), ackOf().ack);
    slots.records.clear();
    await handleClick(deps, click("gate_approve", gateActionText(ACTION)), ackOf().ack);
    expect(arrived.map(([, arrival]) => arrival.kind === "decision" && arrival.isCurrent)).toEqual([true, false]);
  });

  it("that could not be recorded is acknowledged and answered; one that is slow is not acknowledged", async () => {
    const { deps, answered, clock, door } = setUp();
    door.receive = () => Promise.reject(new AppError("busy", { code: "store.busy" }));
    await handleClick(deps, click("gate_approve", gateActionText(ACTION)), ackOf().ack);
    expect(answered[0]?.[1].text).toContain("Try again in a moment");
    const recording = Promise.withResolvers<ReturnType<typeof notice>>();
    door.receive = () => recording.promise;
    const { ack, given } = ackOf();
    const handling = handleClick(deps, click("gate_approve", gateActionText(ACTION)), ack);
    await clock.advance(5000);
    recording.resolve(notice("gate.decided", "It was already approved."));
    await handling;
    expect(given).toEqual([]);
    expect(answered[1]?.[1].text).toBe("It was already approved.");
  });

  it("to reject opens the form and hands nothing on", async () => {
    const { deps, arrived, opened } = setUp();
    const { ack, given } = ackOf();
    await handleClick(deps, click("gate_reject", gateActionText(ACTION)), ack);
    expect(opened.length).toBe(1);
    expect(given.length).toBe(1);
    expect(arrived).toEqual([]);
  });

  it("in a thread says which, whether it approves at once or asks why first", async () => {
    const { deps, arrived, opened } = setUp();
    const inThread = (actionId: string) => {
      const pressed = click(actionId, gateActionText(ACTION));
      return { ...pressed, container: { ...pressed.container, thread_ts: "1.000000" } };
    };
    await handleClick(deps, inThread("gate_approve"), ackOf().ack);
    await handleClick(deps, inThread("gate_reject"), ackOf().ack);
    const view = { id: "V1", callback_id: "gate_reject_reason", private_metadata: opened[0]?.private_metadata };
    const state = { values: { reason: { text: { value: "no" } } } };
    await handleForm(
      deps,
      { user: { id: "U2" }, team: { id: "T1" }, view: { ...view, state } },
      ackOf<FormErrors>().ack,
    );
    expect(arrived.map(([, arrival]) => [arrival.kind === "decision" && arrival.decision, arrival.threadTs])).toEqual([
      ["approve", "1.000000"],
      ["reject", "1.000000"],
    ]);
  });

  it("to reject whose form came too late is answered", async () => {
    const { deps, answered, opening } = setUp();
    opening.result = refusal("expired_trigger_id");
    await handleClick(deps, click("gate_reject", gateActionText(ACTION)), ackOf().ack);
    expect(answered[0]?.[1].text).toContain("Press Reject again");
  });

  it("on anything else is acknowledged and no more", async () => {
    const { deps, arrived, answered } = setUp();
    const { ack, given } = ackOf();
    await handleClick(deps, click("open_link"), ack);
    await handleClick(deps, { nonsense: true }, ack);
    await handleClick(deps, click("gate_approve", "forged"), ack);
    await handleClick(deps, click("gate_approve"), ack);
    expect(given.length).toBe(4);
    expect(arrived).toEqual([]);
    expect(answered.map(([, content]) => content.text)).toEqual(
      Array(2).fill(expect.stringContaining("Nothing was decided")),
    );
  });
});

describe("the form for a rejection", () => {
  const memory = { action: ACTION, channel: "C1", messageTs: "1.000001", clickedAt: 1000 };
  const form = (metadata = renderRejectModal(memory).private_metadata) => ({
    user: { id: "U2" },
    team: { id: "T1" },
    view: {
      id: "V1",
      hash: "h1",
      callback_id: "gate_reject_reason",
      private_metadata: metadata,
      state: { values: { reason: { text: { type: "plain_text_input", value: "x".repeat(3000) } } } },
    },
  });

  it("is recorded with the reason and then closed", async () => {
    const { deps, arrived, answered, door } = setUp();
    door.receive = () => Promise.resolve(notice("gate.decided", "It was already approved."));
    const { ack, given } = ackOf<FormErrors>();
    await handleForm(deps, form(), ack);
    expect(arrived[0]).toMatchObject([
      "form/T1/V1/h1",
      {
        ...ACTION,
        decision: "reject",
        isCurrent: true,
        reason: `${"x".repeat(999)}…`,
        answerUntil: 1000 + 29 * 60_000,
      },
    ]);
    expect(given).toEqual([undefined]);
    expect(answered.length).toBe(1);
  });

  it("stays open with what was typed when it could not be recorded", async () => {
    const { deps, door } = setUp();
    door.receive = () => Promise.reject(new Error("down"));
    const { ack, given } = ackOf<FormErrors>();
    await handleForm(deps, form(), ack);
    expect(given[0]?.errors["reason"]).toContain("nothing was decided");
  });

  it.each(["", "{", '{"action":{}}'])("with %o to remember is closed and no more", async (metadata) => {
    const { deps, arrived } = setUp();
    const { ack, given } = ackOf<FormErrors>();
    await handleForm(deps, form(metadata), ack);
    await handleForm(deps, { view: {} }, ack);
    expect(given).toEqual([undefined, undefined]);
    expect(arrived).toEqual([]);
  });
});
