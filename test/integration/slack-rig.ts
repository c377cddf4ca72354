import type { PeopleStore } from "../../src/engine/ports.ts";
import { type Clock, systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { type LogFields, type Logger, silentLogger } from "../../src/platform/logger.ts";
import { slackDemoWorkspace } from "../../src/simulator/slack-demo-workspace.ts";
import { type SlackSimulator, startSlackSimulator } from "../../src/simulator/slack-simulator.ts";
import type { Arrival, FrontDoor } from "../../src/slack/front-door.ts";
import { HttpServer } from "../../src/http/http-server.ts";
import { FormTurns } from "../../src/slack/form-turns.ts";
import { HttpReceiver, SLACK_PATH } from "../../src/slack/http-receiver.ts";
import { Outbox } from "../../src/slack/outbox.ts";
import { SlackAnswers } from "../../src/slack/slack-answers.ts";
import { SlackApp } from "../../src/slack/slack-app.ts";
import { createSlackClients } from "../../src/slack/slack-clients.ts";
import { SlackDirectory } from "../../src/slack/slack-directory.ts";
import { SlackGateway } from "../../src/slack/slack-gateway.ts";
import { readIdentity } from "../../src/slack/slack-identity.ts";
import { slackLookups } from "../../src/slack/slack-lookups.ts";
import { SocketReceiver } from "../../src/slack/socket-receiver.ts";
import { MemorySlotStore } from "../unit/slack/fake-slack.ts";

export const ANA = "U0ANA00001";
export const PRIYA = "U0PRIYA001";
export const GUS = "U0GUS00001";
export const SAM = "U0SAM00001";
export const DORA = "U0DORA0001";
export const DEPLOYS = "C0DEPLOYS1";
export const GENERAL = "C0GENERAL1";
export const TEAM = "T0HARBOR01";
export const SIGNING_SECRET = "0123456789abcdef0123456789abcdef";

/** A front door that remembers what arrived, and answers as it is told to. */
export class RecordingDoor implements FrontDoor {
  readonly forms = {
    state: () => undefined,
    options: () => Promise.resolve([]),
    outlook: () => Promise.reject(new Error("there are no forms here")),
    values: () => ({}),
  };
  readonly arrived: { readonly key: string; readonly arrival: Arrival }[] = [];
  /** What `receive` does; by default it says nothing. */
  answer: FrontDoor["receive"] = () => Promise.resolve(undefined);

  receive(key: string, arrival: Arrival): ReturnType<FrontDoor["receive"]> {
    this.arrived.push({ key, arrival });
    return this.answer(key, arrival);
  }
}

const nobody: PeopleStore = { tryPseudonym: () => undefined, pseudonymOf: () => "p", person: () => undefined };

/** Ten times as fast, for waits between tries. */
const hurriedClock: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic() * 10,
  setTimer: (delayMs, action) => systemClock.setTimer(delayMs / 10, action),
  sleep: (delayMs, signal) => systemClock.sleep(delayMs / 10, signal),
};

/** Quarterdeck's Slack side on a simulated Slack, with everything else recorded or in memory. */
export async function startSlackRig(
  options: { readonly appToken?: string; readonly receive?: "socket" | "http" } = {},
) {
  const simulator: SlackSimulator = await startSlackSimulator({
    clock: systemClock,
    random: systemRandom,
    workspace: slackDemoWorkspace,
    botToken: "xoxb-demo",
    appToken: "xapp-1-demo",
    acknowledgeMs: 3000,
  });
  const errors: string[] = [];
  const logger: Logger = {
    ...silentLogger,
    error: (message: string, fields?: LogFields) => void errors.push(`${message} ${JSON.stringify(fields ?? {})}`),
  };
  const shared = { clock: systemClock, random: systemRandom, logger, apiUrl: simulator.apiUrl };
  const clients = createSlackClients({ ...shared, botToken: "xoxb-demo" });
  const identity = await readIdentity(clients.directory);
  const slots = new MemorySlotStore();
  const gateway = new SlackGateway({ clients, botUser: () => identity.botUser });
  const answers = new SlackAnswers({ ...shared, gateway });
  const door = new RecordingDoor();
  const lookups = slackLookups({
    people: nobody,
    slots,
    identity: () => identity,
    linkOf: () => undefined,
    prospects: { wayBack: () => undefined, nextEnvironment: () => undefined },
    hasPages: true,
    mainCommand: () => "/qd",
  });
  const warnings: string[] = [];
  const warn = (text: string, fields?: LogFields): void =>
    void warnings.push(`${text} ${JSON.stringify(fields ?? {})}`);
  const httpReceiver = new HttpReceiver({ ...shared, logger: { ...logger, warn }, signingSecret: SIGNING_SECRET });
  const http = new HttpServer({ ...shared, host: "127.0.0.1", port: 0 });
  http.add(httpReceiver.route);
  const { port } = await http.listen();
  const requestUrl = `http://127.0.0.1:${port}${SLACK_PATH}`;
  const app = new SlackApp({
    ...shared,
    botToken: "xoxb-demo",
    receiver:
      options.receive === "http"
        ? httpReceiver
        : new SocketReceiver({ ...shared, appToken: options.appToken ?? "xapp-1-demo" }),
    frontDoor: door,
    home: { opened: () => Promise.resolve() },
    forms: new FormTurns(),
    answers,
    gateway,
    slots,
    lookups,
    ownTeam: () => identity.team,
  });
  const settled: string[] = [];
  const outbox = new Outbox({
    ...shared,
    clock: hurriedClock,
    messages: gateway,
    store: slots,
    onSettled: (slot) => void settled.push(slot),
  });
  const directory = new SlackDirectory({
    client: clients.directory,
    clock: systemClock,
    identity: () => identity,
    ownTeams: [],
  });
  const stop = async (): Promise<void> => {
    await app[Symbol.asyncDispose]();
    await http[Symbol.asyncDispose]();
    await outbox[Symbol.asyncDispose]();
    await simulator.stop();
  };
  /** What one person sees in a channel, newest last. */
  const seen = (user: string, channel: string): readonly string[] =>
    simulator.world.messages.seenBy(user, channel).map(({ text }) => text);
  return {
    simulator,
    app,
    /** Where requests of Slack are taken when it receives over HTTP. */
    requestUrl,
    warnings,
    door,
    slots,
    gateway,
    answers,
    outbox,
    directory,
    errors,
    settled,
    clients,
    identity,
    seen,
    stop,
  };
}

export type SlackRig = Awaited<ReturnType<typeof startSlackRig>>;
