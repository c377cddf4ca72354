import * as fc from "fast-check";
import { expect, it } from "vitest";

import { message, type MessageContent, section } from "../../../src/slack/blocks.ts";
import { Outbox } from "../../../src/slack/outbox.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { type Fault, FakeSlack, MemorySlotStore, mortal } from "./fake-slack.ts";

const SLOTS = ["r/card", "r/step", "r/gate"] as const;

type Event =
  | { readonly kind: "want"; readonly slot: number; readonly priority: 1 | 2 | 3 }
  | { readonly kind: "advance"; readonly ms: number }
  | { readonly kind: "fault"; readonly fault: Fault }
  | { readonly kind: "crash" }
  | { readonly kind: "disk"; readonly isFull: boolean };

const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({ kind: fc.constant("limited" as const), afterMs: fc.integer({ min: 1000, max: 5000 }) }),
  fc.constantFrom<Fault>(
    { kind: "lost" },
    { kind: "dropped" },
    { kind: "unsent" },
    { kind: "refused", code: "internal_error" },
    { kind: "refused", code: "token_revoked" },
    { kind: "refused", code: "not_in_channel" },
  ),
  fc.record({ kind: fc.constant("late" as const), byMs: fc.integer({ min: 100, max: 14_000 }) }),
);

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("want" as const), slot: fc.nat(2), priority: fc.constantFrom(1, 2, 3) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant("advance" as const), ms: fc.constantFrom(1, 20, 40, 700, 5000) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("fault" as const), fault }) },
  { weight: 1, arbitrary: fc.constant({ kind: "crash" as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("disk" as const), isFull: fc.boolean() }) },
);

class Story {
  readonly clock = new FakeClock();
  readonly slack = new FakeSlack(this.clock);
  readonly store = new MemorySlotStore();
  readonly faults: Fault[] = [];
  readonly versions = [0, 0, 0];
  #life = 0;
  #outbox = this.#start();

  constructor() {
    this.slack.fault = () => this.faults.shift();
  }

  want(index: number, priority: 1 | 2 | 3, terminal: boolean): void {
    const text = `v${this.versions[index]}`;
    const parent = index === 0 ? undefined : SLOTS[0];
    const content = message(text, [section(text)]);
    this.#outbox.want({ slot: SLOTS[index] ?? "", team: "T1", channel: "C1", parent, content, priority, terminal });
  }

  async play(one: Event): Promise<void> {
    switch (one.kind) {
      case "want":
        this.versions[one.slot] = (this.versions[one.slot] ?? 0) + 1;
        return this.want(one.slot, one.priority, false);
      case "advance":
        return this.clock.advance(one.ms);
      case "fault":
        return void this.faults.push(one.fault);
      case "disk":
        this.store.failure = one.isFull ? new Error("disk full") : undefined;
        return undefined;
      case "crash":
        void this.#outbox[Symbol.asyncDispose]();
        this.#outbox = this.#start();
        for (const index of [0, 1, 2]) if ((this.versions[index] ?? 0) > 0) this.want(index, 2, false);
        return undefined;
    }
  }

  #start(): Outbox {
    this.#life += 1;
    const own = this.#life;
    const isAlive = (): boolean => own === this.#life;
    return new Outbox({
      messages: mortal(this.slack, isAlive),
      store: mortal(this.store, isAlive),
      clock: this.clock,
      random: { bytes: (length) => Buffer.alloc(length), fraction: () => 0.5 },
      logger: silentLogger,
      onSettled: () => undefined,
    });
  }
}

const versionOf = ({ text }: MessageContent): number => Number(text.slice(1));

it("shows the last wanted state, never goes back, and posts one message a slot, whatever fails and whenever it dies", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 40 }), async (events) => {
      const story = new Story();
      for (const one of events) await story.play(one);
      story.store.failure = undefined;
      story.faults.length = 0;
      for (const index of [0, 1, 2]) {
        story.versions[index] = (story.versions[index] ?? 0) + 1;
        story.want(index, 1, true);
      }
      await story.clock.advance(1_200_000);
      for (const [index, slot] of SLOTS.entries()) {
        const messages = story.slack.messages.filter((one) => one.slot === slot);
        const inTime = messages.flatMap((one) =>
          one.shown.filter((_, place) => !one.late.includes(place)).map(versionOf),
        );
        expect(messages.length).toBe(1);
        expect(inTime).toEqual(inTime.toSorted((left, right) => left - right));
        expect(messages[0]?.shown.map(versionOf).at(-1)).toBe(story.versions[index]);
      }
    }),
    { numRuns: 60 },
  );
});
