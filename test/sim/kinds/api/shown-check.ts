import type { Call } from "./api-caller.ts";
import { type AskedThings, type LoggedRun, membersOf } from "./asked-things.ts";

/** What is wrong with runs as they are shown: what the log had of them when it was answered. */
export function shownFaults(calls: readonly Call[], things: AskedThings): readonly string[] {
  return calls.flatMap((call) => {
    const { path, answer, moments, method } = call;
    const asked = moments.at(-1);
    if (method !== "GET" || answer?.status !== 200 || asked === undefined) return [];
    const window = { from: asked.rows, to: answer.at.rows };
    if (path === "/api/runs") return listFaults(call, things, window);
    const run = things.runs.get(path.slice("/api/runs/".length));
    return run === undefined ? [] : runFaults(run, answer.body, window);
  });
}

interface Window {
  readonly from: number;
  readonly to: number;
}

function runFaults(run: LoggedRun, body: unknown, { from, to }: Window): readonly string[] {
  const { id, version, finishedAt, status } = membersOf(body);
  const least = run.rows.filter(({ sequence }) => sequence <= from).length;
  const most = run.rows.filter(({ sequence }) => sequence <= to).length;
  if (id !== run.id || typeof version !== "number" || version < least || version > most)
    return [`${run.id} had ${least} to ${most} facts, and ${String(version)} of ${String(id)} are shown`];
  const end = run.rows.slice(0, version).findLast(({ type }) => type === "run.finished" || type === "run.retried");
  const ended = end?.type === "run.finished" ? end : undefined;
  const isRight =
    (ended === undefined) === (finishedAt === undefined) &&
    (ended === undefined || (ended.payload["status"] === status && Date.parse(String(finishedAt)) === ended.at));
  return isRight ? [] : [`${run.id} is shown as ${String(status)}`];
}

/** The newest first, none left out and none twice. */
function listFaults({ query, answer }: Call, { runs }: AskedThings, { from, to }: Window): readonly string[] {
  const asked = new URLSearchParams(query);
  const listed = membersOf(answer?.body)["runs"];
  const ids = Array.isArray(listed) ? listed.map((each) => String(membersOf(each)["id"])) : [];
  const before = asked.get("before");
  const limit = Number(asked.get("limit") ?? 50);
  const all = [...runs.values()].toReversed();
  const there = (rows: number): readonly string[] => {
    const started = all.filter(({ started: { sequence } }) => sequence <= rows);
    const open = asked.get("open") === "true" ? started.filter((run) => isOpenAt(run, rows)) : started;
    const place = before === null ? 0 : open.findIndex(({ id }) => id === before) + 1;
    return open.slice(place, place + limit).map(({ id }) => id);
  };
  const next = membersOf(answer?.body)["next"];
  if (next !== (ids.length === limit ? ids.at(-1) : undefined)) return [`after ${String(ids)} comes ${String(next)}`];
  const isRight = [there(from), there(to)].some((wanted) => String(wanted) === String(ids));
  // Something may have happened while it was answered.
  return isRight || to > from ? [] : [`${ids.length} runs are listed, not ${there(from).length}, or others`];
}

function isOpenAt({ rows }: LoggedRun, at: number): boolean {
  const last = rows.findLast(
    ({ type, sequence }) => sequence <= at && (type === "run.finished" || type === "run.retried"),
  );
  return last?.type !== "run.finished";
}
