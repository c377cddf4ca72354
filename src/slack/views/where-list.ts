import type { LivePlace, WhereAnswer } from "../../engine/question-answers.ts";
import { shortId } from "../../platform/ids.ts";
import { message, section, type MessageBlock, type MessageContent } from "../blocks.ts";
import { fitBlocks } from "../fit-blocks.ts";
import { code, dateToken, inert, link } from "../mrkdwn.ts";
import { cardSlot } from "../slot-ids.ts";
import { joined, personText } from "./person-text.ts";
import type { ViewLookups } from "./view-lookups.ts";

const MOST_PLACES = 12;

/** What is live in each environment, by which run, and where a revision has come. */
export function renderWhere(answer: WhereAnswer, lookups: ViewLookups): MessageContent {
  const { service, revision, places } = answer;
  const shown = places.slice(0, MOST_PLACES);
  const what = revision === undefined ? "" : ` ${code(revision.short, 40)} ${inert(revision.subject, 150)}`;
  const blocks: MessageBlock[] = [
    section(`*Where ${inert(service, 100)} is*${what}`),
    ...fitBlocks(
      shown.map((place) => section(placeText(place, lookups))),
      "and more environments",
    ),
  ];
  const next = revision === undefined ? undefined : places.find(({ bearing }) => bearing === "missing");
  const summary = revision === undefined ? "" : ` ${summaryText(answer)}`;
  if (revision !== undefined) {
    const how = next === undefined ? "" : ` Next: ${code(next.environment, 60)}.`;
    blocks.push(section(`${summaryText(answer)}${how}`));
  }
  const words = shown.map((place) => `${inert(place.environment, 60)} ${liveWords(place)}`);
  return message(`${inert(service, 100)}: ${words.join(", ")}.${summary}`, blocks);
}

function summaryText({ revision, places }: WhereAnswer): string {
  const short = inert(revision?.short ?? "", 40);
  const reached = places.filter(({ bearing }) => bearing === "live" || bearing === "contained");
  if (reached.length === 0) return `${short} is live nowhere.`;
  const names = joined(
    reached.map(({ environment }) => inert(environment, 60)),
    "and",
  );
  return reached.length === places.length ? `${short} is live everywhere.` : `${short} is in ${names}.`;
}

function placeText(place: LivePlace, lookups: ViewLookups): string {
  const name = link(lookups.links(place.app), place.environment, 60);
  const live = place.revision === "" ? "nothing is known to be live" : code(place.revision.slice(0, 12));
  const health = [place.health, place.sync].filter((word) => word !== "").map((word) => inert(word, 40));
  const bearing = place.bearing === undefined ? "" : ` ${BEARINGS[place.bearing]}`;
  const head = `*${name}* ${live}${health.length > 0 ? ` ${health.join(", ")}` : ""}${bearing}`;
  return `${head}\n${proofText(place, lookups)}`;
}

const BEARINGS: Readonly<Record<NonNullable<LivePlace["bearing"]>, string>> = {
  live: ":white_check_mark: this is it",
  contained: ":white_check_mark: it is contained in this",
  missing: ":white_circle: it is not in this",
  unknown: ":question: how they relate is not known",
};

function proofText({ provenAt, provenBy, revision }: LivePlace, lookups: ViewLookups): string {
  if (revision === "") return "Nothing was ever synced here, as far as Argo CD remembers.";
  if (provenAt === undefined) return "Not proven by any run of Quarterdeck.";
  const since = `Proven ${dateToken(provenAt, "{date_short_pretty} {time}")}`;
  if (provenBy === undefined) return since;
  const run = link(lookups.messages(cardSlot(provenBy.run)), shortId(provenBy.run), 40);
  const approved = provenBy.approvedBy.map((actor) => personText(actor, lookups));
  const by = approved.length === 0 ? "" : `, approved by ${joined(approved, "and")}`;
  return `${since} by ${run}, asked for by ${personText(provenBy.requester, lookups)}${by}`;
}

function liveWords({ revision, health }: LivePlace): string {
  return revision === "" ? "nothing known" : `${inert(revision.slice(0, 7), 20)} ${inert(health, 20)}`.trim();
}
