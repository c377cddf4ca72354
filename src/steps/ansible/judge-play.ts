import type { Failure } from "../../domain/outcome.ts";
import type { Json } from "../../platform/canonical-json.ts";
import type { ProgramEnd } from "../../programs/program-order.ts";
import { unclearText } from "./event-line.ts";
import type { OwedHandler } from "./play-record.ts";
import { namesText, oneLine } from "./play-text.ts";
import type { PlayWatch } from "./play-watch.ts";

/** How a play ended: with all hosts well, or why not. */
export type Judgement = { readonly kind: "well" } | { readonly kind: "failed"; readonly failure: Failure };

export interface EndedPlay {
  readonly end: Pick<ProgramEnd, "exitCode" | "endedBy">;
  readonly watch: PlayWatch;
  /** What was wrong with an event. */
  readonly damage: string | undefined;
  /** What it printed beside its events, the end of it. */
  readonly lastWords: string;
  readonly playbook: string;
  readonly isCheck: boolean;
  readonly handlers: "run" | "ignore";
}

/** The exit code and the results of the hosts have to say the same; a play whose last event did not come has no result. */
export function judgePlay(play: EndedPlay): Judgement {
  const { watch, damage, lastWords, end } = play;
  if (damage !== undefined) return failed("ansible.unclear", damage);
  if (!watch.isOver)
    return watch.hasBegun
      ? unclear(`it ended with ${exitText(end)} and without its last event. ${lastWords}`)
      : refused(play);
  if (watch.isWithoutHosts) return failed("ansible.no-hosts", noHosts(play));
  if (watch.hosts.size === 0) {
    const message = `Nothing was run by ${play.playbook}: it has no tasks for its hosts, or none with the tags. Look at tags and limit`;
    return failed("ansible.nothing-run", message);
  }
  return ofHosts(play);
}

const [FAILED, UNREACHABLE, BROKEN] = [2, 4, 8];

function ofHosts(play: EndedPlay): Judgement {
  const { end, watch, isCheck, handlers } = play;
  const bad = [...watch.hosts].filter(([, { failed: some, unreachable }]) => some + unreachable > 0);
  const isFailed = bad.some(([, counts]) => counts.failed > 0);
  const isUnreachable = bad.some(([, { unreachable }]) => unreachable > 0);
  const { exitCode } = end;
  if (exitCode === 0 && bad.length === 0) {
    return isCheck || handlers === "ignore" || watch.owed.length === 0 ? { kind: "well" } : owedStill(watch.owed);
  }
  if (bad.length > 0 && agrees(exitCode, { isFailed, isUnreachable })) return badHosts(play, isFailed);
  return unclear(`it ended with ${exitText(end)}, and ${bad.length} of ${watch.hosts.size} hosts failed`);
}

/** The exit code is made of bits; each has to have its reason. */
function agrees(
  exitCode: number | undefined,
  { isFailed, isUnreachable }: { readonly isFailed: boolean; readonly isUnreachable: boolean },
): boolean {
  if (exitCode === undefined || exitCode <= 0 || exitCode > FAILED + UNREACHABLE + BROKEN) return false;
  const has = (bit: number): boolean => Math.floor(exitCode / bit) % 2 === 1;
  return !has(1) && (!has(UNREACHABLE) || isUnreachable) && (!has(FAILED) || isFailed);
}

function badHosts({ watch, isCheck }: EndedPlay, isFailed: boolean): Judgement {
  const names = [...watch.hosts]
    .filter(([, { failed: some, unreachable }]) => some + unreachable > 0)
    .map(([name]) => name);
  const first = watch.failed.findLast(({ host }) => names.includes(host));
  const why = first === undefined ? "" : `. ${first.host}, ${first.task}: ${oneLine(first.message)}`;
  const owed = isCheck || watch.owed.length === 0 ? "" : `. ${owedText(watch.owed)}; a retry runs them`;
  const what = isFailed ? "Tasks failed on" : "Not reached:";
  const message = `${what} ${names.length} of ${watch.hosts.size} hosts (${namesText(names)})${why}${owed}`;
  const code = isFailed ? "ansible.failed-tasks" : "ansible.unreachable";
  return { kind: "failed", failure: { code, message, retry: "backoff", details: detailsOf(watch) } };
}

const MOST_DETAILS = 20;
const MOST_NAMED = 100;

function detailsOf(watch: PlayWatch): Record<string, Json> {
  const hosts = [...watch.hosts].filter(([, { failed: some, unreachable }]) => some + unreachable > 0);
  return {
    hosts: Object.fromEntries(hosts.slice(0, MOST_NAMED).map(([name, counts]) => [name, { ...counts }])),
    tasks: watch.failed
      .slice(-MOST_DETAILS)
      .map(({ host, task, message }) => ({ host, task, message: message.slice(0, 1000) })),
    owed: owedList(watch.owed),
  };
}

function owedStill(owed: readonly OwedHandler[]): Judgement {
  const message =
    `The play is done, but ${owedText(owed)}, and the playbook did not run them this time. ` +
    "Run them on these hosts by hand, and then once more with handlers: ignore";
  const details = { owed: owedList(owed) };
  return { kind: "failed", failure: { code: "ansible.handlers-owed", message, retry: "never", details } };
}

function owedList(owed: readonly OwedHandler[]): Json {
  return owed.slice(0, MOST_NAMED).map(({ play, host, handler }) => ({ play, host, handler }));
}

function owedText(owed: readonly OwedHandler[]): string {
  return `handlers that were notified have not run: ${namesText(owed.map(({ host, handler }) => `${handler} on ${host}`))}`;
}

/** It ended before its first task. */
function refused({ end, lastWords, playbook, watch }: EndedPlay): Judgement {
  const { exitCode } = end;
  const why = oneLine(lastWords);
  if (/no hosts to target|does not match any hosts/u.test(lastWords))
    return failed("ansible.no-hosts", `No host matches: ${why}`);
  if (/decrypt|vault (?:password|secret|format|encrypted)/iu.test(lastWords)) {
    return failed("ansible.vault", `What is encrypted could not be opened: ${why}. Look at vault-secret`);
  }
  if (exitCode === 1 || exitCode === 4 || exitCode === 5) {
    return failed(
      "ansible.syntax",
      `${playbook}, its inventory or its variables are at fault: ${why}. Nothing was changed`,
    );
  }
  return unclear(
    `it ended with ${exitText(end)} before ${watch.isWithoutHosts ? "its first play" : "its first task"}. ${why}`,
  );
}

function noHosts({ playbook }: EndedPlay): string {
  return `No host of the inventory is one of ${playbook}. Look at the inventory, at limit, and at the hosts of its plays`;
}

function exitText({ exitCode, endedBy }: EndedPlay["end"]): string {
  if (exitCode === 99) return "99 (interrupted by somebody else)";
  return String(exitCode ?? endedBy ?? "no exit code");
}

function unclear(why: string): Judgement {
  return failed("ansible.unclear", unclearText(oneLine(why)));
}

function failed(code: string, message: string): Judgement {
  return { kind: "failed", failure: { code, message, retry: "never" } };
}
