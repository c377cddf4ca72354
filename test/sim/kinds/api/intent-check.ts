import { isDeepStrictEqual } from "node:util";

import { type Call, requestIdOf } from "./api-caller.ts";
import { type Asked, type AskedThings, isWhatWasWanted } from "./asked-things.ts";
import type { Belief } from "./belief.ts";

interface World {
  readonly calls: readonly Call[];
  readonly things: AskedThings;
  readonly belief: Belief;
  readonly isOver: boolean;
}

/** What is wrong with what the log says was asked for: each of it was, once, by somebody who might have been believed. */
export function intentFaults(world: World): readonly string[] {
  const { things, isOver } = world;
  const keys = things.asked.map(({ key }) => key);
  const twice = new Set(keys.filter((key, index) => keys.indexOf(key) !== index));
  const open = isOver ? things.asked.filter(({ settled }) => settled === undefined) : [];
  return [
    ...Array.from(twice, (key) => `${key} is in the log twice`),
    ...things.asked.flatMap((asked) => faultsOf(asked, world).map((fault) => `${asked.key}: ${fault}`)),
    ...unkeyedFaults(world),
    ...[...things.attempts.values()].flatMap((attempts) => attemptFaults(attempts, world)),
    ...open.map(({ key }) => `${key} was never dealt with`),
  ];
}

function faultsOf(asked: Asked, { calls, things, belief }: World): readonly string[] {
  const { row, name } = asked;
  if (things.whoIs(row.actor) !== `machines/token:${name}`) return [`it is told of ${things.whoIs(row.actor)}`];
  const sent = calls.filter((call) => isOf(call, asked));
  if (sent.length === 0) return ["nobody asked for that"];
  const before = sent.filter(({ moments }) => moments.length === 2 && (moments[1]?.rows ?? Infinity) < row.sequence);
  const believed = before.filter((call) => belief.mayHaveDone(call));
  if (believed.length === 0) return ["nobody asked for it who might"];
  const owners = believed.flatMap(({ secret, moments }) => {
    const last = moments.at(-1);
    return last === undefined ? [] : belief.possible(secret, last).map(({ owner }) => owner);
  });
  const isRight = owners.some((owner) => isDeepStrictEqual(asked.behalf, owner === undefined ? [] : [`T1/${owner}`]));
  return isRight ? [] : [`it is for ${asked.behalf.join(", ") || "nobody"}`];
}

function isOf({ name, wish }: Call, asked: Asked): boolean {
  if (wish === undefined || name !== asked.name || !isWhatWasWanted(asked, wish)) return false;
  return wish.key === undefined ? asked.request.startsWith("req_") : requestIdOf(wish.key) === asked.request;
}

/** It is tried anew only after nothing can come of the attempt before, and by whoever asks anew. */
function attemptFaults(attempts: readonly Asked[], { calls }: World): readonly string[] {
  const [first] = attempts;
  if (first === undefined || attempts.length === 1) return [];
  const sent = calls.filter((call) => call.moments.length === 2 && isOf(call, first)).length;
  return [
    ...(attempts.length > sent ? [`${first.key} was tried ${attempts.length} times, and asked for ${sent} times`] : []),
    ...attempts.slice(1).flatMap(({ key, row, attempt }, index) => {
      const { settled, attempt: before } = attempts[index] ?? first;
      const isOver = settled !== undefined && settled.row.sequence < row.sequence && isPassing(settled.code);
      return isOver && attempt === before + 1 ? [] : [`${key} is tried after what has come to ${settled?.code}`];
    }),
  ];
}

function isPassing(code: string): boolean {
  return code === "git.unreachable" || code.startsWith("store.");
}

/** What has no key is recorded as often as it was asked for, and no more often. */
function unkeyedFaults({ calls, things }: World): readonly string[] {
  const wishes = new Set(calls.flatMap(({ wish }) => (wish !== undefined && wish.key === undefined ? [wish] : [])));
  return [...wishes].flatMap((wish) => {
    const asked = things.asked.filter(
      (each) => each.name === wish.name && each.request.startsWith("req_") && isWhatWasWanted(each, wish),
    );
    const sent = calls.filter((call) => asked.some((each) => isOf(call, each)));
    return asked.length > sent.length
      ? [`${wish.name} asked ${sent.length} times, and the log has ${asked.length}`]
      : [];
  });
}
