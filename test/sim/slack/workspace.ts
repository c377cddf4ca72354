import type { ChannelChange, GroupChange, PersonChange, PersonStanding } from "./slack-truth.ts";

/** Who is in the workspace, and which groups and channels there are. */
export interface WorkspaceShape {
  readonly team: string;
  readonly domain: string;
  readonly botUser: string;
  readonly people: readonly Person[];
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly channels: readonly ChannelShape[];
}

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly standing: PersonStanding;
}

export interface ChannelShape {
  readonly id: string;
  readonly name: string;
  readonly isPrivate?: boolean;
  /** Whether the application was invited. */
  readonly hasBot: boolean;
}

interface Channel {
  readonly shape: ChannelShape;
  hasBot: boolean;
  isArchived: boolean;
}

interface Deps {
  readonly now: () => number;
  readonly groups: GroupChange[];
  readonly people: PersonChange[];
  readonly closures: ChannelChange[];
}

/**
 * A team of six: a developer, one who develops and releases, two who release, one who is in no group, and a guest who is in the
 * group of those who release all the same. One of those who release has a second account, with the same mailbox, in no group.
 */
export const STANDARD_WORKSPACE: WorkspaceShape = {
  team: "T1",
  domain: "acme",
  botUser: "UBOT",
  people: [
    { id: "U1", name: "ana", email: "ana@example.com", standing: "member" },
    { id: "U2", name: "ben", email: "ben@example.com", standing: "member" },
    { id: "U3", name: "cleo", email: "cleo@example.com", standing: "member" },
    { id: "U4", name: "dora", email: "dora@example.com", standing: "member" },
    { id: "U5", name: "eve", email: "eve@example.com", standing: "member" },
    { id: "U6", name: "finn", email: "finn@example.com", standing: "guest" },
    { id: "U7", name: "cleo2", email: "cleo+second@example.com", standing: "member" },
  ],
  groups: { S0DEV: ["U1", "U2"], S0RELEASE: ["U2", "U3", "U4", "U6"] },
  channels: [
    { id: "C1DEPLOYS", name: "deploys", hasBot: true },
    { id: "C2ALERTS", name: "alerts", hasBot: true },
    { id: "C3RANDOM", name: "random", hasBot: false },
  ],
};

/** People, groups and channels as they are now, with what changed written down. */
export class Workspace {
  readonly shape: WorkspaceShape;
  readonly #deps: Deps;
  readonly #people = new Map<string, { readonly person: Person; standing: PersonStanding }>();
  readonly #groups = new Map<string, readonly string[]>();
  readonly #channels = new Map<string, Channel>();

  constructor(shape: WorkspaceShape, deps: Deps) {
    this.shape = shape;
    this.#deps = deps;
    for (const person of shape.people) this.#people.set(person.id, { person, standing: person.standing });
    for (const [group, users] of Object.entries(shape.groups)) this.setGroup(group, users);
    for (const channel of shape.channels) this.#open(channel);
  }

  standing(user: string): PersonStanding | undefined {
    return this.#people.get(user)?.standing;
  }

  person(user: string): Person | undefined {
    return this.#people.get(user)?.person;
  }

  setStanding(user: string, standing: PersonStanding): void {
    const known = this.#people.get(user);
    if (known === undefined || known.standing === standing) return;
    known.standing = standing;
    this.#deps.people.push({ at: this.#deps.now(), user, standing });
  }

  /** Undefined for a group that is not there, or not any more. */
  group(group: string): readonly string[] | undefined {
    return this.#groups.get(group);
  }

  /** Without users it is disabled, and Slack knows it no longer. */
  setGroup(group: string, users: readonly string[] | undefined): void {
    if (users === undefined) this.#groups.delete(group);
    else this.#groups.set(group, users);
    this.#deps.groups.push({ at: this.#deps.now(), group, users: users ?? [] });
  }

  channel(id: string): Channel | undefined {
    return this.#channels.get(id);
  }

  setChannel(id: string, change: Partial<Pick<Channel, "hasBot" | "isArchived">>): void {
    const channel = this.#channels.get(id);
    if (channel === undefined) return;
    Object.assign(channel, change);
    const isOpen = channel.hasBot && !channel.isArchived;
    this.#deps.closures.push({ at: this.#deps.now(), channel: id, isOpen });
  }

  /** The direct message between the application and a person, which posting to the person opens. */
  directMessage(user: string): Channel {
    const id = `D${user.slice(1)}`;
    return this.#channels.get(id) ?? this.#open({ id, name: "directmessage", isPrivate: true, hasBot: true });
  }

  #open(shape: ChannelShape): Channel {
    const channel: Channel = { shape, hasBot: shape.hasBot, isArchived: false };
    this.#channels.set(shape.id, channel);
    return channel;
  }
}
