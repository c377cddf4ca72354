import { lockKey } from "../domain/hand-lock.ts";
import { type Answer, notice } from "../engine/answer.ts";
import { durationText } from "../platform/duration.ts";
import type { ActAsk, ActDeps } from "./act-ask.ts";
import { questionName } from "./command-name.ts";
import { textOf, valueOf } from "./command-values.ts";
import { type NamedPlace, namePlace } from "./name-places.ts";

// Longer ones are forgotten before they end; whoever needs it locks again.
const LONGEST_LOCK_MS = 90 * 86_400_000;

/** Locks or unlocks a service in an environment, for people who are granted just that. */
export async function lockOrUnlock(deps: ActDeps, ask: ActAsk): Promise<Answer> {
  const named = namePlace(deps.inventory, ask);
  if (named.kind === "refused") return named.answer;
  const { service, target } = named.value;
  const act = { verb: ask.verb, service: service.name, environment: target.name };
  const authorization = await deps.check.mayAct(ask.person, [act]);
  if (authorization.kind === "denied") return notice(authorization.code, authorization.message);
  return ask.acts === "lock" ? await lock(deps, ask, named.value) : await unlock(deps, ask, named.value);
}

async function lock(deps: ActDeps, ask: ActAsk, { service, target }: NamedPlace): Promise<Answer> {
  const duration = valueOf(ask.command, ask.values, "duration");
  if (typeof duration === "number" && (duration <= 0 || duration > LONGEST_LOCK_MS)) {
    return notice("lock.duration", `A lock lasts ${durationText(LONGEST_LOCK_MS)} at most, and more than nothing.`);
  }
  const key = lockKey({ service: service.name, environment: target.name });
  const until = typeof duration === "number" ? deps.clock.now() + duration : undefined;
  const taken = deps.locks.on(key);
  const reason = textOf(ask.command, ask.values, "string");
  const how = typeof duration === "number" ? `for ${durationText(duration)}` : "until it is unlocked";
  const again = taken === undefined ? "locked" : "locked anew";
  const answer = notice("lock.set", `${service.name} in ${target.name} is ${again} ${how}: ${reason}.`);
  const owner = ask.person.pseudonym;
  const isTaken = taken !== undefined && taken.owner !== owner;
  const refusal: Answer | undefined = isTaken ? { kind: "locked", locks: [taken] } : undefined;
  await Promise.all([deps.locks.set({ key, owner, reason, until }), ask.settle(refusal ?? answer)]);
  return refusal ?? answer;
}

async function unlock(deps: ActDeps, ask: ActAsk, { service, target }: NamedPlace): Promise<Answer> {
  const key = lockKey({ service: service.name, environment: target.name });
  const place = `${service.name} in ${target.name}`;
  const held = deps.locks.on(key);
  if (held === undefined) {
    const queue = questionName(deps.commands, "queue");
    const hint = queue === undefined ? "" : ` What runs hold, ${queue} shows.`;
    return notice("lock.none", `${place} is not locked by anybody.${hint}`);
  }
  const answer = notice("lock.lifted", `${place} is unlocked. It was locked because: ${held.reason}.`);
  await Promise.all([deps.locks.lift(key, ask.person.pseudonym), ask.settle(answer)]);
  return answer;
}
