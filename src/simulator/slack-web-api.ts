import { SlackApiError } from "./slack-api-error.ts";
import { slackAppMethods } from "./slack-app-methods.ts";
import { slackChatMethods } from "./slack-chat-methods.ts";
import { slackConversationMethods } from "./slack-conversation-methods.ts";
import { slackFileMethods } from "./slack-file-methods.ts";
import type { JsonObject } from "./slack-messages.ts";
import { requireScope, type SlackMethod } from "./slack-method.ts";
import { slackPeopleMethods } from "./slack-people-methods.ts";
import type { SlackRateDraw } from "./slack-rate-limits.ts";
import { slackViewMethods } from "./slack-view-methods.ts";
import type { SlackWorld } from "./slack-world.ts";

export interface SlackApiCall {
  readonly method: string;
  readonly token: string | undefined;
  readonly args: JsonObject;
}

/** What goes back over HTTP. */
export interface SlackApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject;
}

/** Answers Web API calls against the world: authorisation, scope, rate limit, arguments, then the method itself. */
export class SlackWebApi {
  readonly #world: SlackWorld;
  readonly #methods: Readonly<Record<string, SlackMethod>>;

  /** `more` are the methods that need something besides the world. */
  constructor(deps: { readonly world: SlackWorld; readonly more?: Readonly<Record<string, SlackMethod>> }) {
    this.#world = deps.world;
    this.#methods = {
      ...slackAppMethods,
      ...slackChatMethods,
      ...slackViewMethods,
      ...slackConversationMethods,
      ...slackPeopleMethods,
      ...slackFileMethods,
      ...deps.more,
    };
  }

  /** The names of all methods there are. */
  get methods(): readonly string[] {
    return Object.keys(this.#methods);
  }

  call(call: SlackApiCall): SlackApiAnswer {
    const headers = { "x-oauth-scopes": this.#world.workspace.app.scopes.join(",") };
    try {
      const method = this.#admit(call);
      const waitSeconds = this.#world.rateLimits.take(draws(call, method, this.#world));
      if (waitSeconds !== undefined) return rateLimited(waitSeconds);
      return { status: 200, headers, body: { ok: true, ...method.run(call.args, this.#world) } };
    } catch (thrown) {
      if (!(thrown instanceof SlackApiError)) throw thrown;
      return { status: 200, headers, body: { ok: false, error: thrown.error, ...thrown.extra } };
    }
  }

  #admit(call: SlackApiCall): SlackMethod {
    const method = Object.hasOwn(this.#methods, call.method) ? this.#methods[call.method] : undefined;
    if (method === undefined) throw new SlackApiError("unknown_method", { req_method: call.method });
    if (method.token !== "none") this.#world.tokens.require(method.token, call.token);
    if (method.scope !== undefined) requireScope(this.#world, method.scope);
    return method;
  }
}

/** A refusal for coming too often; without `retryAfterSeconds` the header is missing. */
export function rateLimited(retryAfterSeconds: number | undefined): SlackApiAnswer {
  const headers: Record<string, string> = {};
  if (retryAfterSeconds !== undefined) headers["Retry-After"] = String(retryAfterSeconds);
  return { status: 429, headers, body: { ok: false, error: "ratelimited" } };
}

function draws(call: SlackApiCall, method: SlackMethod, world: SlackWorld): readonly SlackRateDraw[] {
  const own: SlackRateDraw = { key: call.method, limit: method.limit };
  const target = call.args["channel"] ?? call.args["channel_id"];
  const posts = method.posts || (call.method === "files.completeUploadExternal" && target !== undefined);
  if (!posts || typeof target !== "string") return [own];
  const { workspace } = world;
  const channel = workspace.channel(target)?.id ?? workspace.channelByName(target)?.id ?? target;
  return [own, { key: `post:${channel}`, limit: "postInChannel" }];
}
