import { type Machine, machineText } from "../../domain/machine.ts";
import { context, message, type MessageContent, section } from "../blocks.ts";
import { dateToken, inert, link } from "../mrkdwn.ts";

/** What a machine asked for and did not get; of many in a row the last one. */
export interface MachineTrouble {
  readonly machine: Machine;
  /** What it was told, and where people see more. */
  readonly cause: { readonly says: string; readonly link?: string | undefined } | undefined;
  readonly command: string;
  readonly reason: string;
  /** How many there were since then, in milliseconds since the epoch. */
  readonly count: number;
  readonly since: number;
}

/** Nobody stands behind a machine who would read a private answer: those who look after the channel are told. */
export function renderMachineTrouble({
  machine,
  cause,
  command,
  reason,
  count,
  since,
}: MachineTrouble): MessageContent {
  const who = machineText(machine);
  const head = `${capital(who)} asked for ${inert(command, 70)}, and nothing was started: ${inert(reason, 1500)}`;
  const told = cause === undefined ? "" : inert(cause.says, 300);
  const more = cause?.link === undefined ? "" : link(cause.link, "see it there");
  const many =
    count === 1 ? "" : `${count} times since ${dateToken(since, "{date_short_pretty} {time}")}, this is the last one`;
  return message(head, [section(`:warning: ${head}`), context(told, more, many)]);
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
