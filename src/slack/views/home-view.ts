import { gatePlace } from "../../domain/gate-place.ts";
import type { HomeContent, WaitingGate } from "../../engine/home-content.ts";
import { OPEN_ACTION } from "../action-value.ts";
import { button, context, type MessageBlock, section } from "../blocks.ts";
import { code, dateToken, inert, truncateMrkdwn } from "../mrkdwn.ts";
import { gateSlot } from "../slot-ids.ts";
import { runLine } from "./history-list.ts";
import { personText } from "./person-text.ts";
import { lockedText, serviceText } from "./status-list.ts";
import type { ViewLookups } from "./view-lookups.ts";

const MOST_WAITING = 10;
const MOST_OWN = 8;
// A view takes 100 blocks and 250 kB; half of each leaves room for long names.
const MOST_SERVICE_BLOCKS = 60;
const MOST_SECTION_TEXT = 2900;
const MOST_TEXT = 100_000;

/** The Home tab of one person. */
export interface HomeView {
  readonly type: "home";
  readonly blocks: readonly MessageBlock[];
}

/** Waiting for me, my runs, what is locked, and what is live where. `nowMs` is said, so that an old view is seen to be old. */
export function renderHome(content: HomeContent, lookups: ViewLookups, nowMs: number): HomeView {
  return {
    type: "home",
    blocks: [
      section("*Waiting for you*"),
      ...waitingBlocks(content, lookups),
      section("*Your runs*"),
      ...ownBlocks(content, lookups),
      ...lockBlocks(content, lookups),
      section("*Environments*"),
      ...serviceBlocks(content, lookups),
      context(`as of ${dateToken(nowMs, "{date_short_pretty} {time}")}`),
    ],
  };
}

function waitingBlocks({ waiting, isWaitingIncomplete }: HomeContent, lookups: ViewLookups): readonly MessageBlock[] {
  const shown = waiting.slice(0, MOST_WAITING).map((gate, index) => waitingBlock(gate, index, lookups));
  const more = waiting.length - shown.length;
  const note = isWaitingIncomplete ? "Slack does not say right now in which groups you are, so there may be more." : "";
  if (shown.length === 0) return [section(isWaitingIncomplete ? note : "Nothing waits for your approval.")];
  const rest = [more > 0 ? `and ${more} more` : "", note].filter((text) => text !== "");
  return [...shown, ...(rest.length > 0 ? [context(...rest)] : [])];
}

function waitingBlock(gate: WaitingGate, index: number, lookups: ViewLookups): MessageBlock {
  const { title, fromRevision, toRevision, approvals, quorum } = gate;
  const from = fromRevision === "" ? "nothing" : code(fromRevision.slice(0, 7));
  const move = toRevision === "" ? "a saved plan" : `${from} → ${code(toRevision.slice(0, 7))}`;
  const count = quorum > 1 ? `, ${approvals} of ${quorum} approvals` : "";
  const until = dateToken(gate.expiresAt, "{date_short_pretty} {time}");
  const text =
    `:raised_hand: ${gatePlace(gate, (name) => `*${inert(name, 100)}*`) || `*${inert(title, 150)}*`}: ${move}\n` +
    `asked for by ${personText(gate.requester, lookups)}, until ${until}${count}`;
  const url = lookups.messages(gateSlot(gate.run, gate.path, gate.opening));
  if (url === undefined) return section(text);
  const label = `Look at the request for ${gatePlace(gate) || title}`;
  return {
    ...section(text),
    accessory: button({ text: "Look and decide", actionId: `${OPEN_ACTION}_${index}`, url, style: "primary", label }),
  };
}

function ownBlocks({ own }: HomeContent, lookups: ViewLookups): readonly MessageBlock[] {
  if (own.length === 0) return [section("You have not asked for any yet.")];
  return grouped(own.slice(0, MOST_OWN).map((run) => runLine(run, lookups))).map((text) => section(text));
}

function lockBlocks({ locks }: HomeContent, lookups: ViewLookups): readonly MessageBlock[] {
  return locks.length === 0 ? [] : [section(lockedText(locks, lookups))];
}

function serviceBlocks({ services }: HomeContent, lookups: ViewLookups): readonly MessageBlock[] {
  if (services.length === 0) return [section("No services are known yet.")];
  const texts: string[] = [];
  let left = MOST_TEXT;
  for (const service of services) {
    const text = serviceText(service, lookups);
    left -= text.length;
    if (left < 0) break;
    texts.push(text);
  }
  const blocks = grouped(texts).slice(0, MOST_SERVICE_BLOCKS);
  const shown = blocks.reduce((sum, text) => sum + text.split("\n\n").length, 0);
  const more = services.length - Math.min(shown, texts.length);
  return [
    ...blocks.map((text) => section(text)),
    ...(more > 0 ? [context(`and ${more} more: ask for their status`)] : []),
  ];
}

/** Paragraphs put together as far as a section takes them. */
function grouped(paragraphs: readonly string[]): readonly string[] {
  const groups: string[] = [];
  for (const paragraph of paragraphs.map((text) => truncateMrkdwn(text, MOST_SECTION_TEXT))) {
    const last = groups.at(-1);
    if (last === undefined || last.length + paragraph.length + 2 > MOST_SECTION_TEXT) groups.push(paragraph);
    else groups[groups.length - 1] = `${last}\n\n${paragraph}`;
  }
  return groups;
}
