import type { Moment } from "./api-caller.ts";
import type { AskedThings, LoggedRun } from "./asked-things.ts";
import { membersOf } from "./asked-things.ts";
import type { Belief } from "./belief.ts";
import type { Following, RunFollower } from "./run-follower.ts";

interface World {
  readonly followers: readonly RunFollower[];
  readonly things: AskedThings;
  readonly belief: Belief;
  readonly now: Moment;
  readonly isOver: boolean;
}

// Something is said every 15 seconds.
const LONGEST_SILENCE_MS = 16_500;
const SOON_MS = 1500;

/** What is wrong with what those are told who follow runs: each fact once and in order, over whatever was cut, and nobody else. */
export function followFaults(world: World): readonly string[] {
  return world.followers.flatMap((follower) => {
    const run = world.things.runs.get(follower.run);
    if (run === undefined) return [`${follower.run} is followed, and is not there`];
    const faults = [
      ...follower.followings.flatMap((following) => followingFaults(following, run, world)),
      ...overFaults(follower, run),
      ...(world.isOver && follower.overAt === undefined ? ["it never comes to its end"] : []),
    ];
    return faults.map((fault) => `following ${follower.run}: ${fault}`);
  });
}

function followingFaults(following: Following, run: LoggedRun, world: World): readonly string[] {
  const { told, after, call, end } = following;
  const last = told.findLast(({ id }) => id !== undefined)?.id ?? after;
  return [
    ...told.flatMap(({ at }) =>
      world.belief.mayHaveDone({ ...call, moments: [at] }) ? [] : ["it is told on to a token that is none any more"],
    ),
    ...orderFaults(following, run),
    ...(end === undefined ? openFaults(following, { run, last, world }) : []),
    ...(end === "ended" && !mayEnd(following, { run, last, belief: world.belief }) ? [`it ends after ${last}`] : []),
  ];
}

/** Each fact once, in order, as the log has it and not before. */
function orderFaults({ told, after }: Following, run: LoggedRun): readonly string[] {
  const facts = told.filter(({ id }) => id !== undefined);
  return facts.flatMap(({ id = 0, event, data, at }, index) => {
    if (id !== after + index + 1) return [`after ${after + index} comes ${id}`];
    const row = run.rows[id - 1];
    if (row === undefined || row.sequence > at.rows) return [`${id} is told before it is in the log`];
    return isTold(row, event, data) ? [] : [`${id} was ${row.type}, and is told as ${event}`];
  });
}

function openFaults(
  { told, call }: Following,
  { run, last, world }: { readonly run: LoggedRun; readonly last: number; readonly world: World },
): readonly string[] {
  const { belief, now } = world;
  const heardAt = told.at(-1)?.at ?? call.answer?.at;
  const isSilent = now.ms - (heardAt?.ms ?? 0) > LONGEST_SILENCE_MS;
  // It takes a moment until it is known what those are called who did it.
  const sinceMs = call.answer?.at.ms ?? Infinity;
  const known = run.rows.filter(({ seenMs }) => Math.max(seenMs, sinceMs) < now.ms - SOON_MS).length;
  const isBehind = mayRead(belief, call, now) && last < known;
  return [
    ...(isSilent ? ["nothing is said"] : []),
    ...(isBehind ? [`${known} facts are there, and ${last} are told`] : []),
  ];
}

/** Whether the server knows for sure that whoever follows may. */
function mayRead(belief: Belief, { secret }: Following["call"], at: Moment): boolean {
  return belief.certain(secret, at)?.scopes.includes("read") === true;
}

function isTold(row: LoggedRun["rows"][number], event: string, data: unknown): boolean {
  const { version, type, at } = membersOf(data);
  return event === row.type && type === row.type && version === row.version && Date.parse(String(at)) === row.at;
}

/** A stream ends when the run has, or when whoever follows may not any more. */
function mayEnd(
  { endedAt, call }: Following,
  { run, last, belief }: { readonly run: LoggedRun; readonly last: number; readonly belief: Belief },
): boolean {
  if (endedAt === undefined || !mayRead(belief, call, endedAt)) return true;
  return hasEnded(run.rows.slice(0, last));
}

/** What was refused to it after its end changes nothing. */
function hasEnded(rows: LoggedRun["rows"]): boolean {
  return rows.findLast(({ type }) => type === "run.finished" || type === "run.retried")?.type === "run.finished";
}

/** Whoever is told not to come back has all of a run that has ended. */
function overFaults({ overAt, last, first }: RunFollower, { rows }: LoggedRun): readonly string[] {
  if (overAt === undefined || last < first) return [];
  const then = rows.filter(({ sequence }) => sequence <= overAt.rows);
  const isAll = last >= then.length && hasEnded(then);
  return isAll ? [] : [`it is told not to come back after ${last} of ${then.length}`];
}
