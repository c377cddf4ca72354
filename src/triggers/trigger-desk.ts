import { createHash } from "node:crypto";

import type { Cause, FailedStart, MachineAsk, MachineDoor } from "../engine/machine-door.ts";
import { digestOf } from "../platform/canonical-json.ts";
import type { Clock } from "../platform/clock.ts";
import { durationText } from "../platform/duration.ts";
import type { Trigger } from "./compile-triggers.ts";
import { decideStarts, nothingText, type StartDecision } from "./decide-starts.ts";
import type { Reading, TriggerEvent } from "./trigger-kind.ts";

/** A delivery that was believed and read. */
export type Told = Extract<Reading, { kind: "events" | "nothing" }>;

/** What a delivery came to. */
export interface Taken {
  /** False for a delivery that was on record before. */
  readonly isNew: boolean;
  /** The commands that are asked for; what comes of each is decided later. */
  readonly asked: readonly string[];
  /** Why nothing else is; each says of what. */
  readonly reasons: readonly string[];
}

interface Deps {
  readonly machines: Pick<MachineDoor, "ask" | "note" | "recordedAt">;
  readonly clock: Clock;
}

// Nobody sends more at once, and each may start a run.
export const MOST_EVENTS = 100;
/** What is said of those after them. */
export const UNREAD = `only the first ${MOST_EVENTS} events of a delivery are read`;
const MOST_REASONS = 10;
const AGAIN: Taken = { isNew: false, asked: [], reasons: ["this delivery was dealt with before"] };

/**
 * Decides what a delivery asks for, and records it: the delivery under its own id, and each ask under what the fact is, so that
 * neither a second delivery of it nor the same delivery a second time starts anything again. `take` resolves when all of it is on the
 * disk, in one commit.
 */
export class TriggerDesk {
  readonly #deps: Deps;
  /** What is being recorded just now, by its key: deliveries, and facts. */
  readonly #underWay = new Map<string, Promise<unknown>>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async take(trigger: Trigger, told: Told): Promise<Taken> {
    const key = `trigger/${trigger.machine.name}/${keyPart(told.delivery)}`;
    const { machines } = this.#deps;
    if (machines.recordedAt(key) !== undefined) return AGAIN;
    const events = told.kind === "nothing" ? [] : told.events.slice(0, MOST_EVENTS);
    // Once for each event: what it tells may be long.
    const facts: Facts = new Map(events.map((event) => [event, digestOf(event.content)]));
    const keys = [key, ...Array.from(facts.values(), (digest) => factKey(trigger, digest))];
    // Of two that tell the same in one moment the second one finds what the first one has recorded.
    for (let others = this.#others(keys); others.length > 0; others = this.#others(keys))
      await Promise.allSettled(others);
    const work = this.#record(trigger, told, { key, facts });
    for (const each of keys) this.#underWay.set(each, work);
    try {
      return await work;
    } finally {
      for (const each of keys) this.#underWay.delete(each);
    }
  }

  #others(keys: readonly string[]): readonly Promise<unknown>[] {
    return keys.flatMap((key) => this.#underWay.get(key) ?? []);
  }

  async #record(trigger: Trigger, told: Told, { key, facts }: Named): Promise<Taken> {
    const { machines, clock } = this.#deps;
    const { machine } = trigger;
    if (told.kind === "nothing") {
      const isNew = await machines.note(key, { machine, reason: told.reason });
      return isNew ? { isNew, asked: [], reasons: [told.reason] } : AGAIN;
    }
    const at = clock.now();
    const events = told.events.slice(0, MOST_EVENTS);
    const decisions = decideStarts(trigger, { events, at });
    const sorted = decisions.map((decision) => this.#sort(trigger, decision, { at, key, facts }));
    // One delivery may tell the same twice as well.
    const starts = [
      ...new Map(sorted.flatMap(({ start }) => (start === undefined ? [] : [[start.key, start]]))).values(),
    ];
    const reasons = summary(
      sorted.flatMap(({ reason }) => reason ?? []),
      told.events.length - events.length,
    );
    const failed = sorted.flatMap((one) => one.failed ?? []);
    const [first] = events;
    const cause = first === undefined ? {} : { cause: causeOf(first) };
    const reason = starts.length + reasons.length === 0 ? "it tells nothing" : reasons.join("; ");
    const asks = starts.map(({ key: own, ask: { command } }) => ({ key: own, command }));
    const asking = starts.map((start) => machines.ask(start.key, start.ask));
    // What is refused right away, because it is not known yet who asks, has to be sent again: the delivery is not dealt with then.
    await Promise.race([...asking, Promise.resolve()]);
    // All of one turn is one commit: a delivery is on record with what it asks for, or not at all.
    const [isNew] = await Promise.all([machines.note(key, { machine, reason, asks, failed, ...cause }), ...asking]);
    return isNew ? { isNew, asked: starts.map(({ ask }) => ask.command), reasons } : AGAIN;
  }

  /** What is to be asked for, or why it is not. */
  #sort(trigger: Trigger, decision: StartDecision, { at, key, facts }: Named & { readonly at: number }): Sorted {
    if (decision.kind === "nothing") return { reason: nothingText(decision) };
    if (decision.kind === "failed") return { reason: nothingText(decision), failed: decision };
    const { machines } = this.#deps;
    const { command, values, event, entry } = decision;
    const { machine, sameWithinMs } = trigger;
    const digest = facts.get(event) ?? digestOf(event.content);
    const fact = `${factKey(trigger, digest)}/${entry}`;
    const span = sameWithinMs === 0 ? 0 : Math.floor(at / sameWithinMs);
    const own = sameWithinMs === 0 ? `${key}/${entry}/${digest}` : `${fact}/${span}`;
    const earlier =
      sameWithinMs === 0 ? undefined : (machines.recordedAt(own) ?? machines.recordedAt(`${fact}/${span - 1}`));
    if (earlier !== undefined && at - earlier < sameWithinMs)
      return { reason: `${command}: ${sameText(at - earlier)}` };
    const { causedBy } = event;
    const ask: MachineAsk = {
      machine,
      door: "trigger",
      command,
      typed: { values },
      cause: causeOf(event),
      ...(causedBy !== undefined && { emails: causedBy }),
    };
    return { start: { key: own, ask } };
  }
}

/** The digests of what events tell. */
type Facts = ReadonlyMap<TriggerEvent, string>;

/** What a delivery is called. */
interface Named {
  readonly key: string;
  readonly facts: Facts;
}

interface Sorted {
  readonly start?: { readonly key: string; readonly ask: MachineAsk };
  readonly reason?: string;
  readonly failed?: FailedStart;
}

/** What the fact is, whichever delivery tells it. */
function factKey({ machine }: Trigger, digest: string): string {
  return `trigger/${machine.name}/same/${digest}`;
}

function sameText(beforeMs: number): string {
  const before = beforeMs < 1000 ? "at the same moment" : `${durationText(beforeMs)} before`;
  return `the same was told by another delivery ${before}`;
}

function causeOf({ says, link }: TriggerEvent): Cause {
  return { says, ...(link !== undefined && { link }) };
}

function summary(reasons: readonly string[], unread: number): readonly string[] {
  const different = [...new Set(reasons)];
  const more = different.length - MOST_REASONS;
  const shown = more > 0 ? [...different.slice(0, MOST_REASONS), `and ${more} more`] : different;
  return unread > 0 ? [...shown, UNREAD] : shown;
}

/** What others call a delivery, as a part of a key. */
function keyPart(text: string): string {
  return /^[\w.:@-]{1,120}$/u.test(text) ? text : createHash("sha256").update(text).digest("hex");
}
