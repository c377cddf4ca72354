import type {
  MachinePast,
  MachinesAnswer,
  PastAsk,
  PastTold,
  RefusedDeliveries,
} from "../../engine/question-answers.ts";
import { shortId } from "../../platform/ids.ts";
import { context, message, type MessageBlock, type MessageContent, section } from "../blocks.ts";
import { fitBlocks } from "../fit-blocks.ts";
import { code, dateToken, inert, link } from "../mrkdwn.ts";
import { cardSlot } from "../slot-ids.ts";
import type { ViewLookups } from "./view-lookups.ts";

const MOST_ASKS = 6;
const MOST_NAMED = 10;
// Of several in one text each is told in so many characters; one by itself whole, as far as a text of Slack goes.
const LONGEST = { each: 200, whole: 2200 };

/** What asked that is no person, what it was told, and what came of it: one line for each delivery. */
export function renderMachines({ isWhole, machines }: MachinesAnswer, lookups: ViewLookups): MessageContent {
  const blocks = machines.flatMap((past) => machineBlocks(past, isWhole, lookups));
  const hint = isWhole ? [] : [context("/qd triggers NAME tells more of one, and the reasons whole")];
  const text = machines.slice(0, MOST_NAMED).map(wordsOf).join(" ");
  return message(text, [...fitBlocks(blocks, "and more: name one to see it"), ...hint]);
}

function machineBlocks(
  { machine, told, refused }: MachinePast,
  isWhole: boolean,
  lookups: ViewLookups,
): readonly MessageBlock[] {
  const title = `*${machine.sort} ${inert(machine.name, 100)}*`;
  const note = refused === undefined ? [] : [`:warning: ${refusedText(refused)}`];
  if (told.length === 0) return [section([title, ...note, "has asked for nothing yet"].join("\n"))];
  const longest = isWhole ? LONGEST.whole : LONGEST.each;
  const lines = told.map((one) => toldLine(one, longest, lookups));
  return isWhole
    ? [section([title, ...note].join("\n")), ...lines.map(section)]
    : [section([title, ...note, ...lines].join("\n"))];
}

function refusedText({ count, lastAt, why, since }: RefusedDeliveries): string {
  const [from, last] = [since, lastAt].map((at) => dateToken(at, "{date_short_pretty} {time}"));
  const when =
    count === 1
      ? `One delivery was refused, ${last}`
      : `${count} deliveries were refused since the server started (${from}), the last one ${last}`;
  return `${when}: ${inert(why, 300)}`;
}

function toldLine({ at, cause, asked, reason }: PastTold, longest: number, lookups: ViewLookups): string {
  const when = dateToken(at, "{date_short_pretty} {time}");
  const what = cause === undefined ? [] : [link(cause.link, cause.says, 200)];
  const share = Math.floor(longest / Math.max(1, Math.min(asked.length, MOST_ASKS)));
  const asks = asked.slice(0, MOST_ASKS).map((ask) => askText(ask, share, lookups));
  const more = asked.length > MOST_ASKS ? [`and ${asked.length - MOST_ASKS} more`] : [];
  const rest = reason === "" ? [] : [inert(reason, asked.length === 0 ? longest : LONGEST.each)];
  return `${when} ${[...what, [...asks, ...more, ...rest].join("; ")].join(" → ")}`;
}

function askText({ command, message: became, run }: PastAsk, longest: number, lookups: ViewLookups): string {
  const head = `asked for ${code(command, 70)}`;
  if (became === undefined) return `${head}: under way`;
  const card = run === undefined ? undefined : lookups.messages(cardSlot(run));
  const isNamed = run === undefined || became.includes(shortId(run));
  const id = isNamed ? [] : [code(shortId(run))];
  const place = card === undefined ? id : [...id, link(card, "open its card")];
  return [`${head}: ${inert(became, longest)}`, ...place].join(" ");
}

/** For notifications and screen readers. */
function wordsOf({ machine, told, refused }: MachinePast): string {
  const lines = told.map(({ cause, asked, reason }) => {
    const became = asked.slice(0, MOST_ASKS).map((ask) => `asked for ${ask.command}: ${ask.message ?? "under way"}`);
    const all = [...became, ...(reason === "" ? [] : [reason])].join("; ");
    return inert(cause === undefined ? all : `${cause.says} → ${all}`, 300);
  });
  const all = refused === undefined ? lines : [refusedText(refused), ...lines];
  const what = (all.length === 0 ? ["has asked for nothing yet"] : all).map((line) =>
    line.replace(/(?<![.!?…])$/u, "."),
  );
  return `${machine.sort} ${inert(machine.name, 100)}: ${what.join(" ")}`;
}
