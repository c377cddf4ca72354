import type { Schedule } from "../schedule.ts";
import { contentProblem } from "./content-rules.ts";
import { isObject, listIn, type LooseObject, textIn } from "./loose-object.ts";
import type { MessageBoard } from "./message-board.ts";
import { refused, type SlackReply } from "./slack-reply.ts";
import type { SlackMessage, SlackTruth } from "./slack-truth.ts";
import type { SlackViews } from "./slack-views.ts";
import type { Workspace } from "./workspace.ts";

export interface MethodDeps {
  readonly schedule: Pick<Schedule, "now">;
  readonly workspace: Workspace;
  readonly board: MessageBoard;
  readonly views: SlackViews;
  readonly truth: SlackTruth;
  /** How long ago something must have been posted to be found by reading. */
  readonly lagMs: () => number;
}

const MOST_PER_PAGE = 1000;

/** The methods of the Web API that the application calls, without limits and faults. */
export class SlackMethods {
  readonly #deps: MethodDeps;

  constructor(deps: MethodDeps) {
    this.#deps = deps;
  }

  run(method: string, args: LooseObject): SlackReply {
    switch (method) {
      case "chat.postMessage":
        return this.#post(args);
      case "chat.update":
        return this.#update(args);
      case "chat.postEphemeral":
        return this.#ephemeral(args);
      case "conversations.history":
      case "conversations.replies":
        return this.#read(method === "conversations.replies", args);
      case "auth.test":
        return this.#who();
      case "users.info":
        return this.#user(textIn(args, "user") ?? "");
      case "usergroups.users.list":
        return this.#group(textIn(args, "usergroup") ?? "");
      case "views.open":
        return this.#deps.views.open(args);
      case "views.update":
        return this.#deps.views.update(args);
      case "views.publish":
        return this.#publish(args);
      default:
        return refused("unknown_method");
    }
  }

  #post(args: LooseObject): SlackReply {
    const { board, schedule, workspace } = this.#deps;
    const place = this.#place(textIn(args, "channel") ?? "");
    if (typeof place === "string") return refused(place);
    const problem = contentProblem(args, false);
    if (problem !== undefined) return refused(problem);
    const thread = this.#thread(place.shape.id, textIn(args, "thread_ts"));
    if (thread === "lost") return refused("cannot_reply_to_message");
    const message = board.post(
      {
        channel: place.shape.id,
        threadTs: thread,
        author: workspace.shape.botUser,
        slot: slotOf(args["metadata"]),
        text: textIn(args, "text") ?? "",
        blocks: listIn(args, "blocks"),
      },
      schedule.now(),
    );
    return { ok: true, channel: message.channel, ts: message.ts };
  }

  #update(args: LooseObject): SlackReply {
    const { board, schedule, workspace } = this.#deps;
    const channel = this.#visible(textIn(args, "channel") ?? "");
    if (channel === undefined) return refused("channel_not_found");
    const message = board.find(channel.shape.id, textIn(args, "ts") ?? "");
    if (message === undefined) return refused("message_not_found");
    if (message.author !== workspace.shape.botUser) return refused("cant_update_message");
    if (channel.isArchived) return refused("is_inactive");
    const problem = contentProblem(args, true);
    if (problem !== undefined) return refused(problem);
    // Slack behaviour: a text without blocks takes the blocks away.
    const text = textIn(args, "text") ?? "";
    message.versions.push({ at: schedule.now(), text, blocks: listIn(args, "blocks") });
    return { ok: true, channel: message.channel, ts: message.ts, text };
  }

  #ephemeral(args: LooseObject): SlackReply {
    const { board, schedule, truth, workspace } = this.#deps;
    const place = this.#place(textIn(args, "channel") ?? "");
    if (typeof place === "string") return refused(place);
    const problem = contentProblem(args, false);
    if (problem !== undefined) return refused(problem);
    const user = textIn(args, "user") ?? "";
    const standing = workspace.standing(user);
    if (standing === undefined || standing === "deleted") return refused("user_not_in_channel");
    const channel = place.shape.id;
    const thread = this.#thread(channel, textIn(args, "thread_ts"));
    if (thread === "lost") return refused("cannot_reply_to_message");
    const now = schedule.now();
    const ts = board.nextTs(channel, now);
    const versions = [{ at: now, text: textIn(args, "text") ?? "", blocks: listIn(args, "blocks") }];
    truth.ephemerals.push({ user, channel, threadTs: thread, ts, via: "call", answers: undefined, versions });
    return { ok: true, message_ts: ts };
  }

  #read(isThread: boolean, args: LooseObject): SlackReply {
    const { board, lagMs, schedule, workspace } = this.#deps;
    const channel = this.#visible(textIn(args, "channel") ?? "");
    if (channel === undefined) return refused("channel_not_found");
    if (!channel.hasBot) return refused("not_in_channel");
    const root = isThread ? board.root(channel.shape.id, textIn(args, "ts") ?? "") : undefined;
    if (isThread && root === undefined) return refused("thread_not_found");
    const limit = typeof args["limit"] === "number" ? args["limit"] : 100;
    const page = board.page({
      channel: channel.shape.id,
      threadTs: root?.ts,
      oldest: textIn(args, "oldest") ?? "0",
      limit: Math.min(limit, MOST_PER_PAGE),
      cursor: textIn(args, "cursor") ?? "",
      visibleUntil: schedule.now() - lagMs(),
    });
    const withMetadata = args["include_all_metadata"] === true;
    const messages = page.messages.map((message) => wireMessage(message, workspace.shape.botUser, withMetadata));
    return { ok: true, messages, has_more: page.next !== "", response_metadata: { next_cursor: page.next } };
  }

  #who(): SlackReply {
    const { team, domain, botUser } = this.#deps.workspace.shape;
    const url = `https://${domain}.slack.com/`;
    return { ok: true, url, team: domain, user: "quarterdeck", team_id: team, user_id: botUser, bot_id: "B1" };
  }

  #user(id: string): SlackReply {
    const { workspace } = this.#deps;
    const person = workspace.person(id);
    const standing = workspace.standing(id);
    if (person === undefined || standing === undefined) return refused("user_not_found");
    const user = {
      id,
      team_id: standing === "stranger" ? "T9" : workspace.shape.team,
      name: person.name,
      real_name: person.name,
      deleted: standing === "deleted",
      is_restricted: standing === "guest",
      is_ultra_restricted: false,
      is_bot: standing === "bot",
      is_stranger: standing === "stranger",
      profile: { display_name: person.name, ...(standing !== "stranger" && { email: person.email }) },
    };
    return { ok: true, user };
  }

  #group(id: string): SlackReply {
    const users = this.#deps.workspace.group(id);
    return users === undefined ? refused("no_such_subteam") : { ok: true, users };
  }

  #publish(args: LooseObject): SlackReply {
    const { schedule, truth, workspace } = this.#deps;
    const user = textIn(args, "user_id") ?? "";
    const standing = workspace.standing(user);
    const view: unknown = args["view"];
    if (standing === undefined || standing === "deleted") return refused("user_not_found");
    if (!isObject(view) || view["type"] !== "home") return refused("invalid_arguments");
    truth.homes.push({ at: schedule.now(), user, blocks: listIn(view, "blocks") });
    return { ok: true, view: { id: `VH${user}`, hash: String(truth.homes.length) } };
  }

  /** Where something can be posted, or why not. */
  #place(target: string) {
    const { workspace } = this.#deps;
    const standing = workspace.standing(target);
    if (standing === "deleted") return "channel_not_found";
    if (standing !== undefined) return workspace.directMessage(target);
    const channel = this.#visible(target);
    if (channel === undefined) return "channel_not_found";
    if (!channel.hasBot) return "not_in_channel";
    return channel.isArchived ? "is_archived" : channel;
  }

  /** A private channel without the application looks as if it did not exist. */
  #visible(id: string) {
    const channel = this.#deps.workspace.channel(id);
    return channel === undefined || (channel.shape.isPrivate === true && !channel.hasBot) ? undefined : channel;
  }

  /** Replies to a reply move up to the message at the top. */
  #thread(channel: string, threadTs: string | undefined): string | undefined {
    if (threadTs === undefined) return undefined;
    return this.#deps.board.root(channel, threadTs)?.ts ?? "lost";
  }
}

function slotOf(metadata: unknown): string | undefined {
  const payload: unknown = isObject(metadata) ? metadata["event_payload"] : undefined;
  return isObject(payload) ? textIn(payload, "slot_id") : undefined;
}

function wireMessage(message: SlackMessage, botUser: string, withMetadata: boolean): LooseObject {
  const { ts, threadTs, author, slot } = message;
  if (message.deletedAt !== undefined) return { type: "message", subtype: "tombstone", user: "USLACKBOT", ts };
  return {
    type: "message",
    user: author,
    ...(author === botUser && { bot_id: "B1" }),
    ts,
    ...(threadTs !== undefined && { thread_ts: threadTs }),
    ...(withMetadata &&
      slot !== undefined && { metadata: { event_type: "quarterdeck_slot", event_payload: { slot_id: slot } } }),
  };
}
