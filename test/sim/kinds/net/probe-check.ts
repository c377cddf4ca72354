import { numberIn, type StepInput, textIn } from "./input-value.ts";
import type { Attempt } from "./net-book.ts";
import type { Look } from "./net-http.ts";
import type { NetWorld } from "./net-world.ts";
import { PONG, type SocketLook } from "./socket-ends.ts";

/** A look at a target that was heard to its end. */
export interface SeenLook {
  readonly askedAt: number;
  readonly answeredAt: number;
  readonly isGood: boolean;
  readonly hasAnswer: boolean;
}

const SLACK_MS = 1000;
const TELL_MS = 100;

/** What is wrong about the end of a probe. */
export function probeFaults(attempt: Attempt, world: NetWorld): readonly string[] {
  const { end, input } = attempt;
  if (end === undefined || end.type === "step.cancelled") return [];
  const targets = seenOf(attempt, world, end.life);
  const wanted = numberIn(input, "good-in-a-row", 3);
  if (end.type === "step.succeeded") {
    const output = targetsOf(end.fact);
    return targets.flatMap((seen, index) => [
      ...rowFaults(seen, wanted),
      ...rhythmFaults(seen, numberIn(input, "interval", 5000)),
      ...saidFaults(seen, output[index]),
    ]);
  }
  const code = codeOf(attempt);
  if (code === "network.refused-address")
    return isLedAstray(attempt, world) ? [] : ["an address is refused that is none"];
  if (code !== "probe.failing") return [`a probe ends with ${code}`];
  const isEarly = end.at < overAt(attempt, world, end.life) - 1;
  return [
    ...(isEarly ? ["a probe gives up before its time"] : []),
    ...(targets.every((seen) => rowOf(seen) >= wanted) ? ["a probe gives up although all is good"] : []),
    ...targets.flatMap((seen) => rhythmFaults(seen, numberIn(input, "interval", 5000))),
  ];
}

/** What is wrong about a probe that has not ended. */
export function probingFaults(attempt: Attempt, world: NetWorld): readonly string[] {
  const { number } = world.span;
  const wanted = numberIn(attempt.input, "good-in-a-row", 3);
  const targets = seenOf(attempt, world, number);
  const isDone = targets.every(
    (seen) => rowOf(seen) >= wanted && world.now - (seen.at(-1)?.answeredAt ?? Infinity) > TELL_MS,
  );
  return [
    ...(isDone ? ["a probe goes on although all is good"] : []),
    ...(world.now > overAt(attempt, world, number) + SLACK_MS ? ["a probe goes on after its time"] : []),
  ];
}

/** When it has to give up, by what the process that watches it could know. */
function overAt(attempt: Attempt, world: NetWorld, life: number): number {
  const limitMs = numberIn(attempt.input, "give-up-after", 300_000);
  const { from, passedMs } = watchedFrom(attempt, world, life);
  return from + Math.max(0, limitMs - passedMs);
}

/** From when on a process has watched an attempt, and how long that had been under way by the clock on the wall, which is all it knows. */
export function watchedFrom(
  { startedAt, startedShown }: Attempt,
  { spans }: NetWorld,
  life: number,
): { readonly from: number; readonly passedMs: number } {
  const span = spans[life - 1];
  if (span === undefined || span.from <= startedAt) return { from: startedAt, passedMs: 0 };
  return { from: span.from, passedMs: Math.max(0, span.fromShown - startedShown) };
}

function rowFaults(seen: readonly SeenLook[], wanted: number): readonly string[] {
  const row = rowOf(seen);
  if (row < wanted) return [`a probe succeeds after ${row} good answers in a row, and not ${wanted}`];
  return row > wanted ? ["a probe looks on at what is good"] : [];
}

function rowOf(seen: readonly SeenLook[]): number {
  return seen.length - 1 - seen.findLastIndex(({ isGood }) => !isGood);
}

function rhythmFaults(seen: readonly SeenLook[], intervalMs: number): readonly string[] {
  const isWrong = seen.some(({ askedAt }, index) => {
    const before = seen[index - 1];
    return before !== undefined && askedAt - before.answeredAt !== intervalMs;
  });
  return isWrong ? ["a probe does not keep its interval"] : [];
}

function saidFaults(seen: readonly SeenLook[], said: StepInput | undefined): readonly string[] {
  const slowest = Math.max(-1, ...seen.map((look) => (look.hasAnswer ? look.answeredAt - look.askedAt : -1)));
  const isSaid =
    said?.["looks"] === seen.length &&
    said["bad"] === seen.filter(({ isGood }) => !isGood).length &&
    (said["slowest"] ?? -1) === slowest;
  return isSaid ? [] : ["a probe says something else than what it has seen"];
}

function seenOf(attempt: Attempt, world: NetWorld, life: number): readonly (readonly SeenLook[])[] {
  const { input, uses, startedAt } = attempt;
  const urls = Array.isArray(input["urls"]) ? input["urls"].map(String) : [String(input["url"])];
  return urls.map((url) =>
    uses === "http/probe"
      ? httpLooks(url, { input, world, life, from: startedAt })
      : socketLooks(url, { input, world, life, from: startedAt }),
  );
}

export interface Asked {
  readonly input: StepInput;
  readonly world: NetWorld;
  readonly life: number;
  readonly from: number;
}

/** The looks of one process at an address of HTTP from some moment on, and how good they were. */
export function httpLooks(url: string, { input, world, life, from }: Asked): readonly SeenLook[] {
  return world.looks.flatMap((look) => {
    const { answeredAt, askedAt, answer } = look;
    if (look.url !== url || look.life !== life || askedAt < from || answeredAt === undefined) return [];
    // An answer of somebody to whom nobody wanted to be led is none.
    const isLed = look.redirects > numberIn(input, "redirects", 0);
    const isGood = answer !== undefined && !isLed && isAnswerGood(look, input) && isSoon(answeredAt - askedAt, input);
    return [{ askedAt, answeredAt, isGood, hasAnswer: answer !== undefined }];
  });
}

function socketLooks(url: string, { input, world, life, from }: Asked): readonly SeenLook[] {
  return world.sockets.looks.flatMap((look) => {
    const { askedAt, answeredAt, isOpen, isLost } = look;
    if (look.url !== url || look.life !== life || askedAt < from || answeredAt === undefined) return [];
    const hasAnswer = isOpen && !isLost;
    const isGood = hasAnswer && isMessageGood(look, answeredAt, input) && isSoon(answeredAt - askedAt, input);
    return [{ askedAt, answeredAt, isGood, hasAnswer }];
  });
}

function isMessageGood({ messages, askedAt }: SocketLook, answeredAt: number, input: StepInput): boolean {
  if (input["text"] === undefined && input["assert"] === undefined) return true;
  const isQuick = !JSON.stringify(input["assert"] ?? "").includes("< 300") || answeredAt - askedAt < 300;
  return isQuick && messages.at(-1) === PONG;
}

function isSoon(latencyMs: number, { latency }: StepInput): boolean {
  return typeof latency !== "number" || latencyMs <= latency;
}

function isAnswerGood(look: Look, input: StepInput): boolean {
  const { answer } = look;
  if (answer === undefined || !isWanted(answer.status, input["status"])) return false;
  const { assert } = input;
  const conditions = Array.isArray(assert) ? assert.map(String) : [];
  const text = textIn(input, "text");
  if (text === "" && conditions.length === 0) return true;
  const latency = (look.answeredAt ?? Infinity) - look.askedAt;
  const isTold = !answer.isCut && answer.body.includes(text);
  return isTold && conditions.every((each) => doesHold(each, { ...answer, latency }));
}

function isWanted(status: number, wanted: unknown): boolean {
  if (Array.isArray(wanted)) return wanted.some((each) => isWanted(status, each));
  if (typeof wanted === "number") return status === wanted;
  const range = typeof wanted === "string" && wanted !== "2xx" ? wanted : "200-299";
  const [least = 0, most = 0] = range.split("-").map(Number);
  return status >= least && status <= most;
}

function doesHold(
  condition: string,
  { status, body, latency }: { readonly status: number; readonly body: string; readonly latency: number },
): boolean {
  if (condition.includes("latency")) return latency < 300;
  if (condition.includes("status")) return status === 200;
  return body.startsWith("{") && JSON.parse(body).state === "ready";
}

function isLedAstray({ startedAt }: Attempt, { looks, span }: NetWorld): boolean {
  return looks.some(({ isRefused, life, askedAt }) => isRefused && life === span.number && askedAt >= startedAt);
}

function targetsOf(fact: object): readonly StepInput[] {
  const targets: unknown = Reflect.get(Object(Reflect.get(fact, "output")), "targets");
  return Array.isArray(targets) ? targets : [];
}

/** Why an attempt failed. */
export function codeOf({ end }: Attempt): string {
  return String(Reflect.get(Object(end?.fact["failure"]), "code"));
}
