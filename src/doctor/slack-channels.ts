import { z } from "zod";

import { type Finding, Subject } from "./finding.ts";
import type { AskSlack } from "./slack-access.ts";

/** A channel that the configuration names, and what for. */
export interface NamedChannel {
  readonly channel: string;
  readonly use: string;
}

const Channel = z.looseObject({
  id: z.string(),
  name: z.string().optional(),
  is_archived: z.boolean().nullish(),
  is_member: z.boolean().nullish(),
  is_ext_shared: z.boolean().nullish(),
});
type Channel = z.infer<typeof Channel>;
const ChannelInfo = z.looseObject({ channel: Channel });
const ChannelList = z.looseObject({
  channels: z.array(Channel),
  response_metadata: z.looseObject({ next_cursor: z.string().optional() }).nullish(),
});

const MOST_PAGES = 10;

/** Whether each channel is there and the app is in it. With few scopes that is only known by reading one message. */
export async function slackChannels(
  ask: AskSlack,
  { channels, scopes }: { readonly channels: readonly NamedChannel[]; readonly scopes: readonly string[] },
): Promise<readonly Finding[]> {
  const uses = Map.groupBy(channels, ({ channel }) => channel);
  const isNamed = [...uses.keys()].some((channel) => channel.startsWith("#"));
  const list = isNamed && scopes.includes("channels:read") ? await allChannels(ask, scopes) : undefined;
  const findings = await Promise.all(
    Array.from(uses, async ([channel, named]) => {
      const about = new Subject("slack", `${channel} (${named.map(({ use }) => use).join(", ")})`);
      return channel.startsWith("#") ? byName(about, channel, list) : await byId(ask, about, { channel, scopes });
    }),
  );
  return findings.flat();
}

function byName(about: Subject, name: string, list: readonly Channel[] | undefined): readonly Finding[] {
  if (list === undefined) {
    const what = "a channel by its name cannot be looked up without the scope channels:read";
    const why = "nothing is posted where the app is not a member";
    const mend =
      "name it by its id (channel details, at the bottom), which can be looked up, and does not change with the name";
    return [about.warning({ what, why, mend })];
  }
  const found = list.find((channel) => `#${channel.name ?? ""}` === name);
  return found === undefined ? [about.problem(GONE)] : judge(about, found);
}

async function byId(
  ask: AskSlack,
  about: Subject,
  { channel, scopes }: { readonly channel: string; readonly scopes: readonly string[] },
): Promise<readonly Finding[]> {
  const mayLook = scopes.includes("channels:read") || scopes.includes("groups:read");
  const { error, body } = mayLook
    ? await ask("conversations.info", { channel })
    : await ask("conversations.history", { channel, limit: "1" });
  if (error === "channel_not_found") return [about.problem(GONE)];
  if (error === "not_in_channel") return [about.problem(NOT_IN_IT)];
  if (error === "is_archived") return [about.problem(ARCHIVED)];
  if (error !== undefined) {
    const what = `Slack does not say whether the app is in it (${error})`;
    return [about.warning({ what, why: "nothing is posted where the app is not a member", mend: NOT_IN_IT.mend })];
  }
  return mayLook ? judge(about, ChannelInfo.parse(body).channel) : [about.ok("the app is in it")];
}

function judge(about: Subject, channel: Channel): readonly Finding[] {
  if (channel.is_archived === true) return [about.problem(ARCHIVED)];
  if (channel.is_member !== true) return [about.problem(NOT_IN_IT)];
  if (channel.is_ext_shared !== true) return [about.ok("the app is in it")];
  const what = "it is shared with another organisation";
  const why = "its members see what is deployed and may press buttons, which is then refused";
  return [about.warning({ what, why, mend: "use a channel of your own workspace" })];
}

const GONE = {
  what: "there is no such channel, or it is private and the app is not in it",
  why: "nothing can be posted there",
  mend: "check its name or id, and invite the app with /invite",
};
const NOT_IN_IT = {
  what: "the app is not in it",
  why: "nothing can be posted there",
  mend: "invite it there with /invite @quarterdeck",
};
const ARCHIVED = {
  what: "it is archived",
  why: "nothing can be posted there",
  mend: "unarchive it, or name another channel",
};

async function allChannels(ask: AskSlack, scopes: readonly string[]): Promise<readonly Channel[]> {
  const types = scopes.includes("groups:read") ? "public_channel,private_channel" : "public_channel";
  const found: Channel[] = [];
  let cursor = "";
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const args = { types, limit: "1000", ...(cursor !== "" && { cursor }) };
    const { error, body } = await ask("conversations.list", args);
    if (error !== undefined) break;
    const list = ChannelList.parse(body);
    found.push(...list.channels);
    cursor = list.response_metadata?.next_cursor ?? "";
    if (cursor === "") break;
  }
  return found;
}
