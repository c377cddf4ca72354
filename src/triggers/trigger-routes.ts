import type { SecretReference } from "../config/field-schemas.ts";
import { type HttpAnswer, type HttpHead, type HttpRequest, type HttpRoute, jsonAnswer } from "../http/http-route.ts";
import type { Clock } from "../platform/clock.ts";
import { AppError, errorCode, errorText } from "../platform/errors.ts";
import type { Logger } from "../platform/logger.ts";
import { RefusalLog } from "../platform/refusal-log.ts";
import type { Trigger } from "./compile-triggers.ts";
import type { RefusalTally } from "./refusal-tally.ts";
import type { Taken, TriggerDesk } from "./trigger-desk.ts";
import type { Delivery, DeliveryHead, Disbelief, Proofs } from "./trigger-kind.ts";

export interface TriggerRouteDeps {
  /** As the configuration says now. */
  readonly find: (name: string) => Trigger | undefined;
  readonly desk: Pick<TriggerDesk, "take">;
  /** False before the server has begun its work: senders come again then. */
  readonly isOpen: () => boolean;
  /** Throws `secret.unresolved`. */
  readonly resolve: (reference: SecretReference) => string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Counts what was refused, and why. */
  readonly refusals?: Pick<RefusalTally, "note"> | undefined;
  /** Told of each delivery that was not believed, and of what the others came to. */
  readonly onDelivery?: ((result: DeliveryResult) => void) | undefined;
}

export type DeliveryResult = Disbelief | "unreadable" | "handshake" | "nothing" | "asked" | "repeated";

export const TRIGGERS_PATH = "/triggers/";
// What vendors send has some kilobytes; a push of thousands of commits has some hundred.
export const MOST_BODY_BYTES = 1024 * 1024;

/** As whoever looks after the trigger is told; senders learn nothing of it. */
const WHY: Readonly<Record<Disbelief, string>> = {
  unsigned: "it carries no proof of who sent it, or not in the form in which this sender gives it",
  signature: "its proof is wrong; is the secret the one that the sender has?",
  time: "it was signed more than five minutes before or after now; is the clock of this machine right?",
  type: "its content is of a type that this sender does not send",
};

const UNKNOWN = jsonAnswer(404, { error: "There is no such trigger." });
const NOT_BELIEVED = jsonAnswer(401, { error: "This is not believed." });
const NOT_NOW = later("Not now; send it again.");
const NOT_KNOWN = later("It cannot be found out right now who sent this; send it again.");

/**
 * What others post. Nothing of it is read before it is known who sent it, and the sender is answered when it is on record. Whoever is
 * not believed learns nothing of why.
 */
export function triggerRoute(deps: TriggerRouteDeps): HttpRoute {
  const refusals = new RefusalLog({
    clock: deps.clock,
    say: (fields) => deps.logger.warn("a delivery to a trigger was refused", fields),
  });
  const refuse = (trigger: Trigger, reason: Disbelief): HttpAnswer => {
    const { name } = trigger.machine;
    const why = whyOf(reason, trigger);
    refusals.note(`${name}: ${reason}`, { trigger: name, why });
    deps.onDelivery?.(reason);
    deps.refusals?.note(name, why);
    return reason === "type" ? notTaken(trigger) : NOT_BELIEVED;
  };
  return {
    method: "POST",
    path: TRIGGERS_PATH,
    mostBodyBytes: MOST_BODY_BYTES,
    admit: (head) => {
      if (!deps.isOpen()) return NOT_NOW;
      const name = nameOf(head);
      const trigger = deps.find(name);
      if (trigger === undefined) return UNKNOWN;
      if (!hasKnownType(head, trigger)) return refuse(trigger, "type");
      const proofs = proofsOf(deps, trigger);
      if (proofs === undefined) return NOT_NOW;
      const reason = trigger.kind.admit(deliveryHead(deps, head), proofs);
      return reason === undefined ? undefined : refuse(trigger, reason);
    },
    answer: async (request) => {
      const name = nameOf(request);
      const trigger = deps.find(name);
      if (trigger === undefined) return UNKNOWN;
      const proofs = proofsOf(deps, trigger);
      if (proofs === undefined) return NOT_NOW;
      const delivery: Delivery = { ...deliveryHead(deps, request), body: request.body };
      const reason = await verified(trigger, delivery, proofs);
      if (reason instanceof AppError) {
        refusals.note(`${name}: ${reason.code}`, { trigger: name, why: reason.message });
        deps.refusals?.note(name, reason.message);
        return NOT_KNOWN;
      }
      return reason === undefined ? await take(deps, trigger, delivery) : refuse(trigger, reason);
    },
  };
}

/** Why it is not believed; an error where whoever has to be asked about it is away. */
async function verified(
  { kind }: Trigger,
  delivery: Delivery,
  proofs: Proofs<unknown>,
): Promise<Disbelief | AppError | undefined> {
  try {
    return await kind.verify(delivery, proofs);
  } catch (error) {
    if (error instanceof AppError && error.retry !== "never") return error;
    throw error;
  }
}

async function take(deps: TriggerRouteDeps, trigger: Trigger, delivery: Delivery): Promise<HttpAnswer> {
  const reading = await trigger.kind.read(delivery, trigger.settings);
  switch (reading.kind) {
    case "handshake":
      deps.onDelivery?.("handshake");
      return reading.answer;
    case "unreadable":
      deps.onDelivery?.("unreadable");
      deps.refusals?.note(trigger.machine.name, reading.reason);
      return jsonAnswer(400, { error: reading.reason });
    case "nothing":
    case "events":
      try {
        const taken = await deps.desk.take(trigger, reading);
        deps.onDelivery?.(resultOf(taken));
        return jsonAnswer(200, { asked: taken.asked, reasons: taken.reasons });
      } catch (error) {
        // Nothing is on record then, so the sender has to send it again.
        deps.logger.error("a delivery could not be recorded", {
          trigger: trigger.machine.name,
          code: errorCode(error),
          error: errorText(error),
        });
        return NOT_NOW;
      }
  }
}

/** What a delivery that was taken came to. */
export function resultOf({ isNew, asked }: Taken): DeliveryResult {
  if (!isNew) return "repeated";
  return asked.length > 0 ? "asked" : "nothing";
}

/** The same of one trigger: not every sender has a secret. */
export function whyOf(reason: Disbelief, { secrets }: Pick<Trigger, "secrets">): string {
  const isOwn = secrets.length === 0;
  return reason === "signature" && isOwn
    ? "its signature is wrong, or it is about something else than `with` names"
    : WHY[reason];
}

function notTaken({ kind }: Trigger): HttpAnswer {
  return jsonAnswer(415, { error: `Send ${kind.contentTypes.join(" or ")}, and nothing that is compressed.` });
}

function later(text: string): HttpAnswer {
  const answer = jsonAnswer(503, { error: text });
  return { ...answer, headers: { ...answer.headers, "retry-after": "30" } };
}

function nameOf({ path }: HttpHead | HttpRequest): string {
  return path.slice(TRIGGERS_PATH.length);
}

function deliveryHead({ clock }: TriggerRouteDeps, { headers, query }: HttpHead): DeliveryHead {
  return { headers, query, at: clock.now() };
}

/** Whether it is of a type that the sender sends, and not compressed. */
export function hasKnownType({ headers }: Pick<HttpHead, "headers">, { kind }: Trigger): boolean {
  const [media = ""] = (headers["content-type"] ?? "").split(";");
  return headers["content-encoding"] === undefined && kind.contentTypes.includes(media.trim().toLowerCase());
}

/** Undefined while a secret cannot be had: then nobody can be believed. */
function proofsOf(
  { resolve, logger }: TriggerRouteDeps,
  { machine, secrets, settings }: Trigger,
): Proofs<unknown> | undefined {
  try {
    // An empty secret would believe everybody.
    const values = secrets.map(resolve).filter((value) => value !== "");
    return values.length === secrets.length ? { settings, secrets: values } : undefined;
  } catch (error) {
    logger.error("a trigger has no secret to believe anybody by", { trigger: machine.name, error: errorText(error) });
    return undefined;
  }
}
