import { z } from "zod";

import type { SlackReply } from "../slack/slack-call.ts";
import { clockSkew } from "./clock-skew.ts";
import { type Finding, Subject } from "./finding.ts";

/** Asks Slack with the bot token, or with the one that is given. */
export type AskSlack = (
  method: string,
  args?: Readonly<Record<string, string>>,
  options?: { readonly token?: string },
) => Promise<SlackReply>;

/** What the manifest of the app asks for. */
export interface WantedScopes {
  readonly needed: readonly string[];
  readonly optional: readonly string[];
}

const Identity = z.looseObject({ team: z.string(), user: z.string(), bot_id: z.string().optional() });
const Bot = z.looseObject({ bot: z.looseObject({ app_id: z.string() }) });

const TOKEN_TROUBLE: Readonly<Record<string, string>> = {
  invalid_auth: "copy the token anew from the app's page, OAuth & Permissions",
  not_authed: "copy the token anew from the app's page, OAuth & Permissions",
  token_revoked: "install the app in the workspace again and use the token that it shows then",
  token_expired: "switch token rotation off for the app and install it again",
  account_inactive: "the app was removed from the workspace: install it again and use the token that it shows then",
};

export interface SlackAccessQuestion {
  readonly ask: AskSlack;
  readonly wanted: WantedScopes;
  /** Undefined where Slack does not reach us over connections of ours. */
  readonly appToken: string | undefined;
  readonly now: () => number;
}

/** Whether the tokens are good, belong together and may do what the manifest says; and what the bot token may. */
export async function slackAccess(question: SlackAccessQuestion): Promise<{
  readonly findings: readonly Finding[];
  /** Undefined when nothing more can be asked. */
  readonly scopes: readonly string[] | undefined;
}> {
  const { ask, wanted, now } = question;
  const about = new Subject("slack", "SLACK_BOT_TOKEN");
  const answer = await ask("auth.test");
  const skew = clockSkew(new Subject("slack", "clock"), answer.date, now());
  if (answer.error !== undefined) {
    const what = `Slack refuses the bot token (${answer.error})`;
    const mend =
      TOKEN_TROUBLE[answer.error] ?? "set SLACK_BOT_TOKEN to the xoxb- token of the app's page, OAuth & Permissions";
    return {
      findings: [about.problem({ what, why: "without it nothing reaches Slack", mend }), ...skew],
      scopes: undefined,
    };
  }
  const identity = Identity.parse(answer.body);
  const scopes = answer.scopes ?? [];
  const findings = [
    about.ok(`it is "${identity.user}" in the workspace "${identity.team}"`),
    ...scopeFindings(scopes, wanted),
    ...(await connectionFindings(question, identity.bot_id)),
    ...skew,
  ];
  return { findings, scopes };
}

function scopeFindings(scopes: readonly string[], { needed, optional }: WantedScopes): readonly Finding[] {
  const about = new Subject("slack", "scopes");
  const mend =
    "update the app from manifest.json (App Manifest on the app's page) and install it in the workspace again";
  const missing = needed.filter((scope) => !scopes.includes(scope));
  const findings: Finding[] = [];
  if (missing.length > 0) {
    const what = `the bot token lacks ${missing.join(", ")}`;
    findings.push(about.problem({ what, why: "what needs them fails with missing_scope", mend }));
  }
  const without = optional.filter((scope) => !scopes.includes(scope));
  if (without.length > 0) {
    const why = WHY_OPTIONAL[without[0] ?? ""] ?? "some things are shown or checked less well";
    findings.push(about.warning({ what: `the bot token has no ${without.join(", ")}`, why, mend }));
  }
  return findings.length > 0 ? findings : [about.ok("all that the manifest asks for")];
}

const WHY_OPTIONAL: Readonly<Record<string, string>> = {
  "users:read.email":
    "two Slack accounts of one person are told to be the same only by the entries of `people`, not by their address",
};

async function connectionFindings(
  { ask, appToken }: SlackAccessQuestion,
  bot: string | undefined,
): Promise<readonly Finding[]> {
  if (appToken === undefined) return [];
  const about = new Subject("slack", "SLACK_APP_TOKEN");
  const { error } = await ask("apps.connections.open", {}, { token: appToken });
  if (error !== undefined) {
    const what = `Slack opens no connection for it (${error})`;
    const mend =
      error === "missing_scope"
        ? "give the app-level token the scope connections:write"
        : "make an app-level token with the scope connections:write on the app's page, Basic Information; and see that Socket Mode is on";
    return [about.problem({ what, why: "commands and clicks arrive over that connection", mend })];
  }
  const other = bot === undefined ? undefined : await otherApp(ask, { appToken, bot });
  if (other === undefined) return [about.ok("a connection can be opened")];
  const what = `it is of the app ${other.app}, and the bot token of the app ${other.bot}`;
  const why = "commands would arrive for one app and be answered by another";
  return [about.problem({ what, why, mend: "take both tokens from the page of the same app" })];
}

/** The apps of the two tokens, when they are not the same. */
async function otherApp(
  ask: AskSlack,
  { appToken, bot }: { readonly appToken: string; readonly bot: string },
): Promise<{ readonly app: string; readonly bot: string } | undefined> {
  const [, app] = /^xapp-\d+-(A[A-Z0-9]+)-/u.exec(appToken) ?? [];
  const known = Bot.safeParse((await ask("bots.info", { bot })).body).data?.bot.app_id;
  return app === undefined || known === undefined || app === known ? undefined : { app, bot: known };
}
