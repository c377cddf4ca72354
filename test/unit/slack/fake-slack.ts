import type { SlotRecord, SlotStore } from "../../../src/engine/ports.ts";
import type { MessageContent } from "../../../src/slack/blocks.ts";
import { refusal, type SlackFailure } from "../../../src/slack/slack-failure.ts";
import type { SlackMessages } from "../../../src/slack/slack-messages.ts";
import type { FakeClock } from "../../support/fake-clock.ts";

export interface FakeMessage {
  readonly channel: string;
  readonly ts: string;
  readonly threadTs: string | undefined;
  readonly slot: string;
  /** Everything it ever showed, newest last. */
  readonly shown: MessageContent[];
  /** Which of them Slack carried out after newer calls, by their place in `shown`. */
  readonly late: number[];
  deleted: boolean;
}

/**
 * What goes wrong with one call. `lost` happens at Slack but is not answered; `dropped` never happens and is not answered; an update
 * that is `late` is not answered and happens so much later, anything else then is lost.
 */
export type Fault =
  | { readonly kind: "limited"; readonly afterMs: number }
  | { readonly kind: "refused"; readonly code: string }
  | { readonly kind: "unsent" | "lost" | "dropped" }
  | { readonly kind: "late"; readonly byMs: number };

export interface FakeCall {
  readonly method: "post" | "update" | "find";
  readonly at: number;
  readonly channel: string;
  readonly content: MessageContent | undefined;
}

/** A Slack of messages only, with faults by call and a delay before each answer. */
export class FakeSlack implements SlackMessages {
  readonly messages: FakeMessage[] = [];
  readonly calls: FakeCall[] = [];
  canRead = true;
  latencyMs = 50;
  /** Asked before each call. */
  fault: (call: FakeCall) => Fault | undefined = () => undefined;
  readonly #clock: FakeClock;
  #next = 1;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  of(slot: string): readonly FakeMessage[] {
    return this.messages.filter((message) => message.slot === slot && !message.deleted);
  }

  text(slot: string): string | undefined {
    return this.of(slot).at(-1)?.shown.at(-1)?.text;
  }

  post = (request: Parameters<SlackMessages["post"]>[0]): ReturnType<SlackMessages["post"]> =>
    this.#call("post", request, () => {
      const { channel, threadTs, slot, content } = request;
      const parent = this.messages.find((message) => message.ts === threadTs);
      if (threadTs !== undefined && parent?.deleted !== false) return refusal("thread_not_found");
      const ts = `${Math.floor(this.#clock.now() / 1000)}.${String(this.#next++).padStart(6, "0")}`;
      this.messages.push({ channel, ts, threadTs, slot, shown: [content], late: [], deleted: false });
      return { status: "sent", channel, ts };
    });

  update = (request: Parameters<SlackMessages["update"]>[0]): ReturnType<SlackMessages["update"]> =>
    this.#call("update", request, (isLate) => {
      const { channel, ts, content } = request;
      const message = this.messages.find((one) => one.ts === ts && one.channel === channel && !one.deleted);
      if (message === undefined) return refusal("message_not_found");
      if (isLate) message.late.push(message.shown.length);
      message.shown.push(content);
      return { status: "sent", channel, ts };
    });

  find = (request: Parameters<SlackMessages["find"]>[0]): ReturnType<SlackMessages["find"]> =>
    this.#call("find", { ...request, content: undefined }, () => {
      if (!this.canRead) return { status: "unreadable" as const };
      const found = this.of(request.slot).find(
        (message) => message.channel === request.channel && Number(message.ts) * 1000 >= request.sinceMs,
      );
      return found === undefined ? { status: "absent" as const } : { status: "sent" as const, ...place(found) };
    });

  async #call<Result>(
    method: FakeCall["method"],
    request: { readonly channel: string; readonly content: MessageContent | undefined },
    effect: (isLate: boolean) => Result,
  ): Promise<Result | SlackFailure> {
    const call = { method, at: this.#clock.monotonic(), channel: request.channel, content: request.content };
    this.calls.push(call);
    const fault = this.fault(call);
    await this.#clock.sleep(this.latencyMs / 2);
    const isLate = fault?.kind === "late" && method === "update";
    if (isLate) this.#clock.setTimer(fault.byMs, () => void effect(true));
    const happens = fault === undefined || fault.kind === "lost" || (fault.kind === "late" && !isLate);
    const result = happens ? effect(false) : undefined;
    await this.#clock.sleep(this.latencyMs / 2);
    if (fault === undefined && result !== undefined) return result;
    return failure(fault);
  }
}

function failure(fault: Fault | undefined): SlackFailure {
  if (fault?.kind === "limited") return { status: "limited", afterMs: fault.afterMs };
  if (fault?.kind === "refused") return refusal(fault.code);
  if (fault?.kind === "unsent") return { status: "unsent", code: "ECONNREFUSED" };
  return { status: "unknown", code: "ECONNRESET" };
}

function place({ channel, ts }: FakeMessage): { readonly channel: string; readonly ts: string } {
  return { channel, ts };
}

/** The outbox's memory as it is on the disk. */
export class MemorySlotStore implements SlotStore {
  readonly records = new Map<string, SlotRecord>();
  /** Set to make every save fail. */
  failure: Error | undefined;
  saves = 0;

  slot(slot: string): SlotRecord | undefined {
    return this.records.get(slot);
  }

  slotByMessage(team: string, channel: string, ts: string): SlotRecord | undefined {
    return Array.from(this.records.values()).find(
      (one) => one.team === team && one.channel === channel && one.ts === ts,
    );
  }

  async save(record: SlotRecord): Promise<void> {
    await Promise.resolve();
    if (this.failure !== undefined) throw this.failure;
    this.saves += 1;
    this.records.set(record.slot, record);
  }
}

/** A process that can die: what it had begun goes on at Slack, but it hears and writes nothing any more. */
export function mortal<Target extends object>(target: Target, isAlive: () => boolean): Target {
  return new Proxy(target, {
    get(object, name) {
      const member: unknown = Reflect.get(object, name);
      if (typeof member !== "function") return member;
      return (...args: readonly unknown[]): unknown => {
        const isRead = name === "slot" || name === "slotByMessage";
        if (!isAlive()) return isRead ? undefined : new Promise(() => undefined);
        const result: unknown = Reflect.apply(member, object, args);
        if (!(result instanceof Promise)) return result;
        return result.then(
          (value: unknown) => (isAlive() ? value : new Promise(() => undefined)),
          (error: unknown) => (isAlive() ? Promise.reject(error) : new Promise(() => undefined)),
        );
      };
    },
  });
}
