import type { Call, Moment } from "./api-caller.ts";
import { type AskedThings, keyOf, membersOf } from "./asked-things.ts";
import type { Belief } from "./belief.ts";
import { type Answered, codeOf, requestFaults } from "./request-check.ts";
import type { Following } from "./run-follower.ts";
import type { Troubles } from "./troubles.ts";

interface Truth {
  readonly calls: readonly Call[];
  readonly troubles: Pick<Troubles, "within">;
  readonly followings: readonly Following[];
  readonly now: Moment;
}

interface World extends Truth {
  readonly things: AskedThings;
  readonly belief: Belief;
}

// The server says what it knows after ten seconds.
const LONGEST_WAIT_MS = 11_000;
const MOST_OF_ONE = 20;

/** What is wrong with what was answered, by the log and by what those who asked know. */
export function callFaults(world: World): readonly string[] {
  const { calls } = world;
  return [
    ...calls.flatMap((call) => faultsOf(call, world).map((fault) => `${textOf(call)}: ${fault}`)),
    ...disagreements(world),
    ...differentRefusals(calls),
  ];
}

function textOf({ name, method, path, answer }: Call): string {
  return `${name} ${method} ${path} -> ${answer?.status ?? "nothing"} ${codeOf(answer?.body)}`;
}

function faultsOf(call: Call, world: World): readonly string[] {
  if (call.failure !== undefined) return [`it failed inside: ${call.failure}`];
  if (!isAnswered(call)) return silence(call, world);
  const faults = [...lateFaults(call), ...beliefFaults(call, world)];
  if (faults.length > 0) return faults;
  const { status } = call.answer;
  if (status === 401 || codeOf(call.answer.body) === "token.scope") return [];
  if (status === 503) return notNow(call, world);
  if (call.wish !== undefined || call.path.startsWith("/api/requests/")) return requestFaults(call, world.things);
  return status === 200 || status === 204 ? [] : [`it is answered with ${status}`];
}

function lateFaults({ answer, moments }: Answered): readonly string[] {
  const waitedMs = answer.at.ms - (moments.at(-1)?.ms ?? 0);
  return waitedMs > LONGEST_WAIT_MS ? [`it is answered after ${waitedMs} ms`] : [];
}

function isAnswered(call: Call): call is Answered {
  return call.answer !== undefined;
}

/** Nobody waits for longer than the server said, unless it is gone. */
function silence({ moments }: Call, { troubles, now }: World): readonly string[] {
  const last = moments.at(-1);
  if (moments.length < 2 || last === undefined || now.ms - last.ms < LONGEST_WAIT_MS) return [];
  return troubles.within(last.ms, now.ms, ["server"]) ? [] : ["it is not answered"];
}

function beliefFaults(call: Answered, { belief }: World): readonly string[] {
  const { secret, scope, moments, answer } = call;
  const code = codeOf(answer.body);
  if (answer.status === 503 && code === "server.not-ready") return [];
  const certain = moments.map((moment) => belief.certain(secret, moment));
  if (answer.status === 401) {
    return certain.every((entry) => entry !== undefined) ? ["a token that is good is not believed"] : [];
  }
  if (moments.some((moment) => belief.possible(secret, moment).length === 0))
    return ["a token that is none is believed"];
  if (code !== "token.scope") return belief.mayHaveDone(call) ? [] : ["a token is let that has not the scope"];
  const hasIt = certain.every((entry) => entry !== undefined && (scope === undefined || entry.scopes.includes(scope)));
  return hasIt ? ["a token is not let that has the scope"] : [];
}

/** What is refused for a moment is so for a reason. */
function notNow(call: Answered, world: World): readonly string[] {
  const code = codeOf(call.answer.body);
  if (code === "server.not-ready" || isSaidByLog(call, world)) return [];
  if (code === "follow.full") return roomFaults(call, world);
  const what = code.startsWith("store.") ? "disk" : "team";
  const isTrue = code.startsWith("store.") || code === "machine.not-ready";
  const fromMs = (call.moments[0]?.ms ?? 0) - 1;
  if (!isTrue) return ["the log does not say so"];
  return world.troubles.within(fromMs, call.answer.at.ms, [what]) ? [] : [`there is nothing wrong with the ${what}`];
}

/** What was refused without a key is not named. */
function isSaidByLog(call: Answered, { things }: World): boolean {
  const code = codeOf(call.answer.body);
  const key = keyOf(call);
  if (call.wish === undefined || code === "machine.not-ready") return false;
  return key === undefined || things.attempts.get(key)?.some(({ settled }) => settled?.code === code) === true;
}

function roomFaults({ name }: Answered, { followings }: World): readonly string[] {
  const open = followings.filter((each) => each.call.name === name && each.end === undefined).length;
  return open >= MOST_OF_ONE ? [] : [`nobody may follow any more, though ${open} do`];
}

/** Whoever asks for the same with the same key is told the same. */
function disagreements({ calls, things }: World): readonly string[] {
  const told = new Map<string, string>();
  return calls.filter(isAnswered).flatMap((call) => {
    const { status, body } = call.answer;
    const code = codeOf(body);
    const key = keyOf(call);
    const isOfDoor = call.wish !== undefined && status !== 202 && status !== 401 && !code.startsWith("token.");
    if (!isOfDoor || key === undefined || code === "request.idempotency-key" || !things.attempts.has(key)) return [];
    // What somebody was away for is tried anew.
    if (status === 503) return [];
    const now = `${code} ${String(membersOf(membersOf(body)["run"])["id"])}`;
    const before = told.get(key) ?? now;
    told.set(key, now);
    return before === now ? [] : [`${key}: it was ${before} before and is ${now} now`];
  });
}

/** Whoever is not believed learns nothing by how that is said. */
function differentRefusals(calls: readonly Call[]): readonly string[] {
  const texts = new Set(calls.flatMap(({ answer }) => (answer?.status === 401 ? [answer.text] : [])));
  return texts.size > 1 ? ["those who are not believed are told different things"] : [];
}
