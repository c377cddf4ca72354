/** What a person is in the workspace; a stranger belongs to another workspace and is here through a shared channel. */
export type SlackRole = "member" | "admin" | "guest" | "single-channel-guest" | "bot" | "stranger";

export interface SlackPersonDefinition {
  readonly id: string;
  /** The name after the `@`. */
  readonly handle: string;
  readonly realName: string;
  readonly email?: string;
  readonly title?: string;
  /** `member` when absent. */
  readonly role?: SlackRole;
  readonly deactivated?: boolean;
  /** The workspace of a stranger. */
  readonly teamId?: string;
}

/** Who may post in a channel besides its members as usual. */
type SlackPostingRestriction = "read_only_channel" | "thread_only_channel" | "non_threadable_channel";

export interface SlackChannelDefinition {
  readonly id: string;
  /** Empty for direct messages. */
  readonly name: string;
  readonly kind: "public" | "private" | "im" | "mpim";
  /** User ids; the app is in the channel when its bot user is among them. */
  readonly members: readonly string[];
  readonly topic?: string;
  readonly archived?: boolean;
  readonly externallyShared?: boolean;
  readonly restriction?: SlackPostingRestriction;
}

export interface SlackUserGroupDefinition {
  readonly id: string;
  readonly handle: string;
  readonly name: string;
  readonly members: readonly string[];
  readonly disabled?: boolean;
}

export interface SlackCommandDefinition {
  /** With its slash. */
  readonly command: string;
  readonly description: string;
  readonly usageHint?: string;
  /** `should_escape` of the manifest: mentions, channels and links arrive as tokens. */
  readonly shouldEscape?: boolean;
}

/** The installed app: what its manifest says and what it was granted. */
export interface SlackAppDefinition {
  readonly appId: string;
  readonly botId: string;
  readonly botUserId: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly commands: readonly SlackCommandDefinition[];
  /** The events that the app has subscribed to, such as `app_mention`. */
  readonly botEvents: readonly string[];
  /** Whether the Home tab is enabled; true when absent. */
  readonly homeTab?: boolean;
}

export interface SlackWorkspaceDefinition {
  readonly team: { readonly id: string; readonly domain: string; readonly name: string };
  readonly app: SlackAppDefinition;
  readonly people: readonly SlackPersonDefinition[];
  readonly groups: readonly SlackUserGroupDefinition[];
  readonly channels: readonly SlackChannelDefinition[];
}
