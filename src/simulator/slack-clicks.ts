import { AppError } from "../platform/errors.ts";
import { isObject } from "./slack-block-kit-rules.ts";
import type { SlackDelivery, SlackDeliveryOutcome } from "./slack-delivery.ts";
import { chosen, type PlacedElement, placedElements, type TypedValue } from "./slack-interactive-elements.ts";
import type { JsonObject, SlackMessage } from "./slack-messages.ts";
import { actionTs, activeUser, actor, payloadBase } from "./slack-person.ts";
import { stateValues } from "./slack-modal-state.ts";
import type { SlackView } from "./slack-views.ts";
import { wireMessage, wireView } from "./slack-wire.ts";
import type { SlackChannel } from "./slack-workspace.ts";
import type { SlackWorld } from "./slack-world.ts";

export interface MessageClick {
  readonly user: string;
  readonly channel: string;
  /** The message, which may be an ephemeral one. */
  readonly ts: string;
  readonly actionId: string;
  /** Needed only when the action id occurs in more than one block. */
  readonly blockId?: string;
  /** What was chosen, for anything but a button. */
  readonly value?: TypedValue;
  /** What was chosen in the other inputs of the message, by action id. */
  readonly values?: Readonly<Record<string, TypedValue>>;
  /** The element as an older rendering had it, for someone who clicks what is no longer there. */
  readonly stale?: { readonly blockId: string; readonly element: JsonObject };
}

export interface ViewClick extends Omit<MessageClick, "channel" | "ts"> {
  readonly viewId: string;
}

/** Failed: the person sees a warning beside the button. */
export type SlackClickResult =
  | { readonly status: "acknowledged"; readonly afterMs: number; readonly triggerId: string }
  | { readonly status: "failed"; readonly error: "operation_timeout" | "dispatch_failed" };

/** An option that the app offers in an external select. */
export interface OfferedOption {
  readonly label: string;
  readonly description?: string;
  readonly value: string;
}

/** Clicks buttons and makes choices in messages and views, and asks the app for the options of an external select. */
export class SlackClicks {
  readonly #world: SlackWorld;
  readonly #delivery: () => SlackDelivery;

  constructor(deps: { readonly world: SlackWorld; readonly delivery: () => SlackDelivery }) {
    this.#world = deps.world;
    this.#delivery = deps.delivery;
  }

  async inMessage(click: MessageClick): Promise<SlackClickResult> {
    const { user, channel } = actor(click, this.#world);
    const message = this.#seen(user.id, channel, click.ts);
    const placed = this.#element(click, message?.blocks);
    const responseUrl = this.#world.responseUrls.issue({ user: user.id, channel: channel.id, messageTs: click.ts });
    const values = stateValues(message?.blocks ?? [], click.values ?? {});
    return this.#send(click, placed, {
      ...payloadBase(user, this.#world),
      ...this.#container(channel, click.ts, message),
      state: { values },
      response_url: responseUrl,
    });
  }

  async inView(click: ViewClick): Promise<SlackClickResult> {
    const user = activeUser(click.user, this.#world);
    const view = this.#view(click.viewId, user.id);
    const placed = this.#element(click, view.source["blocks"]);
    const values = stateValues(view.source["blocks"], click.values ?? {});
    return this.#send(click, placed, {
      ...payloadBase(user, this.#world),
      container: { type: "view", view_id: view.id },
      view: wireView(view, this.#world, values),
    });
  }

  /** What the app offers for `typed` in an external select of a modal; nothing when it does not answer. */
  async options(ask: {
    readonly user: string;
    readonly viewId: string;
    readonly actionId: string;
    readonly typed: string;
  }): Promise<readonly OfferedOption[]> {
    const user = activeUser(ask.user, this.#world);
    const view = this.#view(ask.viewId, user.id);
    const { blockId } = this.#element(ask, view.source["blocks"]);
    const payload = {
      type: "block_suggestion",
      ...payloadBase(user, this.#world),
      container: { type: "view", view_id: view.id },
      action_id: ask.actionId,
      block_id: blockId,
      value: ask.typed,
      view: wireView(view, this.#world),
    };
    const outcome = await this.#delivery().deliver({ type: "interactive", payload });
    return outcome.status === "acknowledged" ? offered(outcome.payload) : [];
  }

  async #send(
    click: { readonly user: string; readonly value?: TypedValue },
    placed: PlacedElement,
    context: JsonObject,
  ): Promise<SlackClickResult> {
    const triggerId = this.#world.triggers.issue(click.user);
    const action = actionOf(placed, click.value, actionTs(this.#world));
    const payload = { type: "block_actions", ...context, trigger_id: triggerId, actions: [action] };
    return clickResult(await this.#delivery().deliver({ type: "interactive", payload }), triggerId);
  }

  #container(channel: SlackChannel, ts: string, message: SlackMessage | undefined): JsonObject {
    const ephemeral = message?.viewer !== undefined;
    const thread = message?.threadTs === undefined ? {} : { thread_ts: message.threadTs };
    return {
      container: { type: "message", message_ts: ts, channel_id: channel.id, is_ephemeral: ephemeral, ...thread },
      channel: { id: channel.id, name: channel.kind === "public" ? channel.name : "privategroup" },
      // An ephemeral message is not stored by Slack, so the payload does not carry it.
      ...(message === undefined || ephemeral ? {} : { message: wireMessage(message, this.#world) }),
    };
  }

  #seen(user: string, channel: SlackChannel, ts: string): SlackMessage | undefined {
    const message = this.#world.messages.message(channel.id, ts);
    return message?.viewer === undefined || message.viewer === user ? message : undefined;
  }

  #view(id: string, user: string): SlackView {
    const view = this.#world.views.find(id);
    if (view?.user === user) return view;
    throw new AppError(`${user} has no open view ${id}`, { code: "slack-simulator.no-view" });
  }

  #element(
    click: { readonly actionId: string; readonly blockId?: string; readonly stale?: MessageClick["stale"] },
    blocks: unknown,
  ): PlacedElement {
    if (click.stale !== undefined) return { ...click.stale, required: false };
    const found = placedElements(blocks).find(
      ({ blockId, element }) =>
        element["action_id"] === click.actionId && (click.blockId === undefined || blockId === click.blockId),
    );
    if (found !== undefined) return found;
    throw new AppError(`There is no ${click.actionId} to click on`, { code: "slack-simulator.no-element" });
  }
}

function actionOf(placed: PlacedElement, value: TypedValue | undefined, ts: string): JsonObject {
  const { blockId, element } = placed;
  const { type, text, value: own, url } = element;
  const named = { action_id: element["action_id"], block_id: blockId, action_ts: ts };
  if (type !== "button") return { ...named, ...chosen(element, value) };
  return {
    ...named,
    type,
    text,
    ...(own === undefined ? {} : { value: own }),
    ...(url === undefined ? {} : { url }),
  };
}

function clickResult(outcome: SlackDeliveryOutcome, triggerId: string): SlackClickResult {
  switch (outcome.status) {
    case "acknowledged":
      return { status: "acknowledged", afterMs: outcome.afterMs, triggerId };
    case "timeout":
      return { status: "failed", error: "operation_timeout" };
    case "unreachable":
      return { status: "failed", error: "dispatch_failed" };
  }
}

function offered(payload: unknown): readonly OfferedOption[] {
  if (!isObject(payload)) return [];
  const groups: readonly unknown[] = Array.isArray(payload["option_groups"]) ? payload["option_groups"] : [];
  const lists = [payload["options"], ...groups.map((group) => (isObject(group) ? group["options"] : []))];
  return lists
    .flatMap((list): readonly unknown[] => (Array.isArray(list) ? list : []))
    .filter(isObject)
    .map((option) => offeredOption(option));
}

function offeredOption({ text, value, description }: JsonObject): OfferedOption {
  const label = isObject(text) ? String(text["text"]) : String(value);
  const option = { label, value: String(value) };
  return isObject(description) ? { ...option, description: String(description["text"]) } : option;
}
