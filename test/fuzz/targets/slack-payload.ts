import { createHmac } from "node:crypto";

import { loadCommands, readCommandFolder } from "../../../src/commands/load-commands.ts";
import { matchCommand, matchValues } from "../../../src/commands/match-command.ts";
import { notice } from "../../../src/engine/answer.ts";
import type { CommandForms } from "../../../src/engine/command-form.ts";
import type { HttpAnswer } from "../../../src/http/http-route.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { tryJson } from "../../../src/platform/try-json.ts";
import { gateActionText } from "../../../src/slack/action-value.ts";
import { FormTurns } from "../../../src/slack/form-turns.ts";
import type { Arrival } from "../../../src/slack/front-door.ts";
import { HttpReceiver } from "../../../src/slack/http-receiver.ts";
import { SlackApp } from "../../../src/slack/slack-app.ts";
import { modalProblems } from "../../../src/slack/validate-blocks.ts";
import type { Modal } from "../../../src/slack/views/modal.ts";
import { renderRejectModal } from "../../../src/slack/views/reject-modal.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { testCatalogue } from "../../unit/commands/test-catalogue.ts";
import { MemorySlotStore } from "../../unit/slack/fake-slack.ts";
import { sampleForms } from "../../unit/slack/sample-forms.ts";
import { lookups } from "../../unit/slack/sample-run.ts";
import { type FuzzTarget, must } from "../fuzz-target.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const FOLDER = new URL("../../../commands", import.meta.url).pathname;
const { commands } = loadCommands(await readCommandFolder(FOLDER), { catalogue: testCatalogue, slashNames: {} });
const clock = new FakeClock();
const said: string[] = [];

const forms: CommandForms = {
  ...sampleForms,
  options: ({ typed }) =>
    Promise.resolve([{ value: typed.slice(0, 75) || "checkout", label: typed.slice(0, 75) || "checkout" }]),
  outlook: () =>
    Promise.resolve({
      kind: "wrong",
      field: "revision",
      answer: notice("revision.unknown", "There is no such commit."),
    }),
};

function arrived(arrival: Arrival): string {
  switch (arrival.kind) {
    case "slash":
      return matchCommand(commands, { slash: arrival.command, text: arrival.text }).kind;
    case "command":
      return matchValues(commands, arrival)?.match.kind ?? "unknown";
    case "decision":
      return `${arrival.decision} ${arrival.run} ${arrival.isCurrent}`;
  }
}

const shown = (view: Modal): void => {
  said.push("form");
  const [problem] = modalProblems(view);
  must(problem === undefined, `a form is one that Slack takes: ${JSON.stringify(problem)}`);
};

const receiver = new HttpReceiver({
  signingSecret: SECRET,
  clock,
  logger: { ...silentLogger, error: (text, fields) => void said.push(`RECEIVER ${text} ${JSON.stringify(fields)}`) },
});
const app = new SlackApp({
  botToken: "xoxb-fuzz",
  apiUrl: "http://127.0.0.1:9/",
  receiver,
  home: { opened: ({ user }) => Promise.resolve(void said.push(`home ${user}`)) },
  frontDoor: {
    forms,
    receive: (_key, arrival) => {
      const what = arrived(arrival);
      said.push(what);
      return Promise.resolve(what === "help" ? notice("help", "help") : undefined);
    },
  },
  answers: { hold: () => undefined, send: (_to, { text }) => Promise.resolve(said.push(`told ${text}`) > 0) },
  gateway: {
    openView: (_trigger, view) => Promise.resolve({ status: "done" as const }).finally(() => shown(view)),
    updateView: ({ view }) => Promise.resolve({ status: "done" as const, hash: "h1" }).finally(() => shown(view)),
  },
  forms: new FormTurns(),
  slots: new MemorySlotStore(),
  lookups,
  clock,
  logger: { ...silentLogger, error: (text, fields) => void said.push(`ERROR ${text} ${JSON.stringify(fields)}`) },
  ownTeam: () => "T1",
});
await app.start();

const gate = gateActionText({ run: "run_1", path: "promote/gate", attempt: 1, digest: "d", what: "checkout to prod" });
const who = {
  user: { id: "U1", team_id: "T1" },
  team: { id: "T1", domain: "acme" },
  api_app_id: "A1",
  token: "x",
  enterprise: null,
  is_enterprise_install: false,
};
const click = (action: object): object => ({
  type: "block_actions",
  ...who,
  trigger_id: "1.2.3",
  response_url: "https://hooks.slack.com/actions/x",
  container: { type: "message", message_ts: "1.000001", channel_id: "C1", is_ephemeral: false },
  channel: { id: "C1", name: "deploys" },
  actions: [action],
});
const memory = {
  command: "promote",
  channel: "C1",
  answerUntil: 1,
  responseUrl: "https://hooks.slack.com/x",
  service: "checkout",
};
const state = {
  values: {
    form_service: {
      form_service: {
        type: "external_select",
        selected_option: { value: "checkout", text: { type: "plain_text", text: "checkout" } },
      },
    },
    "form_revision/checkout": { form_revision: { type: "external_select", selected_option: { value: "abc1234" } } },
    "form_environment/checkout": { form_environment: { type: "static_select", selected_option: { value: "prod" } } },
  },
};
const view = {
  id: "V1",
  type: "modal",
  hash: "h0",
  callback_id: "command_form",
  private_metadata: JSON.stringify(memory),
  state,
  blocks: [],
};
const reject = renderRejectModal({
  action: { run: "run_1", path: "p", attempt: 1, digest: "d" },
  channel: "C1",
  messageTs: "1.1",
  clickedAt: 1,
});

/** Whole payloads of Slack, through the signature, Bolt and the real listeners to the grammar of commands. */
export const target: FuzzTarget = {
  seeds: [
    {
      token: "x",
      team_id: "T1",
      team_domain: "acme",
      channel_id: "C1",
      channel_name: "deploys",
      user_id: "U1",
      command: "/promote",
      text: "checkout abc1234 to prod",
      response_url: "https://hooks.slack.com/commands/x",
      trigger_id: "1.2.3",
      api_app_id: "A1",
      is_enterprise_install: "false",
    },
    click({ action_id: "gate_approve", block_id: "b", type: "button", value: gate, action_ts: "1.2" }),
    click({ action_id: "gate_reject", block_id: "b", type: "button", value: gate, action_ts: "1.2" }),
    click({
      action_id: "command_1",
      block_id: "b",
      type: "button",
      value: JSON.stringify({ command: "rollback", values: { service: "checkout", environment: "prod" } }),
    }),
    click({ action_id: "open_link", block_id: "b", type: "button" }),
    {
      ...click({
        action_id: "form_service",
        block_id: "form_service",
        type: "external_select",
        selected_option: { value: "checkout" },
      }),
      view,
      container: { type: "view", view_id: "V1" },
    },
    { type: "view_submission", ...who, trigger_id: "1.2.3", view, response_urls: [] },
    {
      type: "view_submission",
      ...who,
      trigger_id: "1.2.3",
      view: {
        ...view,
        ...reject,
        id: "V2",
        state: { values: { reason: { reason: { type: "plain_text_input", value: "not now" } } } },
      },
      response_urls: [],
    },
    {
      type: "block_suggestion",
      ...who,
      container: { type: "view", view_id: "V1" },
      action_id: "form_revision",
      block_id: "form_revision/checkout",
      value: "mai",
      view,
    },
    {
      type: "event_callback",
      team_id: "T1",
      api_app_id: "A1",
      event: { type: "app_home_opened", user: "U1", channel: "D1", tab: "home", event_ts: "1.2" },
      event_id: "Ev1",
      event_time: 1,
      authorizations: [],
    },
    { type: "view_closed", ...who, view, is_cleared: false },
    { type: "shortcut", ...who, callback_id: "x", trigger_id: "1" },
  ].map((payload) => JSON.stringify(payload)),
  words: [
    "gate_approve",
    "gate_reject",
    "command_1",
    "form_service",
    "block_actions",
    "view_submission",
    "actions",
    "value",
    "private_metadata",
    "state",
    "selected_option",
    "container",
    "team",
    "user",
    "/qd",
    "--again",
    "\\u202e",
    "run_1",
  ],
  longest: 30_000,
  async run(input) {
    said.length = 0;
    const { status, body } = await delivered(input);
    // Some of what a listener does comes after the acknowledgement.
    await settle();
    must(!said.some((text) => text.startsWith("ERROR")), said.join(" "));
    must(status !== 500, said.join(" "));
    return [status, body?.replaceAll(/\d{13}/gu, "TIME"), [...said]];
  },
};

/** Sends a payload as Slack would, signed. Whoever signs is Slack: only what it says can be wrong. */
async function delivered(input: string): Promise<HttpAnswer> {
  const payload = tryJson(input);
  const [type, text] = encoded(payload, input);
  clock.step(1000);
  const timestamp = String(Math.floor(clock.now() / 1000));
  const body = Buffer.from(text);
  const signature = createHmac("sha256", SECRET).update(`v0:${timestamp}:`).update(body).digest("hex");
  const headers = {
    "x-slack-request-timestamp": timestamp,
    "x-slack-signature": `v0=${signature}`,
    "content-type": type,
  };
  const { route } = receiver;
  return await route.answer({ method: "POST", path: route.path, query: "", headers, body });
}

function encoded(payload: unknown, input: string): readonly [string, string] {
  const fields = typeof payload === "object" && payload !== null ? payload : {};
  if ("event" in fields || "challenge" in fields) return ["application/json", input];
  if (!("command" in fields))
    return ["application/x-www-form-urlencoded", new URLSearchParams({ payload: input.toWellFormed() }).toString()];
  const pairs = Object.entries(fields).map(([name, value]): [string, string] => [
    name,
    typeof value === "string" ? value.toWellFormed() : JSON.stringify(value),
  ]);
  return ["application/x-www-form-urlencoded", new URLSearchParams(pairs).toString()];
}
