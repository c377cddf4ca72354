import type { HandLock } from "../../domain/hand-lock.ts";
import type { Answer, PlaceStatus } from "../../engine/answer.ts";
import type { RunRow } from "../../engine/ports.ts";
import { context, message, section, type MessageBlock, type MessageContent } from "../blocks.ts";
import { code, dateToken, inert, link, truncateMrkdwn } from "../mrkdwn.ts";
import { handLockText } from "./hand-lock-text.ts";
import { runLine } from "./history-list.ts";
import type { ViewLookups } from "./view-lookups.ts";

const MOST_SERVICES = 20;
const MOST_PLACES = 6;
// Of the only service that is asked about.
const MOST_OF_ONE = 20;
const MOST_RUNS = 6;
const MOST_LOCKS = 6;
const MOST_LOCK_TEXT = 1100;
const MOST_PROBLEMS = 4;
const MOST_SERVICE_TEXT = 2900;
// A message takes about 12,000 characters of text in all.
const MOST_TEXT = 7400;

/** What is live where, what is locked, and what is under way. */
export function renderStatus(
  { services, more: others = 0, runs, locks = [], problems = [], isObserving = false }: StatusAnswer,
  lookups: ViewLookups,
): MessageContent {
  const most = mostPlaces(services.length + others);
  const paragraphs = services.map((service) => serviceText(service, lookups, most));
  const shown = paragraphs.slice(0, howManyFit(paragraphs));
  const more = services.length - shown.length + others;
  const blocks: MessageBlock[] = shown.map(section);
  if (more > 0) blocks.push(context(`and ${more} more services: name one to see it`));
  if (locks.length > 0) blocks.push(section(lockedText(locks, lookups)));
  blocks.push(section(underWay(runs, lookups)));
  if (problems.length > 0) blocks.push(section(labelsText(problems)));
  if (isObserving) blocks.push(context(`:eyes: ${OBSERVING}.`));
  const words = services.slice(0, shown.length).map((service) => serviceWords(service, most));
  const under = `${runs.length} ${runs.length === 1 ? "run" : "runs"} under way`;
  const locked = locks.length === 0 ? [] : [`${locks.length} locked by hand`];
  return message(`${[...words, ...locked, under, ...(isObserving ? [OBSERVING] : [])].join(". ")}.`, blocks);
}

function mostPlaces(services: number): number {
  return services === 1 ? MOST_OF_ONE : MOST_PLACES;
}

type StatusAnswer = Extract<Answer, { kind: "status" }>;

const OBSERVING = "Quarterdeck is observing: it shows and alerts, and changes nothing";

type Service = StatusAnswer["services"][number];

/** A service and what is live in each of its environments, in one paragraph; of too many those that are not well, and a count. */
export function serviceText({ name, places }: Service, lookups: ViewLookups, most = MOST_PLACES): string {
  const { shown, rest } = mostTelling(places, most);
  const lines = shown.map((place) => placeLine(place, lookups));
  return truncateMrkdwn([`*${inert(name, 100)}*`, ...lines, ...rest].join("\n"), MOST_SERVICE_TEXT);
}

function serviceWords({ name, places }: Service, most: number): string {
  const { shown, rest } = mostTelling(places, most);
  return `${inert(name, 60)}: ${[...shown.map(placeWords), ...rest].join(", ")}`;
}

function mostTelling(
  places: Service["places"],
  most: number,
): { readonly shown: Service["places"]; readonly rest: readonly string[] } {
  if (places.length <= most) return { shown: places, rest: [] };
  const ranked = places.toSorted((left, right) => Number(isWell(left)) - Number(isWell(right)));
  const kept = new Set(ranked.slice(0, most - 1));
  const left = ranked.slice(most - 1);
  const ill = left.filter((place) => !isWell(place)).length;
  const how = ill === 0 ? "all Healthy" : `${ill} of them not Healthy`;
  return { shown: places.filter((place) => kept.has(place)), rest: [`and ${left.length} more, ${how}`] };
}

function isWell({ health }: PlaceStatus): boolean {
  return health === "Healthy";
}

function howManyFit(paragraphs: readonly string[]): number {
  let left: number = MOST_TEXT;
  const first = paragraphs.findIndex((text) => (left -= text.length) < 0);
  return Math.min(MOST_SERVICES, first === -1 ? paragraphs.length : first);
}

function underWay(runs: readonly RunRow[], lookups: ViewLookups): string {
  const lines = runs.slice(0, MOST_RUNS).map((run) => runLine(run, lookups));
  const more = runs.length - lines.length;
  const rest = more > 0 ? [`and ${more} more`] : [];
  return ["*Under way*", ...(lines.length > 0 ? lines : ["nothing"]), ...rest].join("\n");
}

/** Who has locked what and why, as far as a paragraph takes it. */
export function lockedText(locks: readonly HandLock[], lookups: ViewLookups): string {
  const lines = locks.slice(0, MOST_LOCKS).map((lock) => `:lock: ${handLockText(lock, lookups)}`);
  const rest = locks.length - lines.length;
  const all = ["*Locked by hand*", ...lines, ...(rest > 0 ? [`and ${rest} more`] : [])];
  return truncateMrkdwn(all.join("\n"), MOST_LOCK_TEXT);
}

/** Applications that somebody meant to be there and that are not. */
function labelsText(problems: readonly string[]): string {
  const lines = problems.slice(0, MOST_PROBLEMS).map((problem) => inert(problem, 300));
  const rest = problems.length - lines.length;
  return [":warning: *Labels that are not used*", ...lines, ...(rest > 0 ? [`and ${rest} more`] : [])].join("\n");
}

function placeLine(place: PlaceStatus, lookups: ViewLookups): string {
  const name = link(lookups.links(place.app), place.environment, 60);
  const revision = place.revision === "" ? "nothing known" : code(place.revision.slice(0, 12));
  const proven = place.provenAt === undefined ? "" : `, proven ${dateToken(place.provenAt, "{ago}")}`;
  const state = [place.health, place.sync].filter((word) => word !== "").map((word) => inert(word, 40));
  return `${HEALTH[place.health] ?? ":question:"} ${name} ${revision} ${state.join(", ") || "state not known"}${proven}`;
}

function placeWords({ environment, revision, health }: PlaceStatus): string {
  return `${inert(environment, 40)} ${inert(revision.slice(0, 7), 20)} ${inert(health, 20)}`.trim();
}

const HEALTH: Readonly<Record<string, string>> = {
  Healthy: ":large_green_circle:",
  Progressing: ":large_blue_circle:",
  Degraded: ":red_circle:",
  Suspended: ":double_vertical_bar:",
  Missing: ":heavy_minus_sign:",
};
