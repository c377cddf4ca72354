import type { Asked, AskedThings, LoggedRun } from "./asked-things.ts";
import { mayDo, membersOf, numberOf, placeOf } from "./asked-things.ts";
import type { ApiRow } from "./api-log.ts";

interface World {
  readonly things: AskedThings;
  readonly isOver: boolean;
}

// A quarter of an hour, and what the clock may be set on by meanwhile.
const OLDEST_MS = 26 * 60_000;
const TOKEN = "machines/token:";

/** What is wrong with runs: each was asked for, once, by who may; and what was done to them as well. */
export function runFaults({ things, isOver }: World): readonly string[] {
  const runs = [...things.runs.values()];
  const byIntent = new Map(things.asked.map((asked) => [asked.id, asked]));
  return [
    ...runs.flatMap((run) => {
      const asked = byIntent.get(run.intent);
      if (asked === undefined) return [`${run.id} was started by nobody`];
      const faults = [
        ...startFaults(run, asked, runs),
        ...actFaults(run, asked, { things, type: "run.cancel-requested", command: "cancel" }),
        ...actFaults(run, asked, { things, type: "run.retried", command: "retry" }),
        ...gateFaults(run, { things }),
        ...(isOver && isOpen(run.rows) ? ["it never ends"] : []),
      ];
      return faults.map((fault) => `${run.command} of ${asked.name} (${run.id}): ${fault}`);
    }),
    ...runs.flatMap((run, index) => sideBySide(run, runs.slice(0, index), byIntent)),
    ...things.asked.flatMap((asked) => resultFaults(asked, things)),
  ];
}

function startFaults(run: LoggedRun, asked: Asked, runs: readonly LoggedRun[]): readonly string[] {
  const { settled, row, name, command } = asked;
  const isSettled = settled?.code === "run.started" && settled.run === run.id;
  return [
    ...(run.door === "api" && run.actor === `${TOKEN}${name}` ? [] : [`it is told of ${run.actor} by ${run.door}`]),
    ...(run.started.sequence > row.sequence ? [] : ["it was started before it was asked for"]),
    ...(run.started.at - row.at < OLDEST_MS ? [] : ["it was asked for long before"]),
    ...(runs.some((other) => other !== run && other.intent === run.intent) ? ["it was started twice"] : []),
    ...(isSettled ? [] : ["what asked for it has not come to that"]),
    ...(run.command === command ? [] : [`${command} was asked for`]),
    ...(String(run.behalf) === String(asked.behalf) ? [] : [`it is for ${String(run.behalf)}`]),
    ...(mayDo(name, { command, place: placeOf(asked) }) ? [] : ["no grant allows it"]),
  ];
}

/** What was done to it, by those who asked for that, as often as they did. */
function actFaults(
  run: LoggedRun,
  start: Asked,
  { things, type, command }: { readonly things: AskedThings; readonly type: string; readonly command: string },
): readonly string[] {
  const done = run.rows.filter((row) => row.type === type);
  const asks = things.asked.filter((asked) => asked.command === command && runOf(asked) === run.id);
  return done.flatMap((row, index) => {
    const who = things.whoIs(row.actor);
    const name = who.slice(TOKEN.length);
    const before = asks.filter((asked) => asked.name === name && asked.row.sequence < row.sequence).length;
    const count = done.slice(0, index + 1).filter(({ actor }) => actor === row.actor).length;
    const isSaid = asks.some((asked) => asked.name === name && hasDone(asked, row));
    const isOwn = command === "cancel" && who === run.actor;
    return [
      ...(isSaid ? [] : [`${type} by ${who}, and the log does not say that it came of what they asked for`]),
      ...(count <= before ? [] : [`${type} by ${who}, who asked ${before} times`]),
      ...(isOwn || mayDo(name, { command: run.command, place: placeOf(start) })
        ? []
        : [`${type} by ${who}, who may not`]),
    ];
  });
}

function runOf({ typed }: Asked): unknown {
  return membersOf(membersOf(typed)["values"])["run"];
}

/** Nobody approves what somebody asked for or had repeated in their name. */
function gateFaults({ rows, behalf }: LoggedRun, { things }: Pick<World, "things">): readonly string[] {
  return rows.flatMap((row) => {
    if (row.type !== "gate.decided" || row.payload["decision"] !== "approve") return [];
    const who = things.whoIs(row.actor);
    const retried = rows.filter(({ type, sequence }) => type === "run.retried" && sequence < row.sequence);
    const ofRetries = retried
      .flatMap((each) => things.asked.filter((asked) => asked.command === "retry" && hasDone(asked, each)))
      .flatMap((each) => each.behalf);
    return [...behalf, ...ofRetries].includes(who) ? [`${who} approves what was asked for in their name`] : [];
  });
}

const DONE: Readonly<Record<string, string>> = { cancel: "run.cancelling", retry: "run.retried" };

/** What was asked is marked as dealt with in the commit in which it is done. */
function hasDone(asked: Asked, row: ApiRow): boolean {
  const { command, settled } = asked;
  if (settled === undefined || settled.code !== DONE[command] || runOf(asked) !== row.stream) return false;
  return Math.abs(settled.row.sequence - row.sequence) < 12;
}

/** What was said to be done is. */
function resultFaults({ key, settled, row, command, ...asked }: Asked, things: AskedThings): readonly string[] {
  if (settled?.run === undefined) return [];
  const run = things.runs.get(settled.run);
  if (run === undefined) return [`${key} has come to a run that is not there`];
  const between = ({ type, actor, sequence }: ApiRow, wanted: string): boolean =>
    type === wanted && actor === row.actor && sequence > row.sequence && sequence < settled.row.sequence + 12;
  switch (settled.code) {
    case "run.started":
      return run.intent === asked.id ? [] : [`${key} has come to the run of something else`];
    case "run.joined": {
      const isOpenThen = isOpen(run.rows.filter(({ sequence }) => sequence <= settled.row.sequence));
      const isSame = run.command === command && isOpenThen && run.started.sequence < settled.row.sequence;
      return isSame ? [] : [`${key} was led to a run that is not under way, or another one`];
    }
    case "run.cancelling":
      return run.rows.some((each) => between(each, "run.cancel-requested") || between(each, "run.refused"))
        ? []
        : [`${key} was told that it is cancelled, and it is not`];
    case "run.retried":
      return run.rows.some((each) => between(each, "run.retried") || between(each, "run.refused"))
        ? []
        : [`${key} was told that it goes on, and it does not`];
    default:
      return [];
  }
}

/** What is under way already is joined, and not begun beside it. */
function sideBySide(
  run: LoggedRun,
  before: readonly LoggedRun[],
  byIntent: ReadonlyMap<string, Asked>,
): readonly string[] {
  const asked = byIntent.get(run.intent);
  if (asked === undefined || run.command === "ship") return [];
  const other = before.find((each) => {
    const ofOther = byIntent.get(each.intent);
    if (ofOther === undefined || each.command !== run.command || numberOf(ofOther) !== numberOf(asked)) return false;
    // One that goes on in the same commit was not under way when it was looked.
    const { sequence: most, at: now } = run.started;
    return isOpen(
      each.rows.filter(({ sequence, type, at }) => sequence < most && (type !== "run.retried" || at < now)),
      true,
    );
  });
  return other === undefined ? [] : [`${run.id} does what ${other.id} does already`];
}

/** Whether it has something before it yet; `isWell` is when nothing has failed and nobody has cancelled it either. */
function isOpen(rows: readonly ApiRow[], isWell = false): boolean {
  let open = false;
  for (const { type } of rows) {
    if (type === "run.started" || type === "run.retried") open = true;
    else if (type === "run.finished") open = false;
    else if (isWell && (type === "run.cancel-requested" || type === "step.failed")) open = false;
  }
  return open;
}
