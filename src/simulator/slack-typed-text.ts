import type { SlackWorkspace } from "./slack-workspace.ts";

/** Typed text with its `@names`, `#channels` and addresses as Slack's tokens, and `& < >` escaped. */
export function tokenize(text: string, workspace: SlackWorkspace): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll(/(?<=^|\s)@([\w.-]*\w)/gu, (typed, handle: string) => mention(typed, handle, workspace))
    .replaceAll(/(?<=^|\s)#([\w-]+)/gu, (typed, name: string) => channelToken(typed, name, workspace))
    .replaceAll(/https?:\/\/[^\s|]+/gu, (address) => `<${address}|${address}>`);
}

function mention(typed: string, handle: string, workspace: SlackWorkspace): string {
  if (handle === "here" || handle === "channel" || handle === "everyone") return `<!${handle}>`;
  const user = workspace.userByHandle(handle);
  if (user !== undefined) return `<@${user.id}>`;
  const group = workspace.groups().find((candidate) => candidate.handle === handle);
  return group === undefined ? typed : `<!subteam^${group.id}|@${group.handle}>`;
}

function channelToken(typed: string, name: string, workspace: SlackWorkspace): string {
  const channel = workspace.channelByName(name);
  if (channel === undefined) return typed;
  // Slack tells the name of a public channel only.
  return `<#${channel.id}|${channel.kind === "public" ? channel.name : ""}>`;
}
