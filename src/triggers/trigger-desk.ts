import { createHash } from "node:crypto";

import type { Cause, FailedStart, MachineDoor } from "../engine/machine-door.ts";
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
  /** The commands that are asked for. */
  readonly starts: readonly string[];
  /** Why nothing else is; each says of what. */
  readonly reasons: readonly string[];
}

interface Deps {
  readonly machines: Pick<MachineDoor, "ask" | "note" | "recordedAt">;
  readonly clock: Clock;
}

// Nobody sends more at once, and each may start a run.
const MOST_EVENTS = 100;
const MOST_REASONS = 10;
const AGAIN: Taken = { isNew: false, starts: [], reasons: ["this delivery was dealt with before"] };

/**
 * Decides what a delivery starts, and records it: the delivery under its own id, and each start under what the fact is, so that
 * neither a second delivery of it nor the same delivery a second time starts anything again. `take` resolves when all of it is on the
 * disk, in one commit.
 */
export class TriggerDesk {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async take(trigger: Trigger, told: Told): Promise<Taken> {
    const { machines, clock } = this.#deps;
    const { machine } = trigger;
    const key = `trigger/${machine.name}/${keyPart(told.delivery)}`;
    if (machines.recordedAt(key) !== undefined) return AGAIN;
    if (told.kind === "nothing") {
      const isNew = await machines.note(key, { machine, reason: told.reason });
      return isNew ? { isNew, starts: [], reasons: [told.reason] } : AGAIN;
    }
    const at = clock.now();
    const events = told.events.slice(0, MOST_EVENTS);
    const decisions = decideStarts(trigger, { events, at });
    const sorted = decisions.map((decision) => this.#sort(trigger, decision, { at, key }));
    const starts = sorted.flatMap((one) => one.start ?? []);
    const reasons = summary(
      sorted.flatMap(({ reason }) => reason ?? []),
      told.events.length - events.length,
    );
    const failed = sorted.flatMap((one) => one.failed ?? []);
    const [first] = events;
    const cause = first === undefined ? {} : { cause: causeOf(first) };
    const reason = [...starts.map(({ command }) => `asks for ${command}`), ...reasons].join("; ") || "it tells nothing";
    // All of one turn is one commit: a delivery is on record with what it starts, or not at all.
    const [isNew] = await Promise.all([
      machines.note(key, { machine, reason, failed, ...cause }),
      ...starts.map(({ ask }) => ask()),
    ]);
    return isNew ? { isNew, starts: starts.map(({ command }) => command), reasons } : AGAIN;
  }

  /** What is to be asked for, or why it is not. */
  #sort(trigger: Trigger, decision: StartDecision, { at, key }: { readonly at: number; readonly key: string }): Sorted {
    if (decision.kind === "nothing") return { reason: nothingText(decision) };
    if (decision.kind === "failed") return { reason: nothingText(decision), failed: decision };
    const { machines } = this.#deps;
    const { command, values, event, entry } = decision;
    const { machine, sameWithinMs } = trigger;
    const fact = `trigger/${machine.name}/same/${digestOf([entry, event.content])}`;
    const span = sameWithinMs === 0 ? 0 : Math.floor(at / sameWithinMs);
    const own = sameWithinMs === 0 ? `${key}/${entry}/${digestOf(event.content)}` : `${fact}/${span}`;
    const earlier =
      sameWithinMs === 0 ? undefined : (machines.recordedAt(own) ?? machines.recordedAt(`${fact}/${span - 1}`));
    if (earlier !== undefined && at - earlier < sameWithinMs) {
      return { reason: `${command}: the same was told ${durationText(Math.max(0, at - earlier))} ago` };
    }
    const { causedBy } = event;
    const ask = async (): Promise<void> => {
      await machines.ask(own, {
        machine,
        door: "trigger",
        command,
        typed: { values },
        cause: causeOf(event),
        ...(causedBy !== undefined && { emails: causedBy }),
      });
    };
    return { start: { command, ask } };
  }
}

interface Sorted {
  readonly start?: { readonly command: string; readonly ask: () => Promise<void> };
  readonly reason?: string;
  readonly failed?: FailedStart;
}

function causeOf({ says, link }: TriggerEvent): Cause {
  return { says, ...(link !== undefined && { link }) };
}

function summary(reasons: readonly string[], unread: number): readonly string[] {
  const different = [...new Set(reasons)];
  const more = different.length - MOST_REASONS;
  const shown = more > 0 ? [...different.slice(0, MOST_REASONS), `and ${more} more`] : different;
  return unread > 0 ? [...shown, `only the first ${MOST_EVENTS} events of a delivery are read`] : shown;
}

/** What others call a delivery, as a part of a key. */
function keyPart(text: string): string {
  return /^[\w.:@-]{1,120}$/u.test(text) ? text : createHash("sha256").update(text).digest("hex");
}
