import { type LogVerdict, verifyLog } from "../audit/verify-log.ts";
import { foldRun } from "../domain/evolve.ts";
import type { RunEvent } from "../domain/run-event.ts";
import type { RunState } from "../domain/run-state.ts";
import type { ApplicationState } from "../simulator/argocd-state.ts";
import type { SlackMessage } from "../simulator/slack-messages.ts";
import { parseRunEvent } from "../store/log-reader.ts";
import { openLog } from "../store/store.ts";
import type { DemoWorld } from "./demo-world.ts";
import { type Finding, finding, playFailure } from "./finding.ts";
import { DEPLOYS } from "./people.ts";

export interface RecordedEvent {
  readonly run: string;
  readonly event: RunEvent;
}

/** What a play left behind: the log, the simulated Slack and the simulated Argo CD, read once the server has ended. */
export interface LeftBehind {
  readonly world: DemoWorld;
  readonly verdict: LogVerdict;
  /** In the order in which they were started. */
  readonly runs: readonly RunState[];
  /** The events of all runs, in the order of the log. */
  readonly events: readonly RecordedEvent[];
  /** Slack users by the pseudonyms of the log. */
  readonly users: ReadonlyMap<string, string>;
}

export function readLeftBehind(world: DemoWorld): LeftBehind {
  using opened = openLog(world.dataFolder);
  const { log } = opened;
  const verdict = verifyLog({ rows: log.rows(), people: log.people() });
  const rows = [...log.rows()].filter(({ stream }) => stream.startsWith("run_"));
  const events = rows.map((row) => ({ run: row.stream, event: parseRunEvent(row) }));
  return {
    world,
    verdict,
    runs: [...new Set(events.map(({ run }) => run))].map((run) => foldRun(run, eventsOf(events, run))),
    events,
    users: new Map(log.people().map(({ pseudonym, user }) => [pseudonym, user])),
  };
}

/** What stands in a stream that is of no run, such as `schedules`; payloads as they were written. */
export function factsOf(
  { world }: LeftBehind,
  stream: string,
): readonly { readonly type: string; readonly payload: string }[] {
  using opened = openLog(world.dataFolder);
  return opened.log.stream(stream).map(({ type, payload }) => ({ type, payload: payload ?? "" }));
}

function eventsOf(events: readonly RecordedEvent[], run: string): readonly RunEvent[] {
  return events.filter((recorded) => recorded.run === run).map(({ event }) => event);
}

/** The Slack users who did this, in the order in which they did it. */
export function doers({ events, users }: LeftBehind, type: RunEvent["type"]): readonly string[] {
  return events.filter(({ event }) => event.type === type).map(({ event }) => users.get(event.actor ?? "") ?? "");
}

/** How many events of this type there are for the steps whose path ends so. */
export function countSteps({ events }: LeftBehind, type: RunEvent["type"], path: string): number {
  return events.filter(({ event }) => event.type === type && "path" in event && event.path.endsWith(path)).length;
}

/** What the app has posted in the channel, without private answers. */
export function posted({ world }: LeftBehind): readonly SlackMessage[] {
  return world.slack.world.messages
    .all(DEPLOYS)
    .filter(({ botId, viewer }) => botId !== undefined && viewer === undefined);
}

/** The place in the log of the first event of this type in a run; -1 when there is none. */
export function placeOf({ events }: LeftBehind, run: string | undefined, type: RunEvent["type"]): number {
  return events.findIndex((recorded) => recorded.run === run && recorded.event.type === type);
}

export function applicationOf({ world }: LeftBehind, name: string): ApplicationState {
  const found = world.argocd.state().applications.find((application) => application.name === name);
  if (found === undefined) throw playFailure(`The simulated Argo CD has no ${name}.`);
  return found;
}

/** Whether two lists are the same, in order. */
export function same(left: readonly unknown[], right: readonly unknown[]): boolean {
  return left.length === right.length && left.every((value, index) => value === right[index]);
}

/** What holds after every play: the chain is unbroken, every run has ended, and Slack never had to refuse or to slow us down. */
export function checkAlways(left: LeftBehind): readonly Finding[] {
  const calls = left.world.slack.world.journal.calls();
  const refused = calls.filter(({ answer, status }) => status === 200 && answer?.["ok"] === false);
  const open = left.runs.filter(({ finishedAt }) => finishedAt === undefined).map(({ title }) => title);
  const limited = calls.filter(({ status }) => status === 429);
  const namesOf = (some: typeof calls): string =>
    some.map(({ method, answer }) => `${method}: ${String(answer?.["error"])}`).join(", ") || "none";
  return [
    finding("Log: the chain is unbroken", left.verdict.status === "intact"),
    finding(`Log: every run has ended (open: ${open.join(", ") || "none"})`, open.length === 0),
    finding(`Slack: no call was limited (${namesOf(limited)})`, limited.length === 0),
    finding(`Slack: no call was refused (${namesOf(refused)})`, refused.length === 0),
  ];
}
