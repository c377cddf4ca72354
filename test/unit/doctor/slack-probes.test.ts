import { describe, expect, it } from "vitest";

import type { Finding } from "../../../src/doctor/finding.ts";
import { type AskSlack, slackAccess } from "../../../src/doctor/slack-access.ts";
import { slackChannels } from "../../../src/doctor/slack-channels.ts";
import { slackGroups } from "../../../src/doctor/slack-groups.ts";
import type { SlackReply } from "../../../src/slack/slack-call.ts";
import { configured, rightExcept } from "../../support/configured.ts";

const said = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ level, subject, what }) => `${level} ${subject}: ${what}`);

type Answer = Readonly<Record<string, unknown>> | string;

/** A Slack that gives these answers by method; a text is an error. */
const slack =
  (
    answers: Readonly<Record<string, Answer | ((args: Readonly<Record<string, string>>) => Answer)>>,
    more: Partial<SlackReply> = {},
  ): AskSlack =>
  (method, args = {}) => {
    const given = answers[method] ?? "unknown_method";
    const answer = typeof given === "function" ? given(args) : given;
    const error = typeof answer === "string" ? answer : undefined;
    const body = typeof answer === "string" ? {} : answer;
    return Promise.resolve({ body, error, scopes: ["chat:write"], date: undefined, ...more });
  };

const identity = { team: "Harbor", user: "quarterdeck", bot_id: "B1" };
const wanted = { needed: ["chat:write"], optional: [] };

describe("the tokens of Slack", () => {
  const access = async (ask: AskSlack, more: Partial<Parameters<typeof slackAccess>[0]> = {}) =>
    await slackAccess({ ask, wanted, appToken: "xapp-1-A1-1-secret", now: () => 0, ...more });

  it("are good, and say what may be done with them", async () => {
    const ask = slack({ "auth.test": identity, "apps.connections.open": {}, "bots.info": { bot: { app_id: "A1" } } });
    const { findings, scopes } = await access(ask);
    expect(scopes).toEqual(["chat:write"]);
    expect(said(findings)).toEqual([
      'ok SLACK_BOT_TOKEN: it is "quarterdeck" in the workspace "Harbor"',
      "ok scopes: all that the manifest asks for",
      "ok SLACK_APP_TOKEN: a connection can be opened",
    ]);
  });

  it("lack scopes", async () => {
    const ask = slack({ "auth.test": identity, "apps.connections.open": {} });
    const lacking = { needed: ["chat:write", "users:read"], optional: ["users:read.email"] };
    const { findings } = await access(ask, { wanted: lacking });
    expect(said(findings)).toContain("problem scopes: the bot token lacks users:read");
    expect(said(findings)).toContain("warning scopes: the bot token has no users:read.email");
  });

  it("are of two apps", async () => {
    const ask = slack({ "auth.test": identity, "apps.connections.open": {}, "bots.info": { bot: { app_id: "A2" } } });
    const { findings } = await access(ask);
    expect(said(findings)).toContain("problem SLACK_APP_TOKEN: it is of the app A1, and the bot token of the app A2");
  });

  it.each(["invalid_auth", "token_revoked", "account_inactive", "something_new"])("are refused: %s", async (error) => {
    const { findings, scopes } = await access(slack({ "auth.test": error }));
    expect(scopes).toBeUndefined();
    expect(said(findings)).toEqual([`problem SLACK_BOT_TOKEN: Slack refuses the bot token (${error})`]);
    expect(findings[0]?.mend).toBeTruthy();
  });

  it("need no app token where Slack sends requests", async () => {
    const { findings } = await access(slack({ "auth.test": identity }), { appToken: undefined });
    expect(said(findings)).toHaveLength(2);
  });
});

describe("the channels of the configuration", () => {
  const read = ["channels:read", "groups:read"];
  const look = async (ask: AskSlack, channel: string, scopes: readonly string[] = read) =>
    said(await slackChannels(ask, { channels: [{ channel, use: "cards" }], scopes }));
  const info = (more: object) => slack({ "conversations.info": { channel: { id: "C1", is_member: true, ...more } } });

  it.each([
    [{}, "ok C1 (cards): the app is in it"],
    [{ is_member: false }, "problem C1 (cards): the app is not in it"],
    [{ is_archived: true }, "problem C1 (cards): it is archived"],
    [{ is_ext_shared: true }, "warning C1 (cards): it is shared with another organisation"],
  ])("are told by what Slack says of them: %j", async (more, says) => {
    expect(await look(info(more), "C1")).toEqual([says]);
  });

  it.each([
    ["channel_not_found", "problem C1 (cards): there is no such channel, or it is private and the app is not in it"],
    ["not_in_channel", "problem C1 (cards): the app is not in it"],
    ["is_archived", "problem C1 (cards): it is archived"],
    ["missing_scope", "warning C1 (cards): Slack does not say whether the app is in it (missing_scope)"],
  ])("are told by reading where nothing else is allowed: %s", async (error, says) => {
    expect(await look(slack({ "conversations.history": error }), "C1", [])).toEqual([says]);
  });

  it("are found by name, on whatever page", async () => {
    const ask = slack({
      "conversations.list": ({ cursor }) =>
        cursor === "2"
          ? { channels: [{ id: "C2", name: "deploys", is_member: true }] }
          : { channels: [{ id: "C1", name: "other" }], response_metadata: { next_cursor: "2" } },
    });
    expect(await look(ask, "#deploys")).toEqual(["ok #deploys (cards): the app is in it"]);
    expect(await look(ask, "#nowhere")).toEqual([
      expect.stringMatching(/^problem #nowhere \(cards\): there is no such/u),
    ]);
  });
});

describe("the groups of the configuration", () => {
  const look = async (text: string, members: Readonly<Record<string, readonly string[]>>) => {
    const ask = slack({
      "usergroups.users.list": ({ usergroup = "" }) =>
        members[usergroup] === undefined ? "no_such_subteam" : { users: members[usergroup] },
    });
    return said(await slackGroups(ask, configured(text)));
  };

  it("have to have people enough to approve without whoever asked", async () => {
    const text = rightExcept(
      "from: [{ group: S0RELEASE }]",
      "from: [{ group: S0RELEASE }, { user: U99 }]\n      quorum: 2",
    );
    expect(await look(text, { S0DEV: ["U1"], S0RELEASE: ["U2"] })).toEqual([
      "ok group S0DEV (role developers): 1 member",
      "ok group S0RELEASE (approves prod): 1 member",
      "warning approval of prod: 2 may approve and 2 must, so none of them can ask for a run",
    ]);
    expect(await look(text, { S0DEV: ["U1"], S0RELEASE: ["U99"] })).toContain(
      "problem approval of prod: only 1 may approve, and 2 must",
    );
    expect(await look(text, { S0DEV: ["U1"], S0RELEASE: ["U2", "U3"] })).toHaveLength(2);
  });

  it("may be unknown, which says nothing of how many they are", async () => {
    expect(await look(rightExcept("", ""), { S0DEV: ["U1"] })).toEqual([
      "ok group S0DEV (role developers): 1 member",
      "problem group S0RELEASE (approves prod): Slack knows no such group (no_such_subteam)",
    ]);
  });
});
