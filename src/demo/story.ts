import { tryAppRef } from "../domain/target.ts";
import { AppError } from "../platform/errors.ts";
import type { ApplicationState } from "../simulator/argocd-state.ts";
import type { JsonObject, SlackMessage } from "../simulator/slack-messages.ts";
import type { DemoWorld } from "./demo-world.ts";
import type { Transcript } from "./transcript.ts";

export const ANA = "U0ANA00001";
export const PRIYA = "U0PRIYA001";
export const DEPLOYS = "C0DEPLOYS1";

/** What a story is told with: the world, a pen, and what happens between two of its steps. */
export interface Stage {
  readonly world: DemoWorld;
  readonly transcript: Transcript;
  /** Called at every step of the story; a play in which the server dies kills it here. */
  readonly between: (milestone: string) => Promise<void>;
}

const PATIENCE_MS = 90_000;

/** The acts of people and the waits for what follows, on the simulated Slack and Argo CD as a person sees them. */
export class Story {
  readonly #stage: Stage;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** Types a command; throws when Slack had to tell the person that the app did not answer. */
  async type(user: string, text: string): Promise<void> {
    this.#stage.transcript.say(`${this.#handle(user)} types ${text}`);
    const result = await this.#stage.world.slack.people.typeCommand({ user, channel: DEPLOYS, text });
    if (result.status !== "acknowledged") throw failure(`${text} was not acknowledged: ${result.shown.text}`);
  }

  /** Presses the button of a message. */
  async press(user: string, message: SlackMessage, actionId: string): Promise<void> {
    this.#stage.transcript.say(`${this.#handle(user)} presses ${actionId}`);
    const { channel, ts } = message;
    const result = await this.#stage.world.slack.people.click({ user, channel, ts, actionId });
    if (result.status !== "acknowledged")
      throw failure(`the click on ${actionId} was not acknowledged: ${result.error}`);
  }

  /** The card of a run, once it is there. */
  async card(title: RegExp): Promise<SlackMessage> {
    return await this.#message(
      `a card that says ${String(title)}`,
      ({ threadTs, viewer, text }) => threadTs === undefined && viewer === undefined && title.test(text),
    );
  }

  /** Resolves when the run of the card has ended and nothing is left to be told about it. */
  async ended(card: SlackMessage): Promise<void> {
    const { changes, messages } = this.#stage.world.slack.world;
    await changes.until(
      "the card to say how it ended",
      () => /succeeded|failed|rejected|stopped/iu.test(messages.message(card.channel, card.ts)?.text ?? ""),
      PATIENCE_MS,
    );
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
    const { argocd, slack } = this.#stage.world;
    const name = tryAppRef(app)?.name ?? app;
    const look = (): ApplicationState | undefined =>
      argocd.state().applications.find((each) => each.name === name && is(each));
    const found = look();
    if (found !== undefined) return found;
    const { clock } = slack.world;
    const until = clock.monotonic() + PATIENCE_MS;
    while (clock.monotonic() < until) {
      await clock.sleep(50);
      const now = look();
      if (now !== undefined) return now;
    }
    throw failure(`${name} never became ${what}`);
  }

  /** A step of the story has been reached. */
  async reached(milestone: string): Promise<void> {
    await this.#stage.between(milestone);
  }

  async #message(what: string, fits: (message: SlackMessage) => boolean): Promise<SlackMessage> {
    const { changes, messages } = this.#stage.world.slack.world;
    return await changes.until(what, () => messages.all(DEPLOYS).find(fits), PATIENCE_MS);
  }

  #handle(user: string): string {
    return this.#stage.world.slack.world.workspace.requireUser(user).handle;
  }
}

/** Whether the message has a button with this action. */
export function hasButton(message: SlackMessage, actionId: string): boolean {
  return message.blocks.some((block) => elementsOf(block).some((element) => element["action_id"] === actionId));
}

function elementsOf(block: JsonObject): readonly JsonObject[] {
  const elements: unknown = block["elements"];
  return Array.isArray(elements)
    ? elements.filter((element): element is JsonObject => typeof element === "object")
    : [];
}

export function failure(message: string): AppError {
  return new AppError(message, { code: "demo.play" });
}
