import type { LooseObject } from "./loose-object.ts";
import type { ShownButton } from "./shown-buttons.ts";
import { type SlackMessage, shownNow, type SlackView } from "./slack-truth.ts";
import type { Person, Workspace } from "./workspace.ts";

/** What every payload of a person says of them and of where it comes from. */
interface Origin {
  readonly workspace: Workspace;
  readonly person: Person;
  /** The workspace that the payload names for the person. */
  readonly team: string;
  readonly triggerId: string;
}

const APP = "A1";

/** A slash command as Slack's form fields. */
export function commandPayload(
  { workspace, person, team, triggerId }: Origin,
  typed: { readonly command: string; readonly text: string; readonly channel: string; readonly responseUrl: string },
): LooseObject {
  return {
    token: "deprecated",
    team_id: team,
    team_domain: workspace.shape.domain,
    channel_id: typed.channel,
    channel_name: workspace.channel(typed.channel)?.shape.name ?? "directmessage",
    user_id: person.id,
    user_name: person.name,
    command: typed.command,
    text: typed.text,
    api_app_id: APP,
    is_enterprise_install: "false",
    response_url: typed.responseUrl,
    trigger_id: triggerId,
  };
}

/** A click on a button of a message, as it is in the hands of whoever clicks. */
export function clickPayload(
  origin: Origin,
  click: {
    readonly button: ShownButton;
    readonly value: string | undefined;
    /** The message that the payload names, which is another one where it lies. */
    readonly messageTs: string;
    readonly responseUrl: string;
    readonly at: number;
  },
): LooseObject {
  const { element, blockId, place } = click.button;
  const isEphemeral = !("author" in place);
  const { channel, threadTs } = place;
  const { value: _, confirm: __, ...pressed } = element;
  return {
    type: "block_actions",
    ...base(origin),
    container: {
      type: "message",
      message_ts: click.messageTs,
      channel_id: channel,
      is_ephemeral: isEphemeral,
      ...(threadTs !== undefined && { thread_ts: threadTs }),
    },
    channel: { id: channel, name: origin.workspace.channel(channel)?.shape.name ?? "directmessage" },
    // What only one person sees is not kept by Slack, so the payload does not carry it.
    ...(!isEphemeral && { message: wireMessage(place) }),
    state: { values: {} },
    response_url: click.responseUrl,
    actions: [
      {
        ...pressed,
        block_id: blockId,
        ...(click.value !== undefined && { value: click.value }),
        action_ts: (click.at / 1000).toFixed(6),
      },
    ],
  };
}

/** A form that was sent. */
export function formPayload(origin: Origin, view: SlackView, values: LooseObject): LooseObject {
  return { type: "view_submission", ...base(origin), view: wireView(origin, view, values), response_urls: [] };
}

/** A choice in a field of a form. */
export function choicePayload(
  origin: Origin,
  view: SlackView,
  chosen: { values: LooseObject; action: LooseObject },
): LooseObject {
  return {
    type: "block_actions",
    ...base(origin),
    container: { type: "view", view_id: view.id },
    view: wireView(origin, view, chosen.values),
    actions: [chosen.action],
  };
}

/** Slack's question what can be chosen in a field. */
export function optionsPayload(
  origin: Origin,
  view: SlackView,
  asked: { readonly actionId: string; readonly blockId: string; readonly typed: string; readonly values: LooseObject },
): LooseObject {
  return {
    type: "block_suggestion",
    ...base(origin),
    container: { type: "view", view_id: view.id },
    action_id: asked.actionId,
    block_id: asked.blockId,
    value: asked.typed,
    view: wireView(origin, view, asked.values),
  };
}

/** The event that somebody opened the app's Home tab. */
export function homeOpenedPayload(
  { workspace, person, team }: Omit<Origin, "triggerId">,
  at: number,
  id: string,
): LooseObject {
  const { id: user } = person;
  return {
    token: "deprecated",
    team_id: team,
    api_app_id: APP,
    type: "event_callback",
    event_id: id,
    event_time: Math.floor(at / 1000),
    authorizations: [
      {
        enterprise_id: null,
        team_id: workspace.shape.team,
        user_id: workspace.shape.botUser,
        is_bot: true,
        is_enterprise_install: false,
      },
    ],
    is_ext_shared_channel: false,
    event: {
      type: "app_home_opened",
      user,
      channel: `D${user.slice(1)}`,
      tab: "home",
      event_ts: (at / 1000).toFixed(6),
    },
  };
}

function base({ workspace, person, team, triggerId }: Origin): LooseObject {
  return {
    user: { id: person.id, username: person.name, name: person.name, team_id: team },
    api_app_id: APP,
    token: "deprecated",
    trigger_id: triggerId,
    team: { id: workspace.shape.team, domain: workspace.shape.domain },
    enterprise: null,
    is_enterprise_install: false,
  };
}

function wireMessage(message: SlackMessage): LooseObject {
  const { text, blocks } = shownNow(message);
  const { ts, threadTs, author } = message;
  return { type: "message", user: author, ts, text, blocks, ...(threadTs !== undefined && { thread_ts: threadTs }) };
}

function wireView({ workspace }: Origin, { id, view, hash }: SlackView, values: LooseObject): LooseObject {
  const { team } = workspace.shape;
  return {
    ...view,
    id,
    team_id: team,
    app_installed_team_id: team,
    hash,
    state: { values },
    root_view_id: id,
    app_id: APP,
    bot_id: "B1",
  };
}
