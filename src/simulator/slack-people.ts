import {
  type MessageClick,
  type OfferedOption,
  type SlackClickResult,
  SlackClicks,
  type ViewClick,
} from "./slack-clicks.ts";
import { type SlackCommandResult, SlackCommands, type TypedCommand } from "./slack-commands.ts";
import type { SlackDelivery, SlackDeliveryOutcome } from "./slack-delivery.ts";
import type { SlackEvents } from "./slack-events.ts";
import type { SlackMessage } from "./slack-messages.ts";
import { type ModalResult, type ModalSubmission, SlackModals } from "./slack-modals.ts";
import { actionTs, activeUser, actor, payloadBase } from "./slack-person.ts";
import { tokenize } from "./slack-typed-text.ts";
import { wireMessage, wireView } from "./slack-wire.ts";
import type { SlackWorld } from "./slack-world.ts";

const MESSAGE_EVENTS = {
  public: "message.channels",
  private: "message.groups",
  im: "message.im",
  mpim: "message.mpim",
} as const;

const CHANNEL_TYPES = { public: "channel", private: "group", im: "im", mpim: "mpim" } as const;

/** Everything that a person can do in the workspace. Throws AppError when they could not even try. */
export class SlackPeople {
  readonly #world: SlackWorld;
  readonly #delivery: () => SlackDelivery;
  readonly #events: SlackEvents;
  readonly #commands: SlackCommands;
  readonly #clicks: SlackClicks;
  readonly #modals: SlackModals;

  constructor(deps: {
    readonly world: SlackWorld;
    readonly delivery: () => SlackDelivery;
    readonly events: SlackEvents;
  }) {
    this.#world = deps.world;
    this.#delivery = deps.delivery;
    this.#events = deps.events;
    this.#commands = new SlackCommands(deps);
    this.#clicks = new SlackClicks(deps);
    this.#modals = new SlackModals(deps);
  }

  typeCommand(typed: TypedCommand): Promise<SlackCommandResult> {
    return this.#commands.type(typed);
  }

  /** Presses a button or chooses in a select of a message. May be called again before the first has been answered. */
  click(click: MessageClick): Promise<SlackClickResult> {
    return this.#clicks.inMessage(click);
  }

  /** The same in a modal or the Home tab. */
  clickInView(click: ViewClick): Promise<SlackClickResult> {
    return this.#clicks.inView(click);
  }

  askOptions(ask: Parameters<SlackClicks["options"]>[0]): Promise<readonly OfferedOption[]> {
    return this.#clicks.options(ask);
  }

  submitModal(submission: ModalSubmission): Promise<ModalResult> {
    return this.#modals.submit(submission);
  }

  closeModal(closing: Parameters<SlackModals["close"]>[0]): Promise<SlackDeliveryOutcome | undefined> {
    return this.#modals.close(closing);
  }

  /** Writes in a channel or thread; a mention of the app reaches it when it is in the channel. */
  typeMessage(typed: {
    readonly user: string;
    readonly channel: string;
    readonly text: string;
    readonly threadTs?: string;
  }): SlackMessage {
    const { user, channel } = actor(typed, this.#world);
    const { app, team } = this.#world.workspace;
    const text = tokenize(typed.text, this.#world.workspace);
    const message = this.#world.messages.add({ channel: channel.id, user: user.id, text, threadTs: typed.threadTs });
    const thread = typed.threadTs === undefined ? {} : { thread_ts: typed.threadTs };
    const said = {
      user: user.id,
      text,
      ts: message.ts,
      channel: channel.id,
      event_ts: message.ts,
      team: team.id,
      ...thread,
    };
    if (!channel.members.includes(app.botUserId)) return message;
    if (text.includes(`<@${app.botUserId}>`)) void this.#events.emit({ type: "app_mention", ...said });
    const direct = { type: "message", ...said, channel_type: CHANNEL_TYPES[channel.kind] };
    void this.#events.emit(direct, MESSAGE_EVENTS[channel.kind]);
    return message;
  }

  /** Opens the app's own page in Slack; undefined when the app does not listen for it. */
  async openHome(opening: {
    readonly user: string;
    readonly tab?: "home" | "messages";
  }): Promise<SlackDeliveryOutcome | undefined> {
    const user = activeUser(opening.user, this.#world);
    const home = this.#world.views.home(user.id);
    const tab = opening.tab ?? "home";
    return this.#events.emit({
      type: "app_home_opened",
      user: user.id,
      channel: this.#world.workspace.directMessage([this.#world.workspace.app.botUserId, user.id]).id,
      tab,
      ...(home === undefined || tab === "messages" ? {} : { view: wireView(home, this.#world) }),
      event_ts: actionTs(this.#world),
    });
  }

  /** Runs a global shortcut, or one on a message when `channel` and `ts` are given. */
  async runShortcut(run: {
    readonly user: string;
    readonly callbackId: string;
    readonly message?: { readonly channel: string; readonly ts: string };
  }): Promise<SlackDeliveryOutcome> {
    const user = activeUser(run.user, this.#world);
    const common = {
      ...payloadBase(user, this.#world),
      callback_id: run.callbackId,
      action_ts: actionTs(this.#world),
      trigger_id: this.#world.triggers.issue(user.id),
    };
    const about = run.message === undefined ? { type: "shortcut" } : this.#messageShortcut(user.id, run.message);
    return this.#delivery().deliver({ type: "interactive", payload: { ...common, ...about } });
  }

  #messageShortcut(user: string, at: { readonly channel: string; readonly ts: string }) {
    const { channel } = actor({ user, channel: at.channel }, this.#world);
    const message = this.#world.messages.message(channel.id, at.ts);
    // Slack does not offer message shortcuts on ephemeral messages.
    const shown = message === undefined || message.viewer !== undefined ? undefined : wireMessage(message, this.#world);
    return {
      type: "message_action",
      channel: { id: channel.id, name: channel.kind === "public" ? channel.name : "privategroup" },
      message: shown,
      message_ts: at.ts,
      response_url: this.#world.responseUrls.issue({ user, channel: channel.id, messageTs: at.ts }),
    };
  }
}
