import { readFile } from "node:fs/promises";

import { z } from "zod";

import type { Configuration } from "../config/configuration.ts";
import type { Environment } from "../config/environment.ts";
import { slackReceive } from "../config/slack-access.ts";
import { type Finding, Subject } from "../doctor/finding.ts";
import { type AskSlack, slackAccess, type WantedScopes } from "../doctor/slack-access.ts";
import { type NamedChannel, slackChannels } from "../doctor/slack-channels.ts";
import { slackGroups } from "../doctor/slack-groups.ts";
import type { Clock } from "../platform/clock.ts";
import { callSlack } from "../slack/slack-call.ts";

const MANIFEST = new URL("../../manifest.json", import.meta.url);
const Manifest = z.looseObject({
  oauth_config: z.looseObject({
    scopes: z.looseObject({ bot: z.array(z.string()), bot_optional: z.array(z.string()).default([]) }),
  }),
});

interface Deps {
  readonly environment: Environment;
  /** Undefined when it cannot be used: then only the tokens are looked at. */
  readonly configuration: Configuration | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Everything about Slack, one after the other: without a good token nothing else can be asked. */
export async function examineSlack(deps: Deps): Promise<readonly Finding[]> {
  const { environment, configuration, clock } = deps;
  const kind = slackReceive(environment, configuration?.slack.receive);
  const missing = missingTokens(environment, kind);
  const { slackBotToken } = environment;
  if (slackBotToken === undefined) return missing;
  const ask = asking(deps, slackBotToken);
  const appToken = kind === "socket" ? environment.slackAppToken : undefined;
  const access = await slackAccess({ ask, wanted: await wantedScopes(), appToken, now: () => clock.now() });
  const findings = [...missing, ...access.findings];
  if (access.scopes === undefined || configuration === undefined) return findings;
  const { scopes } = access;
  const [channels, groups] = await Promise.all([
    slackChannels(ask, { channels: channelsOf(configuration), scopes }),
    slackGroups(ask, configuration),
  ]);
  return [...findings, ...channels, ...groups];
}

function asking({ environment, signal }: Deps, botToken: string): AskSlack {
  return (method, args = {}, { token = botToken } = {}) =>
    callSlack(environment.slackApiUrl, { method, token, args, signal });
}

function missingTokens(environment: Environment, kind: "socket" | "http"): readonly Finding[] {
  const why = "without it the server does not start";
  const absent = (name: string, mend: string): Finding => {
    return new Subject("slack", name).problem({ what: "it is not set", why, mend });
  };
  const findings: Finding[] = [];
  if (environment.slackBotToken === undefined)
    findings.push(absent("SLACK_BOT_TOKEN", "it is the xoxb- token of the app's page, OAuth & Permissions"));
  if (kind === "socket" && environment.slackAppToken === undefined)
    findings.push(
      absent("SLACK_APP_TOKEN", "make an app-level token with connections:write on the app's page, Basic Information"),
    );
  if (kind === "http" && environment.slackSigningSecret === undefined)
    findings.push(absent("SLACK_SIGNING_SECRET", "it is on the app's page, Basic Information, App Credentials"));
  return findings;
}

async function wantedScopes(): Promise<WantedScopes> {
  const { bot, bot_optional: optional } = Manifest.parse(JSON.parse(await readFile(MANIFEST, "utf8"))).oauth_config
    .scopes;
  return { needed: bot, optional };
}

function channelsOf({ slack, services, audit }: Configuration): readonly NamedChannel[] {
  const anchored = audit.anchors?.targets ?? [];
  return [
    { channel: slack.channel, use: "cards" },
    ...(slack.approvals === undefined ? [] : [{ channel: slack.approvals, use: "approvals" }]),
    ...(slack.alerts === undefined ? [] : [{ channel: slack.alerts.channel, use: "alerts" }]),
    ...anchored.flatMap(({ slack: channel }) => (channel === undefined ? [] : [{ channel, use: "anchors" }])),
    ...services.flatMap(({ name, channel }) => (channel === undefined ? [] : [{ channel, use: name }])),
  ];
}
