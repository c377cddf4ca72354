import { AppError } from "../platform/errors.ts";
import type { Environment } from "./environment.ts";

/** With what Slack is spoken to, and how what people do arrives: over connections that are opened here, or as requests. */
export interface SlackAccess {
  readonly botToken: string;
  readonly receive:
    | { readonly kind: "socket"; readonly appToken: string }
    | { readonly kind: "http"; readonly signingSecret: string };
}

export type SlackReceive = SlackAccess["receive"]["kind"];

type Variables = Pick<Environment, "slackBotToken" | "slackAppToken" | "slackSigningSecret">;

/** As configured; otherwise by what is there: HTTP only where there is a signing secret and no app-level token. */
export function slackReceive(environment: Variables, configured: SlackReceive | undefined): SlackReceive {
  if (configured !== undefined) return configured;
  return environment.slackAppToken === undefined && environment.slackSigningSecret !== undefined ? "http" : "socket";
}

/** Throws `environment.missing`, saying where to get what is missing. */
export function requireSlackAccess(environment: Variables, configured: SlackReceive | undefined): SlackAccess {
  const { slackBotToken: botToken, slackAppToken: appToken, slackSigningSecret: signingSecret } = environment;
  const kind = slackReceive(environment, configured);
  if (botToken !== undefined) {
    if (kind === "socket" && appToken !== undefined) return { botToken, receive: { kind, appToken } };
    if (kind === "http" && signingSecret !== undefined) return { botToken, receive: { kind, signingSecret } };
  }
  const missing = [
    ...(botToken === undefined ? [NO_BOT_TOKEN] : []),
    ...(kind === "socket" && appToken === undefined ? [configured === undefined ? NO_APP_TOKEN_OR : NO_APP_TOKEN] : []),
    ...(kind === "http" && signingSecret === undefined ? [NO_SIGNING_SECRET] : []),
  ];
  const help = "Set them in the environment or in the file .env; `npm run demo` needs neither";
  throw new AppError([...missing, help].join("\n"), { code: "environment.missing" });
}

const NO_BOT_TOKEN = "SLACK_BOT_TOKEN is missing; it is the xoxb- token on the app's page under OAuth & Permissions";
const NO_APP_TOKEN =
  "SLACK_APP_TOKEN is missing; it is an xapp- token with the scope connections:write, made on the app's page under Basic Information";
const NO_APP_TOKEN_OR = `${NO_APP_TOKEN}. To receive over HTTP instead, set SLACK_SIGNING_SECRET, which is on the same page`;
const NO_SIGNING_SECRET =
  "SLACK_SIGNING_SECRET is missing; it is on the app's page under Basic Information, App Credentials. Quarterdeck receives over HTTP because slack.receive says so";
