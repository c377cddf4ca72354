import { z } from "zod";

import { AppError } from "../platform/errors.ts";
import type { SlackClient } from "./slack-clients.ts";
import { failureOf } from "./slack-error.ts";

const AuthTest = z.looseObject({
  team_id: z.string(),
  user_id: z.string(),
  url: z.string().optional(),
  enterprise_id: z.string().nullish(),
});

/** Which app in which workspace the bot token belongs to. */
export interface SlackIdentity {
  readonly team: string;
  readonly enterprise: string | undefined;
  readonly botUser: string;
  /** Address of the workspace, such as `https://acme.slack.com/`. */
  readonly url: string | undefined;
}

/** Asks Slack who we are. Throws `slack.token-refused` when the token is no good and `slack.unreachable` when nobody could say. */
export async function readIdentity(client: SlackClient): Promise<SlackIdentity> {
  try {
    const answer = AuthTest.parse(await client.apiCall("auth.test"));
    return {
      team: answer.team_id,
      enterprise: answer.enterprise_id ?? undefined,
      botUser: answer.user_id,
      url: answer.url,
    };
  } catch (error) {
    const failure = failureOf(error);
    const reason = failure.status === "limited" ? "ratelimited" : failure.code;
    if (failure.status === "refused" && failure.reason === "workspace") {
      throw new AppError(
        `Slack refuses the bot token (${reason}). Install the app in the workspace and set SLACK_BOT_TOKEN to the token that begins with xoxb-.`,
        { code: "slack.token-refused", cause: error },
      );
    }
    throw new AppError(`Slack could not be asked who the bot token belongs to (${reason}).`, {
      code: "slack.unreachable",
      retry: "backoff",
      cause: error,
    });
  }
}

/** Where people can look at a message; undefined while the workspace's address is not known. */
export function permalink(
  identity: SlackIdentity | undefined,
  message: { readonly channel: string; readonly ts: string; readonly threadTs: string | undefined },
): string | undefined {
  const { channel, ts, threadTs } = message;
  const url = URL.parse(`archives/${channel}/p${ts.replace(".", "")}`, identity?.url ?? "");
  if (url === null) return undefined;
  if (threadTs !== undefined) {
    url.searchParams.set("thread_ts", threadTs);
    url.searchParams.set("cid", channel);
  }
  return url.href;
}
