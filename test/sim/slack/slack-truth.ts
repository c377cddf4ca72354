/** What really happened in the simulated workspace, whatever the application believes: for whoever checks it afterwards. */
export interface SlackTruth {
  /** Every message that was ever posted, deleted ones included, in the order in which they were posted. */
  readonly messages: SlackMessage[];
  /** Everything that only one person saw. */
  readonly ephemerals: SlackEphemeral[];
  /** Everything that people did and that was sent to the application, in the order in which it was sent. */
  readonly deliveries: SlackDelivery[];
  /** Who was in which group from when on; the first entry of a group is from the beginning. */
  readonly groups: GroupChange[];
  /** How people's standing changed. */
  readonly people: PersonChange[];
  /** When something could be posted in a channel and when not, since the beginning. */
  readonly closures: ChannelChange[];
  /** Forms that were opened, and what became of them. */
  readonly views: SlackView[];
  /** Home tabs as they were shown. */
  readonly homes: { readonly at: number; readonly user: string; readonly blocks: readonly unknown[] }[];
  /** Calls that were refused, those over a limit among them. */
  readonly refusals: SlackRefusal[];
  /** Calls, and those of them that were one too many, by method. */
  readonly calls: Map<string, { count: number; limited: number }>;
}

/** Times are milliseconds of true time. */
export interface SlackMessage {
  readonly channel: string;
  readonly ts: string;
  /** The message in whose thread it stands. */
  readonly threadTs: string | undefined;
  /** The application's bot user, or whoever wrote it. */
  readonly author: string;
  /** `slot_id` of its metadata. */
  readonly slot: string | undefined;
  /** Everything it ever showed, newest last. */
  readonly versions: MessageVersion[];
  replies: number;
  deletedAt: number | undefined;
}

export interface MessageVersion {
  readonly at: number;
  readonly text: string;
  readonly blocks: readonly unknown[];
}

export interface SlackEphemeral {
  readonly user: string;
  readonly channel: string;
  readonly threadTs: string | undefined;
  readonly ts: string;
  /** How it came: with the acknowledgement of a command, through a response address, or by chat.postEphemeral. */
  readonly via: "acknowledgement" | "response" | "call";
  /** The delivery that it answers; undefined for `call`. */
  readonly answers: number | undefined;
  readonly versions: MessageVersion[];
}

/** `choice` is one in a field of a form, and `options` Slack's question what can be chosen there. */
export type DeliveryKind = "command" | "click" | "form" | "choice" | "options" | "event";

export interface SlackDelivery {
  /** Its place in the list. */
  readonly number: number;
  readonly kind: DeliveryKind;
  readonly user: string;
  /** The workspace that the payload names for the person. */
  readonly team: string;
  readonly channel: string;
  readonly triggerId: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** The delivery that this one repeats, exactly as it was. */
  readonly repeats: number | undefined;
  /** The message that was clicked, and how: `now` as it stood, `before` as it had stood, or with something forged. */
  readonly click: ClickFacts | undefined;
  readonly sentAt: number;
  /** When the application got it; undefined when it never did. */
  arrivedAt: number | undefined;
  /** When Slack had the acknowledgement; undefined when there was none. Later than three seconds is too late. */
  acknowledgedAt: number | undefined;
  /** What the acknowledgement said. */
  acknowledgement: unknown;
  /** What Slack told the person instead. */
  failure: "dispatch_failed" | "operation_timeout" | undefined;
  /** What came out of Bolt as an error, which nothing should. */
  crash: string | undefined;
}

export interface ClickFacts {
  readonly button: string;
  readonly actionId: string;
  readonly value: string | undefined;
  readonly slot: string | undefined;
  readonly messageTs: string;
  readonly isStale: boolean;
  readonly forged: string | undefined;
}

export interface GroupChange {
  readonly at: number;
  readonly group: string;
  readonly users: readonly string[];
}

export interface PersonChange {
  readonly at: number;
  readonly user: string;
  readonly standing: PersonStanding;
}

export interface ChannelChange {
  readonly at: number;
  readonly channel: string;
  readonly isOpen: boolean;
}

export type PersonStanding = "member" | "guest" | "deleted" | "stranger" | "bot";

export interface SlackView {
  readonly id: string;
  readonly user: string;
  readonly triggerId: string;
  readonly openedAt: number;
  hash: string;
  view: Readonly<Record<string, unknown>>;
  closedAt: number | undefined;
}

export interface SlackRefusal {
  readonly at: number;
  readonly method: string;
  readonly error: string;
  readonly channel: string | undefined;
  /** True when the call was carried out all the same. */
  readonly hadEffect: boolean;
}

/** The newest content of a message. */
export function shownNow({ versions }: { readonly versions: readonly MessageVersion[] }): MessageVersion {
  const newest = versions.at(-1);
  if (newest === undefined) throw new RangeError("a message without content");
  return newest;
}
