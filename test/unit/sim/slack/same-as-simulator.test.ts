import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { SlackWebApi } from "../../../../src/simulator/slack-web-api.ts";
import type { SlackChannelDefinition } from "../../../../src/simulator/slack-workspace-definition.ts";
import { createSlackWorld } from "../../../../src/simulator/slack-world.ts";
import { slackDemoWorkspace } from "../../../../src/simulator/slack-demo-workspace.ts";
import { seededRandom } from "../../../sim/seeded-random.ts";
import { Dice } from "../../../sim/dice.ts";
import { TimeLine } from "../../../sim/schedule.ts";
import { SlackWorld } from "../../../sim/slack/slack-world.ts";
import { STANDARD_WORKSPACE } from "../../../sim/slack/workspace.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { START } from "./slack-rig.ts";

const CHANNELS = [...STANDARD_WORKSPACE.channels.map(({ id }) => id), "C9NOWHERE"];
const USERS = [...STANDARD_WORKSPACE.people.map(({ id }) => id), "U99"];

/** The workspace of the simulation, in the lean Slack and in the one of the demo, which were written apart. */
class BothSlacks {
  readonly #clock = new FakeClock(START);
  readonly #line = new TimeLine(START);
  readonly #lean: SlackWorld;
  readonly #full;
  readonly #api;
  /** Of everything that was posted. */
  readonly posted: { readonly channel: string; readonly ts: string }[] = [];

  constructor(limits: number) {
    this.#lean = new SlackWorld({ schedule: this.#line, dice: new Dice("x"), limits, mostLagMs: 0 });
    const { people, groups, team, domain, botUser } = STANDARD_WORKSPACE;
    this.#full = createSlackWorld({
      clock: this.#clock,
      random: seededRandom(new Dice("y")),
      definition: {
        ...slackDemoWorkspace,
        team: { id: team, domain, name: domain },
        app: { ...slackDemoWorkspace.app, botUserId: botUser },
        people: people.map(({ id, name, standing }) => ({
          id,
          handle: name,
          realName: name,
          ...(standing === "guest" && { role: "guest" as const }),
        })),
        groups: Object.entries(groups).map(([id, members]) => ({ id, handle: id, name: id, members })),
        channels: STANDARD_WORKSPACE.channels.map(({ id, name, hasBot }): SlackChannelDefinition => {
          return {
            id,
            name,
            kind: "public",
            members: [...people.map((person) => person.id), ...(hasBot ? [botUser] : [])],
          };
        }),
      },
      botToken: "xoxb-1",
      appToken: "xapp-1",
      rateLimitMultiplier: limits,
      baseUrl: () => "http://slack.test",
    });
    this.#api = new SlackWebApi({ world: this.#full });
  }

  /** What both say to a call; their answers as far as the application reads them. */
  call(method: string, args: Readonly<Record<string, unknown>>): { readonly lean: unknown; readonly full: unknown } {
    const reply = this.#lean.call(method, args);
    const answer = this.#api.call({ method, args, token: "xoxb-1" });
    if (method === "chat.postMessage" && reply.ok) {
      this.posted.push({ channel: String(reply["channel"]), ts: String(reply["ts"]) });
    }
    const retryAfter = answer.headers["Retry-After"];
    const lean = { ...read(reply), retryAfter: reply.ok ? undefined : reply.retryAfterSeconds };
    return {
      lean,
      full: { ...read(answer.body), retryAfter: retryAfter === undefined ? undefined : Number(retryAfter) },
    };
  }

  async pass(ms: number): Promise<void> {
    await this.#clock.advance(ms);
    this.#line.after(ms, () => undefined);
    while (this.#line.step());
  }

  delete({ channel, ts }: { readonly channel: string; readonly ts: string }): void {
    const message = this.#lean.board.find(channel, ts);
    if (message !== undefined) this.#lean.board.delete(message, this.#line.now());
    const same = this.#full.messages.message(channel, ts);
    if (same !== undefined && same.subtype !== "tombstone") this.#full.messages.delete(same);
  }

  change(channel: string, { isArchived, hasBot }: { readonly isArchived: boolean; readonly hasBot: boolean }): void {
    const { workspace } = this.#full;
    const known = workspace.channel(channel);
    if (known === undefined) return;
    this.#lean.workspace.setChannel(channel, { isArchived, hasBot });
    const members = known.members.filter((member) => member !== STANDARD_WORKSPACE.botUser);
    const all = hasBot ? [...members, STANDARD_WORKSPACE.botUser] : members;
    workspace.putChannel({ ...known, archived: isArchived, members: all });
  }

  setGroup(users: readonly string[]): void {
    this.#lean.workspace.setGroup("S0DEV", users);
    this.#full.workspace.putGroup({ id: "S0DEV", handle: "dev", name: "dev", members: users });
  }

  deactivate(user: string): void {
    this.#lean.workspace.setStanding(user, "deleted");
    const known = this.#full.workspace.user(user);
    if (known === undefined) return;
    this.#full.workspace.putUser({ ...known, deactivated: true });
    for (const { id } of this.#full.workspace.channels()) this.#full.workspace.removeMember(id, user);
  }
}

/** What of an answer the application reads. */
function read(answer: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { ok, error, channel, ts, message_ts: ephemeral, users, messages, user } = answer;
  const person = Object(user);
  return {
    ok,
    error,
    channel,
    ts,
    ephemeral,
    users,
    messages: Array.isArray(messages)
      ? messages.map((one) => [one.ts, one.thread_ts ?? one.ts, slotIn(one)])
      : undefined,
    person: user === undefined ? undefined : [person.id, person.deleted, !person.deleted && person.is_restricted],
    more: answer["has_more"],
  };
}

function slotIn(message: unknown): unknown {
  return Object(Object(Object(message).metadata).event_payload).slot_id;
}

const channel = fc.constantFrom(...CHANNELS);
const user = fc.constantFrom(...USERS);
const which = fc.nat(30);
const text = fc.constantFrom("hello", "", "x".repeat(4001));
const blocks = fc.constantFrom(undefined, [], [{ type: "divider" }], [{ type: "nonsense" }], "no list");

type Step = (slacks: BothSlacks) => Promise<void> | void;

const same = (slacks: BothSlacks, method: string, args: Readonly<Record<string, unknown>>): void => {
  const { lean, full } = slacks.call(
    method,
    Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined)),
  );
  expect({ method, args, ...Object(lean) }).toEqual({ method, args, ...Object(full) });
};

const one = (slacks: BothSlacks, index: number): { readonly channel: string; readonly ts: string } => {
  return slacks.posted[index % Math.max(1, slacks.posted.length)] ?? { channel: "C1DEPLOYS", ts: "1.000000" };
};

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(channel, text, blocks, which).map(([to, words, shown, index]): Step => (slacks) => {
    const metadata = { event_type: "quarterdeck_slot", event_payload: { slot_id: `slot-${index}` } };
    same(slacks, "chat.postMessage", { channel: to, text: words, blocks: shown, metadata });
  }),
  fc.tuple(which, text).map(([index, words]): Step => (slacks) => {
    const { channel: to, ts } = one(slacks, index);
    same(slacks, "chat.postMessage", { channel: to, text: words, thread_ts: ts });
  }),
  fc.tuple(which, text, blocks).map(([index, words, shown]): Step => (slacks) => {
    same(slacks, "chat.update", { ...one(slacks, index), text: words, blocks: shown });
  }),
  fc.tuple(channel, user, text).map(([to, whom, words]): Step => (slacks) => {
    same(slacks, "chat.postEphemeral", { channel: to, user: whom, text: words });
  }),
  fc.tuple(which, fc.integer({ min: 1, max: 5 })).map(([index, limit]): Step => (slacks) => {
    const { channel: from, ts } = one(slacks, index);
    same(slacks, "conversations.history", {
      channel: from,
      limit,
      include_all_metadata: true,
      oldest: index % 2 === 0 ? ts : "0",
    });
  }),
  fc.tuple(which, fc.boolean()).map(([index, hasMetadata]): Step => (slacks) => {
    same(slacks, "conversations.replies", { ...one(slacks, index), include_all_metadata: hasMetadata });
  }),
  user.map(
    (whom): Step =>
      (slacks) =>
        same(slacks, "users.info", { user: whom }),
  ),
  fc.constantFrom("S0DEV", "S9").map(
    (usergroup): Step =>
      (slacks) =>
        same(slacks, "usergroups.users.list", { usergroup }),
  ),
  fc.integer({ min: 1, max: 20_000 }).map(
    (ms): Step =>
      (slacks) =>
        slacks.pass(ms),
  ),
  which.map(
    (index): Step =>
      (slacks) =>
        slacks.delete(one(slacks, index)),
  ),
  fc.tuple(channel, fc.boolean(), fc.boolean()).map(([to, isArchived, hasBot]): Step => (slacks) => {
    slacks.change(to, { isArchived, hasBot });
  }),
  fc.subarray([...USERS]).map(
    (users): Step =>
      (slacks) =>
        slacks.setGroup(users),
  ),
  user.map(
    (whom): Step =>
      (slacks) =>
        slacks.deactivate(whom),
  ),
);

describe("the lean Slack of the simulation", () => {
  it.each([1, 1000])("answers as the full one does, with limits times %d", async (limits) => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: 60, size: "max" }), async (story) => {
        const slacks = new BothSlacks(limits);
        for (const step of story) await step(slacks);
      }),
      { numRuns: 60 },
    );
  });
});
