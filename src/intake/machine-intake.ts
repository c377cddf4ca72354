import { z } from "zod";

import type { Configuration } from "../config/configuration.ts";
import { MACHINES, machineUser } from "../domain/machine.ts";
import type { AskResult, Cause, MachineAsk, MachineAsked, MachineDoor, Noted } from "../engine/machine-door.ts";
import type { EventStore, PeopleStore } from "../engine/ports.ts";
import { mailboxOf } from "../domain/approver-policy.ts";
import type { Clock } from "../platform/clock.ts";
import { AppError } from "../platform/errors.ts";
import { newId, type Random } from "../platform/ids.ts";
import type { SecretMask } from "../platform/masking.ts";
import type { Intake } from "./intake.ts";
import { keptAnswer } from "./kept-answer.ts";

interface Deps {
  readonly intake: Pick<Intake, "take">;
  readonly events: Pick<EventStore, "recordIntent" | "intentResult">;
  readonly people: Pick<PeopleStore, "pseudonymOf">;
  /** As they are now. */
  readonly rules: () => Pick<Configuration, "people">;
  /** The workspace that people belong to; undefined until Slack has said it. */
  readonly team: () => string | undefined;
  readonly mask: Pick<SecretMask, "deep">;
  /** Told of what is on record with starts that failed, once. */
  readonly onFailed: (noted: Noted) => void;
  readonly clock: Clock;
  readonly random: Random;
}

// What others send may be long; a line of it is enough to know what it was.
const LONGEST_CAUSE = 300;
const LONGEST_REASON = 2000;
const MOST_CAUSERS = 20;

const NOT_READY = "Slack has not said yet which workspace this is, so it is not known who asks. Try again in a moment.";

const Recorded = z.object({
  code: z.string().default(""),
  message: z.string().default(""),
  run: z.string().optional(),
  suggestions: z.array(z.string()).optional(),
});

/** The way in for what is no person: what it asks for is recorded, judged and done as what people type is. */
export class MachineIntake implements MachineDoor {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async ask(key: string, ask: MachineAsk): Promise<MachineAsked> {
    const { machine, door, command, typed } = ask;
    const behalf = this.#behalf(ask);
    const { isNew, outcome } = await this.#deps.intake.take(key, {
      kind: "machine",
      team: MACHINES,
      user: machineUser(machine),
      door,
      command,
      typed: "words" in typed ? { words: typed.words } : { values: { ...typed.values } },
      ...(ask.cause !== undefined && { cause: shortened(ask.cause) }),
      ...(behalf.length > 0 && { behalf }),
    });
    // What whoever asks again is told as well.
    return { isNew, answer: outcome.then((answer) => answer && Recorded.parse(keptAnswer(answer, true))) };
  }

  async note(key: string, noted: Noted): Promise<boolean> {
    const { events, people, clock, random, mask, onFailed } = this.#deps;
    const { machine, reason, cause, asks = [], failed = [] } = noted;
    const at = clock.now();
    const intent = {
      id: newId("int", at, random),
      key,
      at,
      actor: people.pseudonymOf(MACHINES, machineUser(machine)),
      kind: "noted",
      body: mask.deep({
        ...(cause !== undefined && { cause: shortened(cause) }),
        ...(asks.length > 0 && { asks: asks.map(({ command, key: ask }) => ({ command, key: ask })) }),
      }),
    };
    const result = mask.deep({
      kind: "noted",
      code: asks.length > 0 ? "asked" : "nothing",
      message: reason.slice(0, LONGEST_REASON),
    });
    const isNew = await events.recordIntent(intent, result);
    if (isNew && failed.length > 0) onFailed(mask.deep(noted));
    return isNew;
  }

  recordedAt(key: string): number | undefined {
    return this.#deps.events.intentResult(key)?.at;
  }

  resultOf(key: string): AskResult | "pending" | undefined {
    const found = this.#deps.events.intentResult(key);
    if (found === undefined) return undefined;
    return found.result === undefined ? "pending" : Recorded.parse(found.result);
  }

  /** Those for whom it asks, as far as they are known: by Slack id, or by an address that stands under `people`. */
  #behalf({ emails = [], users = [] }: MachineAsk): string[] {
    const { people, rules, team } = this.#deps;
    const mailboxes = new Set(emails.slice(0, MOST_CAUSERS).map(mailboxOf));
    const byMail = rules().people.filter((entry) => entry.emails.some((email) => mailboxes.has(mailboxOf(email))));
    const known = [...users, ...byMail.flatMap(({ slack }) => slack.slice(0, 1))];
    if (known.length === 0) return [];
    const own = team();
    // Who could approve what they caused themselves, because nobody knew them yet, would be one person and not two.
    if (own === undefined) throw new AppError(NOT_READY, { code: "machine.not-ready", retry: "backoff" });
    return [...new Set(known.map((user) => people.pseudonymOf(own, user)))];
  }
}

function shortened({ says, link }: Cause): { says: string; link?: string } {
  return { says: says.slice(0, LONGEST_CAUSE), ...(link !== undefined && { link: link.slice(0, 1000) }) };
}
