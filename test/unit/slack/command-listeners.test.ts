import { describe, expect, it } from "vitest";

import { type Answer, notice } from "../../../src/engine/answer.ts";
import type { CommandForms, FormChoices, FormOutlook, FormState } from "../../../src/engine/command-form.ts";
import { AppError } from "../../../src/platform/errors.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { message } from "../../../src/slack/blocks.ts";
import type { Arrival } from "../../../src/slack/front-door.ts";
import { FormTurns } from "../../../src/slack/form-turns.ts";
import { handleClick } from "../../../src/slack/listeners/click.ts";
import { handleOptions, type OfferedOptions } from "../../../src/slack/listeners/command-form.ts";
import { handleForm } from "../../../src/slack/listeners/form.ts";
import type { FormErrors, ListenerDeps, PrivateAnswer } from "../../../src/slack/listeners/listener.ts";
import { handleSlashCommand } from "../../../src/slack/listeners/slash-command.ts";
import { SlackAnswers } from "../../../src/slack/slack-answers.ts";
import { refusal } from "../../../src/slack/slack-failure.ts";
import type { Modal } from "../../../src/slack/views/modal.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { MemorySlotStore } from "./fake-slack.ts";
import { sampleForms } from "./sample-forms.ts";
import { lookups, SHA } from "./sample-run.ts";

const PLAN = {
  kind: "plan",
  title: "Promote checkout abc1230 to prod",
  revision: { sha: SHA, short: "abc1230", subject: "x", author: "Ana", authoredAt: 0 },
  stages: [],
  obstacles: [],
} as const;

/** A Slack that keeps one form, and a front door whose answers are in the test's hand. */
class FormRig {
  readonly clock = new FakeClock();
  readonly arrived: Arrival[] = [];
  readonly answered: string[] = [];
  readonly shown: Modal[] = [];
  readonly asked: FormChoices[] = [];
  hash = "h0";
  receive: (arrival: Arrival) => Promise<Answer | undefined> = () => Promise.resolve(undefined);
  outlook: () => Promise<FormOutlook> = () => Promise.resolve({ kind: "outlook", plan: PLAN });
  options: CommandForms["options"] = () => Promise.resolve([{ value: "checkout", label: "checkout" }]);
  opens = true;
  state: CommandForms["state"] = sampleForms.state;
  readonly deps: ListenerDeps;

  constructor() {
    const { clock } = this;
    const forms: CommandForms = {
      ...sampleForms,
      state: (choices) => this.state(choices),
      options: (ask) => this.options(ask),
      outlook: ({ choices }) => {
        this.asked.push(choices);
        return this.outlook();
      },
    };
    this.deps = {
      forms: new FormTurns(),
      frontDoor: {
        forms,
        receive: (_key, arrival) => {
          this.arrived.push(arrival);
          return this.receive(arrival);
        },
      },
      answers: {
        hold: () => undefined,
        send: (_to, { text }) => {
          this.answered.push(text);
          return Promise.resolve(true);
        },
      },
      gateway: {
        openView: (_trigger, view) => {
          if (!this.opens) return Promise.resolve(refusal("expired_trigger_id"));
          this.shown.push(view);
          return Promise.resolve({ status: "done" });
        },
        updateView: ({ hash, view }) => {
          if (hash !== undefined && hash !== this.hash) return Promise.resolve(refusal("hash_conflict"));
          this.hash = `h${this.shown.length}`;
          this.shown.push(view);
          return Promise.resolve({ status: "done", hash: this.hash });
        },
      },
      slots: new MemorySlotStore(),
      lookups,
      clock,
      logger: silentLogger,
      ownTeam: () => "T1",
    };
  }

  /** Somebody chose something, seeing the form as it was at `hash`. */
  choose(values: Readonly<Record<string, string>>, hash = this.hash): Promise<void> {
    const [action = ""] = Object.keys(values).slice(-1);
    const payload = { ...this.#view(values, hash), trigger_id: "1.2", container: {}, actions: [{ action_id: action }] };
    return handleClick(this.deps, payload, () => Promise.resolve());
  }

  async send(values: Readonly<Record<string, string>>): Promise<FormErrors | undefined> {
    let said: FormErrors | undefined;
    await handleForm(this.deps, this.#view(values, this.hash), (answer) => {
      said = answer;
      return Promise.resolve();
    });
    return said;
  }

  #view(values: Readonly<Record<string, string>>, hash: string): object {
    const service = values["form_service"];
    const state = Object.entries(values).map(([action, value]) => {
      const block = action === "form_service" ? action : `${action}/${service ?? ""}`;
      return [block, { [action]: { type: "external_select", selected_option: { value } } }];
    });
    const memory = {
      command: "promote",
      channel: "C1",
      answerUntil: 1,
      responseUrl: "https://hooks.slack.com/x",
      service,
    };
    const view = { id: "V1", hash, callback_id: "command_form", private_metadata: JSON.stringify(memory) };
    return { user: { id: "U1", team_id: "T1" }, view: { ...view, state: { values: Object.fromEntries(state) } } };
  }
}

function sampleFormOf(choices: FormChoices): FormState {
  const state = sampleForms.state(choices);
  if (state === undefined) throw new Error("there is no form");
  return state;
}

const ALL = { form_service: "checkout", form_revision: SHA, form_environment: "prod" };
const text = (view: Modal | undefined): string => JSON.stringify(view?.blocks);

describe("a button that asks for a command", () => {
  const click = (value: unknown) => ({
    user: { id: "U2", team_id: "T2" },
    team: { id: "T1" },
    trigger_id: "4.5.6",
    response_url: "https://hooks.slack.com/y",
    container: { channel_id: "C1", message_ts: "1.000001" },
    actions: [{ action_id: "command_0", value: JSON.stringify(value) }],
  });

  it("is recorded as what would have been typed, acknowledged, and answered privately", async () => {
    const rig = new FormRig();
    rig.receive = () => Promise.resolve(notice("access.not-granted", "You may not."));
    const acks: unknown[] = [];
    await handleClick(rig.deps, click({ command: "cancel", values: { run: "run_1" } }), (...given) => {
      acks.push(given);
      return Promise.resolve();
    });
    expect(rig.arrived).toMatchObject([
      {
        kind: "command",
        door: "button",
        team: "T2",
        user: "U2",
        channel: "C1",
        command: "cancel",
        values: { run: "run_1" },
      },
    ]);
    expect([acks.length, rig.answered]).toEqual([1, [expect.stringContaining("You may not.")]]);
  });

  it("that is not one of ours does nothing and says so", async () => {
    const rig = new FormRig();
    await handleClick(rig.deps, click({ command: "cancel" }), () => Promise.resolve());
    expect([rig.arrived, rig.answered]).toEqual([[], [expect.stringContaining("Nothing was done")]]);
  });

  it("is not acknowledged when it cannot be recorded, since Slack may not bring the word about it either", async () => {
    const rig = new FormRig();
    rig.receive = () => Promise.reject(new AppError("the disk fails", { code: "store.failed" }));
    let acks = 0;
    await handleClick(rig.deps, click({ command: "cancel", values: {} }), () => {
      acks += 1;
      return Promise.resolve();
    });
    expect([acks, rig.answered]).toEqual([0, [expect.stringContaining("could not be written down")]]);
  });

  it("is not acknowledged while it is not on the disk, and then not as if it were", async () => {
    const rig = new FormRig();
    const recording = Promise.withResolvers<undefined>();
    rig.receive = () => recording.promise;
    let acks = 0;
    const handling = handleClick(rig.deps, click({ command: "cancel", values: {} }), () => {
      acks += 1;
      return Promise.resolve();
    });
    await rig.clock.advance(2300);
    recording.reject(new AppError("full", { code: "store.full" }));
    await handling;
    expect([acks, rig.answered]).toEqual([0, [expect.stringContaining("could not be written down")]]);
  });
});

describe("a command that was typed bare", () => {
  const typed = { team_id: "T1", channel_id: "C1", user_id: "U1", command: "/promote", text: "", trigger_id: "1.2.3" };

  it("opens its form and says nothing else", async () => {
    const rig = new FormRig();
    rig.receive = () => Promise.resolve({ kind: "form", command: "promote", text: "Say what to do" });
    const said: unknown[] = [];
    await handleSlashCommand(rig.deps, typed, (answer?: PrivateAnswer) => {
      said.push(answer);
      return Promise.resolve();
    });
    expect([said, rig.answered, rig.shown.length]).toEqual([[undefined], [], 1]);
  });

  it("is explained in words when Slack does not open it any more", async () => {
    const rig = new FormRig();
    rig.opens = false;
    rig.receive = () => Promise.resolve({ kind: "form", command: "promote", text: "Say what to do" });
    await handleSlashCommand(rig.deps, typed, () => Promise.resolve());
    expect(rig.answered).toEqual(["Say what to do"]);
  });
});

describe("what is chosen in a form", () => {
  it("shows first what depends on it, and then what would happen", async () => {
    const rig = new FormRig();
    await rig.choose({ form_service: "checkout" });
    expect(text(rig.shown.at(-1))).toContain("form_revision/checkout");
    expect(rig.asked).toEqual([]);
    await rig.choose(ALL);
    expect(text(rig.shown.at(-2))).toContain("Looking up");
    expect(text(rig.shown.at(-1))).toContain("What would happen");
    expect(rig.asked).toEqual([{ command: "promote", service: "checkout", revision: SHA, environment: "prod" }]);
  });

  it("is never overtaken by what an earlier choice still looked up", async () => {
    const rig = new FormRig();
    const slow = Promise.withResolvers<FormOutlook>();
    rig.outlook = () => slow.promise;
    const first = rig.choose(ALL);
    await settle();
    rig.outlook = () => Promise.resolve({ kind: "outlook", plan: { ...PLAN, title: "the newer one" } });
    // Seen before the form said that it was looking something up.
    await rig.choose({ ...ALL, form_revision: "b".repeat(40) }, "h0");
    slow.resolve({ kind: "outlook", plan: { ...PLAN, title: "the older one" } });
    await first;
    expect(text(rig.shown.at(-1))).toContain("the newer one");
    expect(rig.shown.map(text).join("\n")).not.toContain("the older one");
  });

  it("is offered in time, also when nothing can be found out", async () => {
    const rig = new FormRig();
    const ask = {
      type: "block_suggestion",
      action_id: "form_service",
      value: "x",
      view: {
        callback_id: "command_form",
        private_metadata: JSON.stringify({ command: "promote", channel: "C1", answerUntil: 1 }),
      },
    };
    const given: (OfferedOptions | undefined)[] = [];
    const ack = (options?: OfferedOptions): Promise<void> => {
      given.push(options);
      return Promise.resolve();
    };
    await handleOptions(rig.deps, ask, ack);
    const asked: Parameters<typeof rig.options>[0][] = [];
    rig.options = (question) => {
      asked.push(question);
      return new Promise(() => undefined);
    };
    const late = handleOptions(rig.deps, ask, ack);
    await rig.clock.advance(2200);
    await late;
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([true]);
    expect(rig.clock.pendingTimers).toBe(0);
    await handleOptions(rig.deps, { ...ask, action_id: "other" }, ack);
    expect(given).toMatchObject([{ options: [{ value: "checkout" }] }, { options: [] }, { options: [] }]);
  });
});

describe("a form that is sent", () => {
  it("is the command that would have been typed, answered where the form was asked for", async () => {
    const rig = new FormRig();
    expect(await rig.send(ALL)).toBeUndefined();
    expect(rig.arrived).toMatchObject([
      {
        kind: "command",
        door: "modal",
        user: "U1",
        channel: "C1",
        responseUrl: "https://hooks.slack.com/x",
        command: "promote",
        values: { service: "checkout", revision: SHA, environment: "prod" },
      },
    ]);
  });

  it("stays open with what is wrong at its field", async () => {
    const rig = new FormRig();
    expect(await rig.send({})).toMatchObject({ errors: { form_service: "Choose a service." } });
    expect(await rig.send({ form_service: "checkout" })).toMatchObject({
      errors: { form_service: expect.stringContaining("Wait a moment") },
    });
    expect(await rig.send({ form_service: "checkout", form_revision: SHA })).toMatchObject({
      errors: { "form_environment/checkout": "Choose how far it goes." },
    });
    rig.outlook = () =>
      Promise.resolve({ kind: "wrong", field: "revision", answer: notice("revision.older", "too old") });
    expect(await rig.send(ALL)).toMatchObject({ errors: { "form_revision/checkout": "too old" } });
    rig.outlook = () => Promise.resolve({ kind: "outlook", plan: { ...PLAN, obstacles: ["prod is locked"] } });
    expect(await rig.send(ALL)).toMatchObject({ errors: { "form_environment/checkout": "prod is locked" } });
    expect(rig.arrived).toEqual([]);
  });

  it("asks for no more than its command does", async () => {
    const rig = new FormRig();
    const environments = [{ value: "prod", label: "prod" }];
    rig.state = () => ({
      title: "Provision",
      fields: ["environment"],
      service: undefined,
      environments,
      environment: undefined,
    });
    expect(await rig.send({})).toMatchObject({ errors: { "form_environment/": "Choose how far it goes." } });
    await rig.choose({ form_environment: "prod" });
    expect(rig.asked).toMatchObject([{ environment: "prod", service: undefined, revision: undefined }]);
    expect(text(rig.shown.at(-1))).not.toContain("form_service");
    expect(text(rig.shown.at(-1))).toContain("What would happen");
    expect(await rig.send({ form_environment: "prod" })).toBeUndefined();
    rig.state = (choices) => ({ ...sampleFormOf(choices), fields: ["service", "revision"] });
    expect(await rig.send({ form_service: "checkout", form_revision: SHA })).toBeUndefined();
    expect(rig.arrived).toHaveLength(2);
    rig.outlook = () => Promise.resolve({ kind: "outlook", plan: { ...PLAN, obstacles: ["prod is locked"] } });
    expect(await rig.send({ form_service: "checkout", form_revision: SHA })).toMatchObject({
      errors: { "form_revision/checkout": "prod is locked" },
    });
  });

  it("is not held up by what takes too long to find out", async () => {
    const rig = new FormRig();
    rig.outlook = () => new Promise(() => undefined);
    const sent = rig.send(ALL);
    await rig.clock.advance(1800);
    expect(await sent).toBeUndefined();
    expect(rig.arrived).toHaveLength(1);
  });

  it("stays open when it could not be written down", async () => {
    const rig = new FormRig();
    rig.receive = () => Promise.reject(new AppError("full", { code: "store.full" }));
    expect(await rig.send(ALL)).toMatchObject({ errors: { form_service: expect.stringContaining("Send it again") } });
  });
});

describe("an answer that takes the place of what was said at once", () => {
  it("waits until that has been said", async () => {
    const sent: string[] = [];
    const answers = new SlackAnswers({
      gateway: {
        ephemeral: ({ content }) => {
          sent.push(content.text);
          return Promise.resolve({ status: "done" });
        },
      },
      clock: new FakeClock(),
      logger: silentLogger,
      apiUrl: undefined,
    });
    const said = Promise.withResolvers<void>();
    const url = "https://elsewhere.example/x";
    answers.hold(url, said.promise);
    const to = { team: "T1", user: "U1", channel: "C1", responseUrl: url, answerUntil: 0 };
    const later = answers.send(to, message("later", []), { replaces: true });
    await answers.send(to, message("beside it", []));
    said.resolve();
    await later;
    expect(sent).toEqual(["beside it", "later"]);
  });
});
