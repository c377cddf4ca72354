import { SlackApiError } from "./slack-api-error.ts";
import { isObject } from "./slack-block-kit-rules.ts";
import type { SlackDelivery } from "./slack-delivery.ts";
import type { JsonObject, SlackMessage } from "./slack-messages.ts";
import { actor, payloadChannelName, tell } from "./slack-person.ts";
import { applyResponse } from "./slack-response.ts";
import { tokenize } from "./slack-typed-text.ts";
import type { SlackChannel, SlackUser } from "./slack-workspace.ts";
import type { SlackWorld } from "./slack-world.ts";

export interface TypedCommand {
  readonly user: string;
  /** Id or name. */
  readonly channel: string;
  /** The whole line, `/promote checkout abc123 to prod`. */
  readonly text: string;
  /** Set when it is typed into the reply box of a thread, where Slack has no commands. */
  readonly threadTs?: string;
}

/** What the person saw happen. `refused` is by Slack itself, without asking the app. */
export type SlackCommandResult =
  | {
      readonly status: "acknowledged";
      /** What the acknowledgement itself showed; responses that come later are not here. */
      readonly shown?: SlackMessage;
      readonly afterMs: number;
      readonly triggerId: string;
      readonly responseUrl: string;
    }
  | { readonly status: "failed"; readonly error: string; readonly shown: SlackMessage }
  | { readonly status: "refused"; readonly shown: SlackMessage };

/** Types slash commands. */
export class SlackCommands {
  readonly #world: SlackWorld;
  readonly #delivery: () => SlackDelivery;

  constructor(deps: { readonly world: SlackWorld; readonly delivery: () => SlackDelivery }) {
    this.#world = deps.world;
    this.#delivery = deps.delivery;
  }

  async type(typed: TypedCommand): Promise<SlackCommandResult> {
    const { user, channel } = actor(typed, this.#world);
    const space = typed.text.search(/\s/u);
    const name = space === -1 ? typed.text : typed.text.slice(0, space);
    const rest = space === -1 ? "" : typed.text.slice(space + 1);
    const at = { user: user.id, channel: channel.id };
    const refusal = this.#refusal(name, typed, user);
    if (refusal !== undefined) return { status: "refused", shown: tell({ ...at, text: refusal }, this.#world) };
    if (name === "/invite") return { status: "refused", shown: this.#invite(rest, at) };
    return this.#send({ name, rest, line: typed.text }, user, channel);
  }

  #refusal(name: string, typed: TypedCommand, user: SlackUser): string | undefined {
    const known = this.#world.workspace.app.commands.some(({ command }) => command === name);
    // Commands are offered only to members of a workspace that has the app.
    const offered = user.teamId === this.#world.workspace.team.id;
    if ((!known || !offered) && name !== "/invite") return `${name} is not a valid command.`;
    return typed.threadTs === undefined ? undefined : `${name} is not supported in threads. Sorry!`;
  }

  /** Slack's own command, so that a person can bring the app into a channel. */
  #invite(rest: string, at: { readonly user: string; readonly channel: string }): SlackMessage {
    const { workspace } = this.#world;
    const handle = rest.trim().replace(/^@/u, "");
    const invited = workspace.userByHandle(handle);
    if (invited === undefined) return tell({ ...at, text: `There is no one called ${handle} here.` }, this.#world);
    workspace.addMember(at.channel, invited.id);
    return tell({ ...at, text: `You added ${invited.realName} to the channel.` }, this.#world);
  }

  async #send(
    command: { readonly name: string; readonly rest: string; readonly line: string },
    user: SlackUser,
    channel: SlackChannel,
  ): Promise<SlackCommandResult> {
    const { team, app } = this.#world.workspace;
    const definition = app.commands.find((candidate) => candidate.command === command.name);
    const target = { user: user.id, channel: channel.id };
    const triggerId = this.#world.triggers.issue(user.id);
    const responseUrl = this.#world.responseUrls.issue(target);
    const text = definition?.shouldEscape === true ? tokenize(command.rest, this.#world.workspace) : command.rest;
    const payload = {
      token: "deprecated",
      team_id: team.id,
      team_domain: team.domain,
      channel_id: channel.id,
      channel_name: payloadChannelName(channel),
      user_id: user.id,
      user_name: user.handle,
      command: command.name,
      text,
      api_app_id: app.appId,
      is_enterprise_install: "false",
      response_url: responseUrl,
      trigger_id: triggerId,
    };
    const outcome = await this.#delivery().deliver({ type: "slash_commands", payload });
    if (outcome.status === "timeout") return this.#failed(command.name, "operation_timeout", target);
    if (outcome.status === "unreachable") return this.#failed(command.name, "dispatch_failed", target);
    const answer = isObject(outcome.payload) ? outcome.payload : {};
    if (Object.keys(answer).length === 0) {
      return { status: "acknowledged", afterMs: outcome.afterMs, triggerId, responseUrl };
    }
    const shown = this.#answer(command.line, target, answer);
    if (shown === undefined) return this.#failed(command.name, "dispatch_unknown_error", target);
    this.#world.responseUrls.answered(responseUrl, shown.ts);
    return { status: "acknowledged", shown, afterMs: outcome.afterMs, triggerId, responseUrl };
  }

  /** Shows the body of an acknowledgement; undefined when Slack cannot make a message of it. */
  #answer(
    line: string,
    target: { readonly user: string; readonly channel: string },
    answer: JsonObject,
  ): SlackMessage | undefined {
    try {
      if (answer["response_type"] === "in_channel") this.#world.messages.add({ ...target, text: line });
      return applyResponse(target, answer, this.#world);
    } catch (thrown) {
      if (thrown instanceof SlackApiError) return undefined;
      throw thrown;
    }
  }

  #failed(name: string, error: string, at: { readonly user: string; readonly channel: string }): SlackCommandResult {
    const text = `${name} failed with the error "${error}"`;
    return { status: "failed", error, shown: tell({ ...at, text }, this.#world) };
  }
}
