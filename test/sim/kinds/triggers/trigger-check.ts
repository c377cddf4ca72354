import type { Sending, ToldFact } from "./trigger-sender.ts";

/** One row of the log, as whoever only has the log reads it. */
export interface LogLine {
  readonly stream: string;
  readonly type: string;
  readonly at: number;
  readonly payload: Readonly<Record<string, unknown>>;
}

interface Limits {
  readonly sameWithinMs: number;
  readonly oldestMs: number;
  readonly futureMs: number;
}

interface Started {
  readonly number: number;
  readonly at: number;
}

/**
 * What is wrong with what came of the sendings, by the log and by what the sender knows, and by nothing else. `isOver` is when nothing
 * is under way any more.
 */
export function triggerFaults(
  lines: readonly LogLine[],
  sendings: readonly Sending[],
  { limits, isOver }: { readonly limits: Limits; readonly isOver: boolean },
): readonly string[] {
  const runs = lines.filter(({ type }) => type === "run.started").map(startedOf);
  return [
    ...unknownRuns(runs, sendings, limits),
    ...repeatedRuns(runs, limits),
    ...tooManyRuns(runs, sendings, limits),
    ...unrecorded(lines, sendings),
    ...askedTwice(sendings, limits),
    ...(isOver ? [...lostRuns(runs, sendings, limits), ...unsettled(lines)] : []),
  ];
}

function startedOf({ payload, at }: LogLine): Started {
  const inputs: unknown = payload["inputs"];
  const number =
    typeof inputs === "object" && inputs !== null && "number" in inputs ? Number(inputs.number) : Number.NaN;
  return { number, at };
}

/** Whether the sender told it truly, in time, and it is one that starts something. */
function isGood({ isTrue, fact, at }: Sending, { oldestMs, futureMs }: Limits): boolean {
  return isTrue && fact.isGreen && fact.happenedAt <= at + futureMs && fact.happenedAt >= at - oldestMs;
}

function unknownRuns(runs: readonly Started[], sendings: readonly Sending[], limits: Limits): readonly string[] {
  return runs.flatMap(({ number, at }) => {
    const told = sendings.some(
      (sending) => sending.fact.number === number && sending.at <= at && isGood(sending, limits),
    );
    return told ? [] : [`a run was started by ${number}, which nobody who may had told so, or not in time`];
  });
}

function repeatedRuns(runs: readonly Started[], { sameWithinMs }: Limits): readonly string[] {
  return runs.flatMap(({ number, at }, index) => {
    const before = runs.slice(0, index).findLast((run) => run.number === number);
    if (before === undefined || at - before.at >= sameWithinMs) return [];
    return [`two runs were started by ${number} within ${at - before.at} ms`];
  });
}

/** A delivery starts at most one run, however often it is sent. */
function tooManyRuns(runs: readonly Started[], sendings: readonly Sending[], limits: Limits): readonly string[] {
  return [...new Set(runs.map(({ number }) => number))].flatMap((number) => {
    const good = sendings.filter((sending) => sending.fact.number === number && isGood(sending, limits));
    const deliveries = new Set(good.map(({ delivery }) => delivery)).size;
    const count = runs.filter((run) => run.number === number).length;
    return count > deliveries ? [`${number} was told by ${deliveries} deliveries, and started ${count} runs`] : [];
  });
}

/** Whoever was told that it arrived finds it in the log, once. */
function unrecorded(lines: readonly LogLine[], sendings: readonly Sending[]): readonly string[] {
  const keys = lines.filter(({ type }) => type === "intent.received").map(({ payload }) => String(payload["key"]));
  const acknowledged = new Set(sendings.filter(({ status }) => status === 200).map(({ delivery }) => delivery));
  const forged = sendings.filter(({ isTrue, status }) => !isTrue && status === 200);
  return [
    ...forged.map(({ delivery }) => `${delivery} was believed, though it was forged`),
    ...[...acknowledged].flatMap((delivery) => {
      const count = keys.filter((key) => key === `trigger/green/${delivery}`).length;
      return count === 1 ? [] : [`${delivery} was acknowledged, and is ${count} times in the log`];
    }),
  ];
}

/** Of two that tell the same within a while, one is told that it asked for something. */
function askedTwice(sendings: readonly Sending[], { sameWithinMs }: Limits): readonly string[] {
  const asked = sendings.filter(({ hasAsked }) => hasAsked);
  return asked.flatMap(({ fact: { number }, at }, index) => {
    const before = asked.slice(0, index).findLast(({ fact }) => fact.number === number);
    if (before === undefined || at - before.at >= sameWithinMs) return [];
    return [`two were told within ${at - before.at} ms that they asked for ${number}`];
  });
}

/** What was acknowledged for the first time, and starts something, has started it. */
function lostRuns(runs: readonly Started[], sendings: readonly Sending[], limits: Limits): readonly string[] {
  const facts = new Map<number, ToldFact>();
  for (const sending of sendings)
    if (sending.status === 200 && isGood(sending, limits)) facts.set(sending.fact.number, sending.fact);
  return [...facts.keys()].flatMap((number) => {
    // A first sending that came too late is on record as that, and the same one again is not read anew.
    const isTimely = sendings
      .filter(({ fact, status, isTrue }) => fact.number === number && isTrue && status === 200)
      .every((sending) => isGood(sending, limits));
    if (!isTimely || runs.some((run) => run.number === number)) return [];
    return [`${number} was acknowledged, and no run was started by it`];
  });
}

function unsettled(lines: readonly LogLine[]): readonly string[] {
  const settled = new Set(lines.filter(({ type }) => type === "intent.settled").map(({ payload }) => payload["id"]));
  return lines
    .filter(({ type, payload }) => type === "intent.received" && !settled.has(payload["id"]))
    .map(({ payload }) => `${String(payload["key"])} was never dealt with`);
}
