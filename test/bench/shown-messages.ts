import type { MessageContent } from "../../src/slack/blocks.ts";
import type { SlackMessages } from "../../src/slack/slack-messages.ts";
import type { Wanted } from "../../src/slack/slot-entry.ts";
import type { SimulatedClock } from "./simulated-clock.ts";

interface Message {
  /** What was wanted and is not shown, oldest first. */
  readonly pending: { readonly atMs: number; readonly text: string }[];
  wanted: string;
  changedMs: number;
  place: { readonly channel: string; readonly ts: string } | undefined;
  postedMs: number;
}

// A message that changes is one whose next change comes within this time.
const MOVING_FOR_MS = 5000;

/** Stands before and behind the outbox: what should be shown, since when, and what Slack has. */
export class ShownMessages {
  /** How many messages Slack took. */
  posts = 0;
  readonly #clock: SimulatedClock;
  readonly #messages = new Map<string, Message>();
  readonly #slots = new Map<string, string>();
  /** When messages came to states in which they stayed. */
  readonly #restedMs: number[] = [];
  #calls = 0;

  constructor(clock: SimulatedClock) {
    this.#clock = clock;
  }

  wanted({ slot, content }: Wanted): void {
    const text = textOf(content);
    const known = this.#messages.get(slot);
    if (known?.wanted === text) return;
    const nowMs = this.#clock.monotonic();
    const message = known ?? { pending: [], wanted: "", changedMs: 0, place: undefined, postedMs: Infinity };
    this.#messages.set(slot, message);
    if (this.#rests(message)) this.#restedMs.push(message.changedMs);
    message.wanted = text;
    message.changedMs = nowMs;
    message.pending.push({ atMs: nowMs, text });
  }

  /** The same Slack, as far away as it usually is. */
  watch(slack: SlackMessages): SlackMessages {
    const far = async <Result>(call: () => Promise<Result>): Promise<Result> => {
      this.#calls += 1;
      // From 40 to 150 ms there, and back.
      await this.#clock.sleep(40 + ((this.#calls * 37) % 110));
      const result = await this.#clock.standStillFor(call());
      await this.#clock.sleep(20);
      return result;
    };
    return {
      post: (request) =>
        far(async () => {
          const result = await slack.post(request);
          if (result.status === "sent") this.#posted(request.slot, result, request.content);
          return result;
        }),
      update: (request) =>
        far(async () => {
          const result = await slack.update(request);
          if (result.status === "sent") this.#updated(request, request.content);
          return result;
        }),
      find: (request) => far(() => slack.find(request)),
    };
  }

  /** For how long each message that changes has not shown what it should. */
  staleness(): readonly number[] {
    const nowMs = this.#clock.monotonic();
    return this.#moving(nowMs).map(({ pending: [oldest] }) => (oldest === undefined ? 0 : nowMs - oldest.atMs));
  }

  /** How often since then a message of which Slack showed something else came to a state in which it stayed. */
  restsSince(sinceMs: number): number {
    const resting = [...this.#messages.values()].filter((message) => this.#rests(message));
    return [...this.#restedMs, ...resting.map(({ changedMs }) => changedMs)].filter((atMs) => atMs >= sinceMs).length;
  }

  /** When Slack took the first message of the run in such a slot; undefined as long as it has not. */
  postedMs(beginning: string): number | undefined {
    for (const [slot, { postedMs }] of this.#messages)
      if (slot.startsWith(beginning) && postedMs < Infinity) return postedMs;
    return undefined;
  }

  /** Where each message stands and what it should show. */
  *all(): Generator<{ readonly slot: string; readonly wanted: string; readonly place: Message["place"] }> {
    for (const [slot, { wanted, place }] of this.#messages) yield { slot, wanted, place };
  }

  #moving(nowMs: number): readonly Message[] {
    return [...this.#messages.values()].filter(
      ({ changedMs, place }) => place !== undefined && nowMs - changedMs < MOVING_FOR_MS,
    );
  }

  /** Whether it has been as it should be now for a while, and was something else before that. */
  #rests({ changedMs, postedMs }: Message): boolean {
    return postedMs < changedMs && this.#clock.monotonic() - changedMs >= MOVING_FOR_MS;
  }

  #posted(slot: string, place: { readonly channel: string; readonly ts: string }, content: MessageContent): void {
    const message = this.#messages.get(slot);
    if (message === undefined) return;
    this.posts += 1;
    message.place = { channel: place.channel, ts: place.ts };
    message.postedMs = Math.min(message.postedMs, this.#clock.monotonic());
    this.#slots.set(`${place.channel}/${place.ts}`, slot);
    shows(message, content);
  }

  #updated({ channel, ts }: { readonly channel: string; readonly ts: string }, content: MessageContent): void {
    const message = this.#messages.get(this.#slots.get(`${channel}/${ts}`) ?? "");
    if (message === undefined) return;
    shows(message, content);
  }
}

function shows({ pending }: Message, content: MessageContent): void {
  const text = textOf(content);
  pending.splice(0, pending.findLastIndex((wanted) => wanted.text === text) + 1);
}

/** What tells one content from another. */
export function textOf({ text, blocks }: { readonly text: string; readonly blocks: readonly unknown[] }): string {
  return JSON.stringify([text, blocks], (key, value: unknown) => (key === "block_id" ? undefined : value));
}
