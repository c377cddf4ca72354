import { tryAppRef } from "../domain/target.ts";
import { tryJson } from "../platform/try-json.ts";
import type { ApplicationState } from "../simulator/argocd-state.ts";
import type { MessageClick } from "../simulator/slack-clicks.ts";
import type { JsonObject, SlackMessage } from "../simulator/slack-messages.ts";
import type { Cast } from "./cast.ts";
import type { DemoWorld } from "./demo-world.ts";
import { playFailure } from "./finding.ts";
import { DEPLOYS } from "./people.ts";
import type { Transcript } from "./transcript.ts";

/** What a story is told with: the world, a pen, and what happens between two of its steps. */
export interface Stage {
  readonly world: DemoWorld;
  readonly transcript: Transcript;
  /** Called at every step of the story; a play in which the server dies kills it here. */
  readonly between: (milestone: string) => Promise<void>;
  /** The real server, for a story in which it is stopped or its log is read. */
  readonly server?: Pick<Cast, "stopServer" | "startServer" | "serverLogs">;
}

const PATIENCE_MS = 90_000;

/** The acts of people and the waits for what follows, on the simulated Slack and Argo CD as a person sees them. */
export class Story {
  readonly #stage: Stage;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** What is outside, for what a story has to know of it. */
  get world(): DemoWorld {
    return this.#stage.world;
  }

  /** Types a command; throws when Slack had to tell the person that the app did not answer. */
  async type(user: string, text: string): Promise<void> {
    this.#stage.transcript.say(`${this.#handle(user)} types ${text}`);
    const result = await this.#stage.world.slack.people.typeCommand({ user, channel: DEPLOYS, text });
    if (result.status !== "acknowledged") throw playFailure(`${text} was not acknowledged: ${result.shown.text}`);
  }

  /** Presses the button of a message. */
  async press(user: string, message: SlackMessage, actionId: string): Promise<void> {
    this.#stage.transcript.say(`${this.#handle(user)} presses ${actionId}`);
    await this.#click({ ...message, user, actionId });
  }

  async #click({ user, channel, ts, actionId, stale }: MessageClick): Promise<void> {
    const result = await this.#stage.world.slack.people.click({ user, channel, ts, actionId, ...(stale && { stale }) });
    if (result.status !== "acknowledged")
      throw playFailure(`the click on ${actionId} was not acknowledged: ${result.error}`);
  }

  /** Presses a button that is gone by now, as a screen that was not refreshed still shows it. */
  async pressStale(user: string, message: SlackMessage, actionId: string): Promise<void> {
    this.#stage.transcript.say(`${this.#handle(user)} presses ${actionId} on an old screen`);
    const [stale] = message.blocks.flatMap((block) =>
      elementsOf(block)
        .filter((element) => element["action_id"] === actionId)
        .map((element) => ({ blockId: String(block["block_id"]), element })),
    );
    if (stale === undefined) throw playFailure(`the message never had ${actionId}`);
    await this.#click({ ...message, user, actionId, stale });
  }

  /** Presses the button that asks for a command, such as `rollback`. */
  async ask(user: string, message: SlackMessage, command: string): Promise<void> {
    const look = (): string | undefined => commandAction(this.#now(message), command);
    const { changes } = this.#stage.world.slack.world;
    const action = await changes.until(`a button for ${command}`, look, PATIENCE_MS);
    this.#stage.transcript.say(`${this.#handle(user)} asks by button for: ${command}`);
    await this.#click({ ...message, user, actionId: action });
  }

  /** Fills in and sends the form that is open for the person. */
  async submit(user: string, values: Readonly<Record<string, string>>): Promise<void> {
    this.#stage.transcript.say(`${this.#handle(user)} sends the form: ${Object.values(values).join(", ")}`);
    const { slack } = this.#stage.world;
    await slack.world.changes.until("the form to open", () => slack.world.views.stack(user).at(-1), PATIENCE_MS);
    const result = await slack.people.submitModal({ user, values });
    if (result.status !== "closed") throw playFailure(`the form was not taken: ${JSON.stringify(result)}`);
  }

  /** Lets something happen outside that no person of the story does. */
  async happens(what: string, act: (world: DemoWorld) => Promise<void> | void): Promise<void> {
    this.#stage.transcript.say(what);
    await act(this.#stage.world);
  }

  /** The same, until the server says in its log that it has taken notice. */
  async isNoticed(what: string, logged: string, act: (world: DemoWorld) => Promise<void>): Promise<void> {
    const noticed = this.#server().serverLogs(logged);
    await Promise.all([noticed, this.happens(what, act)]);
  }

  /** The server is ended in order; the function that it returns starts it again. */
  async stopServer(): Promise<() => Promise<void>> {
    const server = this.#server();
    this.#stage.transcript.say("The server is stopped");
    await server.stopServer();
    return async () => {
      this.#stage.transcript.say("The server is started again");
      await server.startServer();
    };
  }

  /** Slack is away from now on; the function that it returns brings it back. */
  takeSlackDown(): () => void {
    const { transcript, world } = this.#stage;
    transcript.say("Slack goes down");
    const bringBack = world.slack.startOutage("reset");
    return () => {
      transcript.say("Slack is back");
      bringBack();
    };
  }

  /** Nothing is done for a while, because the time itself is the story. */
  async passes(ms: number): Promise<void> {
    this.#stage.transcript.say(`${Math.round(ms / 1000)} seconds pass`);
    await this.#stage.world.slack.world.clock.sleep(ms);
  }

  /** The card of a run, once it is there. */
  async card(title: RegExp): Promise<SlackMessage> {
    return await this.#message(
      `a card that says ${String(title)}`,
      ({ threadTs, viewer, text }) => threadTs === undefined && viewer === undefined && title.test(text),
    );
  }

  /** Resolves when the card says how its run ended. */
  async ended(card: SlackMessage): Promise<void> {
    await this.says(card, /: (?:succeeded|failed|rejected|cancelled|stopped, nobody decided in time)\./u);
  }

  /** Resolves with a message when it says something, which it may not do yet. */
  async says(message: SlackMessage, text: RegExp): Promise<SlackMessage> {
    const { changes } = this.#stage.world.slack.world;
    const look = (): SlackMessage | undefined => {
      const now = this.#now(message);
      return now !== undefined && text.test(now.text) ? now : undefined;
    };
    return await changes.until(`the message to say ${String(text)}`, look, PATIENCE_MS);
  }

  /** A message of a thread that says something and, where asked, carries a button. */
  async reply(card: SlackMessage, says: RegExp, actionId?: string): Promise<SlackMessage> {
    return await this.#message(
      `a reply that says ${String(says)}`,
      (message) =>
        message.threadTs === card.ts &&
        says.test(message.text) &&
        (actionId === undefined || hasButton(message, actionId)),
    );
  }

  /** What only this person is told. */
  async told(user: string, says: RegExp): Promise<SlackMessage> {
    return await this.#message(
      `a private word to ${this.#handle(user)}: ${String(says)}`,
      (message) => message.viewer === user && says.test(message.text),
    );
  }

  /** Resolves when the application is as asked for. */
  async application(app: string, what: string, is: (state: ApplicationState) => boolean): Promise<ApplicationState> {
    const { argocd } = this.#stage.world;
    const name = tryAppRef(app)?.name ?? app;
    const look = (): ApplicationState | undefined =>
      argocd.state().applications.find((each) => each.name === name && is(each));
    return await this.#eventually(`${name} to become ${what}`, look);
  }

  /** Resolves when Slack can reach the server, as after an outage: people would otherwise press in vain. */
  async reachable(): Promise<void> {
    await this.#eventually("Slack to reach the server", () => this.#stage.world.isSlackConnected || undefined);
  }

  /** A message of the channel itself, outside of threads, that is no card of ours yet. */
  async post(says: RegExp, actionId?: string): Promise<SlackMessage> {
    return await this.#message(
      `a message that says ${String(says)}`,
      (message) =>
        message.threadTs === undefined &&
        message.viewer === undefined &&
        says.test(message.text) &&
        (actionId === undefined || hasButton(message, actionId)),
    );
  }

  /** A step of the story has been reached. */
  async reached(milestone: string): Promise<void> {
    await this.#stage.between(milestone);
  }

  /** For what the simulators do not tell of by themselves. */
  async #eventually<Value>(what: string, look: () => Value | undefined): Promise<Value> {
    const { clock } = this.#stage.world.slack.world;
    const until = clock.monotonic() + PATIENCE_MS;
    for (let found = look(); ; found = look()) {
      if (found !== undefined) return found;
      if (clock.monotonic() > until) throw playFailure(`waited in vain for ${what}`);
      await clock.sleep(50);
    }
  }

  async #message(what: string, fits: (message: SlackMessage) => boolean): Promise<SlackMessage> {
    const { changes, messages } = this.#stage.world.slack.world;
    return await changes.until(what, () => messages.all(DEPLOYS).find(fits), PATIENCE_MS);
  }

  #now({ channel, ts }: SlackMessage): SlackMessage | undefined {
    return this.#stage.world.slack.world.messages.message(channel, ts);
  }

  #server(): NonNullable<Stage["server"]> {
    const { server } = this.#stage;
    if (server === undefined) throw playFailure("This stage has no server that a story may stop.");
    return server;
  }

  #handle(user: string): string {
    return this.#stage.world.slack.world.workspace.requireUser(user).handle;
  }
}

/** Whether the message has a button with this action. */
export function hasButton(message: SlackMessage, actionId: string): boolean {
  return message.blocks.some((block) => elementsOf(block).some((element) => element["action_id"] === actionId));
}

/** The id of the button that asks for this command, if the message has one. */
export function commandAction(message: SlackMessage | undefined, command: string): string | undefined {
  const buttons = (message?.blocks ?? []).flatMap((block) => elementsOf(block));
  const found = buttons.find(({ action_id: id, value }) => {
    const asked = String(id).startsWith("command_") ? tryJson(String(value)) : undefined;
    return typeof asked === "object" && asked !== null && "command" in asked && asked.command === command;
  });
  return found === undefined ? undefined : String(found["action_id"]);
}

function elementsOf(block: JsonObject): readonly JsonObject[] {
  const elements: unknown = block["elements"];
  return Array.isArray(elements)
    ? elements.filter((element): element is JsonObject => typeof element === "object")
    : [];
}

/** Somebody has begun to bring the commit to the application, or it is there already. */
export function isTakenAt(revision: string): (state: ApplicationState) => boolean {
  return ({ operation, liveRevision }) => liveRevision === revision || operation?.revision === revision;
}

export function isLiveAt(revision: string): (state: ApplicationState) => boolean {
  return ({ liveRevision, health }) => liveRevision === revision && health === "Healthy";
}
