import type { Clock } from "../platform/clock.ts";
import type { JsonObject } from "./slack-messages.ts";

/** One HTTP call that the app made, with what it was answered. */
export interface SlackCallRecord {
  readonly sequence: number;
  /** A Web API method, `response_url` or `upload`. */
  readonly method: string;
  readonly args: JsonObject;
  readonly startedAtMs: number;
  /** Undefined while the call is under way, and for ever when it fell silent. */
  readonly endedAtMs?: number;
  /** 0 when the connection was reset instead of answered. */
  readonly status?: number;
  readonly answer?: JsonObject;
  /** The kind of the fault that befell it. */
  readonly fault?: string;
}

/** One payload that Slack delivered to the app. */
export interface SlackDeliveryRecord {
  readonly sequence: number;
  readonly envelopeId: string;
  readonly type: string;
  readonly payload: JsonObject;
  readonly connection: string;
  readonly sentAtMs: number;
  readonly acknowledgedAtMs?: number;
  readonly acknowledgement?: unknown;
}

const LONGEST = 20_000;

/** What went over the wire in both directions, for assertions. Keeps the latest 20,000 of each. */
export class SlackJournal {
  readonly #clock: Clock;
  readonly #calls = new Map<number, SlackCallRecord>();
  readonly #deliveries = new Map<number, SlackDeliveryRecord>();
  #sequence = 0;

  constructor(deps: { readonly clock: Clock }) {
    this.#clock = deps.clock;
  }

  calls(method?: string): readonly SlackCallRecord[] {
    const calls = [...this.#calls.values()];
    return method === undefined ? calls : calls.filter((call) => call.method === method);
  }

  deliveries(type?: string): readonly SlackDeliveryRecord[] {
    const deliveries = [...this.#deliveries.values()];
    return type === undefined ? deliveries : deliveries.filter((delivery) => delivery.type === type);
  }

  clear(): void {
    this.#calls.clear();
    this.#deliveries.clear();
  }

  /** Returns the function that adds how the call ended. */
  startCall(method: string, args: JsonObject): (end: Pick<SlackCallRecord, "status" | "answer" | "fault">) => void {
    const started: SlackCallRecord = { sequence: this.#next(), method, args, startedAtMs: this.#clock.now() };
    keep(this.#calls, started);
    return (end) => keep(this.#calls, { ...started, ...end, endedAtMs: this.#clock.now() });
  }

  /** Returns the function that adds the acknowledgement. */
  startDelivery(
    sent: Pick<SlackDeliveryRecord, "envelopeId" | "type" | "payload" | "connection">,
  ): (acknowledgement: unknown) => void {
    const started: SlackDeliveryRecord = { ...sent, sequence: this.#next(), sentAtMs: this.#clock.now() };
    keep(this.#deliveries, started);
    return (acknowledgement) =>
      keep(this.#deliveries, { ...started, acknowledgement, acknowledgedAtMs: this.#clock.now() });
  }

  #next(): number {
    this.#sequence += 1;
    return this.#sequence;
  }
}

function keep<T extends { readonly sequence: number }>(records: Map<number, T>, record: T): void {
  records.set(record.sequence, record);
  if (records.size <= LONGEST) return;
  const oldest = records.keys().next();
  if (oldest.done !== true) records.delete(oldest.value);
}
