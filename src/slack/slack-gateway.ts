import { z } from "zod";

import type { MessageContent } from "./blocks.ts";
import { failureOf } from "./slack-error.ts";
import type { SlackFailure } from "./slack-failure.ts";
import type { SlackClients } from "./slack-clients.ts";
import type { SlackMessages } from "./slack-messages.ts";
import type { HomeView } from "./views/home-view.ts";
import type { Modal } from "./views/modal.ts";

/** What marks a message of ours: Slack keeps it beside the message, readable by every app of the workspace. */
const SLOT_EVENT = "quarterdeck_slot";
const MOST_PAGES = 10;
const PAGE = 200;

const Updated = z.looseObject({ view: z.looseObject({ hash: z.string() }) });

const Sent = z.looseObject({ channel: z.string(), ts: z.string() });

const History = z.looseObject({
  messages: z.array(
    z.looseObject({
      ts: z.string(),
      user: z.string().optional(),
      metadata: z
        .looseObject({ event_type: z.string(), event_payload: z.looseObject({ slot_id: z.unknown() }).optional() })
        .optional()
        .catch(undefined),
    }),
  ),
  response_metadata: z.looseObject({ next_cursor: z.string().optional() }).optional(),
});

// Without these rights, or in these places, nothing can be looked for; the message itself may well be there.
const UNREADABLE = new Set([
  "missing_scope",
  "not_in_channel",
  "channel_not_found",
  "method_not_supported_for_channel_type",
  "no_permission",
]);

export interface SlackGatewayDeps {
  readonly clients: SlackClients;
  /** The app's own user, once it is known: messages of others are never taken for ours. */
  readonly botUser: () => string | undefined;
}

/** Slack's Web API as far as messages go: one call each, and every way in which it can fail as a value. */
export class SlackGateway implements SlackMessages {
  readonly #deps: SlackGatewayDeps;

  constructor(deps: SlackGatewayDeps) {
    this.#deps = deps;
  }

  post(request: Parameters<SlackMessages["post"]>[0]): ReturnType<SlackMessages["post"]> {
    const { channel, threadTs, slot, content } = request;
    return this.#send("chat.postMessage", {
      channel,
      ...contentFields(content),
      ...(threadTs !== undefined && { thread_ts: threadTs }),
      metadata: { event_type: SLOT_EVENT, event_payload: { slot_id: slot } },
      unfurl_links: false,
      unfurl_media: false,
    });
  }

  update(request: Parameters<SlackMessages["update"]>[0]): ReturnType<SlackMessages["update"]> {
    const { channel, ts, content } = request;
    return this.#send("chat.update", { channel, ts, ...contentFields(content) });
  }

  async find(request: Parameters<SlackMessages["find"]>[0]): ReturnType<SlackMessages["find"]> {
    const { channel, threadTs, slot, sinceMs } = request;
    const method = threadTs === undefined ? "conversations.history" : "conversations.replies";
    const place = threadTs === undefined ? { channel } : { channel, ts: threadTs };
    let cursor = "";
    try {
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const history = History.parse(
          await this.#deps.clients.outbox.apiCall(method, {
            ...place,
            oldest: (sinceMs / 1000).toFixed(6),
            limit: PAGE,
            include_all_metadata: true,
            ...(cursor !== "" && { cursor }),
          }),
        );
        const found = history.messages.find((message) => this.#isOurs(message, slot));
        if (found !== undefined) return { status: "sent", channel, ts: found.ts };
        cursor = history.response_metadata?.next_cursor ?? "";
        if (cursor === "") break;
      }
      return { status: "absent" };
    } catch (error) {
      return notFound(failureOf(error));
    }
  }

  /** Opens a form for whoever just clicked; Slack takes the trigger for three seconds. */
  openView(triggerId: string, view: Modal): Promise<{ readonly status: "done" } | SlackFailure> {
    return this.#prompt("views.open", { trigger_id: triggerId, view });
  }

  /** Shows somebody their Home tab, in the place of what was there. */
  async publishHome(user: string, view: HomeView): Promise<{ readonly status: "done" } | SlackFailure> {
    try {
      await this.#deps.clients.home.apiCall("views.publish", { user_id: user, view });
      return { status: "done" };
    } catch (error) {
      return failureOf(error);
    }
  }

  /** Shows a form anew; `hash` is of the rendering that is replaced, and without it whatever is there is. */
  async updateView(request: {
    readonly viewId: string;
    readonly hash: string | undefined;
    readonly view: Modal;
  }): Promise<{ readonly status: "done"; readonly hash: string } | SlackFailure> {
    const { viewId, hash, view } = request;
    try {
      const options = { view_id: viewId, view, ...(hash !== undefined && { hash }) };
      const answer = Updated.parse(await this.#deps.clients.trigger.apiCall("views.update", options));
      return { status: "done", hash: answer.view.hash };
    } catch (error) {
      return failureOf(error);
    }
  }

  /** A message that only one person sees, as long as they are in the channel. */
  ephemeral(request: {
    readonly channel: string;
    readonly threadTs?: string | undefined;
    readonly user: string;
    readonly content: MessageContent;
  }): Promise<{ readonly status: "done" } | SlackFailure> {
    const { channel, threadTs, user, content } = request;
    const place = { channel, ...(threadTs !== undefined && { thread_ts: threadTs }) };
    return this.#prompt("chat.postEphemeral", { ...place, user, ...contentFields(content) });
  }

  async #send(
    method: "chat.postMessage" | "chat.update",
    options: Record<string, unknown>,
  ): ReturnType<SlackMessages["post"]> {
    try {
      const { channel, ts } = Sent.parse(await this.#deps.clients.outbox.apiCall(method, options));
      return { status: "sent", channel, ts };
    } catch (error) {
      return failureOf(error);
    }
  }

  async #prompt(
    method: "views.open" | "chat.postEphemeral",
    options: Record<string, unknown>,
  ): Promise<{ readonly status: "done" } | SlackFailure> {
    try {
      await this.#deps.clients.trigger.apiCall(method, options);
      return { status: "done" };
    } catch (error) {
      return failureOf(error);
    }
  }

  #isOurs(message: z.infer<typeof History>["messages"][number], slot: string): boolean {
    const botUser = this.#deps.botUser();
    const isAuthor = botUser === undefined || message.user === undefined || message.user === botUser;
    const { metadata } = message;
    return isAuthor && metadata?.event_type === SLOT_EVENT && metadata.event_payload?.slot_id === slot;
  }
}

function contentFields({ text, blocks }: MessageContent): Record<string, unknown> {
  return { text, blocks: [...blocks] };
}

function notFound(failure: SlackFailure): Awaited<ReturnType<SlackMessages["find"]>> {
  if (failure.status === "limited" || failure.status === "unsent") return failure;
  if (UNREADABLE.has(failure.code)) return { status: "unreadable" };
  // The message that was replied to is gone, and with it whatever stood below it.
  if (failure.code === "thread_not_found") return { status: "absent" };
  return failure;
}
