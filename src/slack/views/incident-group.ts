import type { Approver } from "../../domain/target.ts";
import type { Incident, IncidentGroup } from "../../observe/incident-book.ts";
import { durationText } from "../../platform/duration.ts";
import { context, message, section, type MessageBlock, type MessageContent } from "../blocks.ts";
import { code, dateToken, link, truncateMrkdwn } from "../mrkdwn.ts";
import { endText, placeText, resourceText } from "./incident-alert.ts";
import { approverMentions } from "./person-text.ts";
import type { ViewLookups } from "./view-lookups.ts";

export interface IncidentGroupInput {
  readonly group: IncidentGroup;
  readonly incidents: readonly Incident[];
  /** Who is called upon when many fall ill together; what was ill before anybody looked calls nobody. */
  readonly mention: Approver | undefined;
}

const MOST_LINES = 12;
const LINES_PER_SECTION = 4;
const MOST_NAMES = 40;
const MOST_ENVIRONMENTS = 6;

/** Many applications outside health in one message, which follows what becomes of them. */
export function renderIncidentGroup(input: IncidentGroupInput, lookups: ViewLookups): MessageContent {
  const { group, incidents, mention } = input;
  const ill = incidents.filter(({ status }) => status === "open");
  const over = incidents.filter(({ status }) => status !== "open");
  const who =
    group.kind === "storm" && mention !== undefined && ill.length > 0 ? `${approverMentions([mention])} ` : "";
  const headline = ill.length === 0 ? allOver(incidents) : stillIll(group, incidents);
  const isSome = ill.length > 0 && over.length > 0;
  const progress = isSome ? [progressText(over, incidents.length)] : [];
  const ordered = [...ill.toSorted((left, right) => left.since - right.since), ...over];
  const blocks: MessageBlock[] = [
    section([`${emojiOf(group, ill)} ${who}*${headline}*`, ...progress, ...hint(group, ill)].join("\n")),
    ...parts(ordered.slice(0, MOST_LINES).map((incident) => lineOf(incident, lookups))).map(section),
    ...namesOf(ordered.slice(MOST_LINES).filter(({ status }) => status === "open")),
    context(`first seen ${dateToken(group.startedAt, "{date_short_pretty} {time}")}`, environmentsOf(ill)),
  ];
  const names = ordered.slice(0, MOST_NAMES).map(placeText).join(", ");
  return message(`${who}${headline}: ${names}`, blocks);
}

function progressText(over: readonly Incident[], many: number): string {
  const isRecovered = over.every(({ status }) => status === "recovered");
  return `${over.length} of the ${many} ${over.length === 1 ? "is" : "are"} healthy again${isRecovered ? "" : " or gone"}.`;
}

function stillIll({ kind, startedAt }: IncidentGroup, incidents: readonly Incident[]): string {
  const isOne = incidents.length === 1;
  if (kind === "first-sight") {
    return isOne
      ? "1 application was unhealthy already when Quarterdeck first saw it"
      : `${incidents.length} applications were unhealthy already when Quarterdeck first saw them`;
  }
  const first = Math.min(...incidents.map(({ since }) => since), startedAt);
  if (isOne) return "1 application became unhealthy soon after others";
  return `${incidents.length} applications became unhealthy together, from ${dateToken(first, "{time}")} on`;
}

function allOver(incidents: readonly Incident[]): string {
  const isRecovered = incidents.every(({ status }) => status === "recovered");
  const lasted = Math.max(...incidents.map(({ endedAt, since }) => (endedAt ?? since) - since), 0);
  const all = incidents.length === 1 ? "The application is" : `All ${incidents.length} applications are`;
  return `${all} ${isRecovered ? "healthy again" : "healthy again or gone"}, the last after ${durationText(lasted)}`;
}

function hint({ kind }: IncidentGroup, ill: readonly Incident[]): readonly string[] {
  if (kind !== "storm" || ill.length === 0) return [];
  return ["So many at once have one cause more often than many: a cluster or its nodes, the network, a registry."];
}

function emojiOf({ kind }: IncidentGroup, ill: readonly Incident[]): string {
  if (ill.length === 0) return ":white_check_mark:";
  return kind === "storm" ? ":rotating_light:" : ":eyes:";
}

function lineOf(incident: Incident, lookups: ViewLookups): string {
  const name = link(lookups.links(incident.app), plainPlace(incident), 160);
  if (incident.status !== "open") return `:white_check_mark: ${name} ${endText(incident)}`;
  const [worst] = incident.resources;
  const why = worst === undefined ? "" : `: ${resourceText(worst, 120)}`;
  return `• ${name} ${incident.health} since ${dateToken(incident.since, "{date_short_pretty} {time}")}${why}`;
}

function plainPlace({ service, environment }: Incident): string {
  return environment === "" ? service : `${service} in ${environment}`;
}

function parts(lines: readonly string[]): readonly string[] {
  const texts: string[] = [];
  for (let index = 0; index < lines.length; index += LINES_PER_SECTION) {
    texts.push(lines.slice(index, index + LINES_PER_SECTION).join("\n"));
  }
  return texts;
}

/** Those that are ill and have no line of their own: their names. */
function namesOf(rest: readonly Incident[]): readonly MessageBlock[] {
  if (rest.length === 0) return [];
  const named = rest.slice(0, MOST_NAMES).map((incident) => code(plainPlace(incident), 70));
  const more = rest.length - named.length;
  const text = `and ${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  return [section(truncateMrkdwn(text, 2900))];
}

/** How many are ill where: a list that stands in one environment points at its cluster. */
function environmentsOf(ill: readonly Incident[]): string {
  const counts = new Map<string, number>();
  for (const { environment } of ill) counts.set(environment, (counts.get(environment) ?? 0) + 1);
  const most = [...counts].filter(([name]) => name !== "").toSorted((left, right) => right[1] - left[1]);
  const named = most.slice(0, MOST_ENVIRONMENTS).map(([name, many]) => `${many} in ${code(name, 60)}`);
  return named.length === 0 ? "" : `unhealthy now: ${named.join(", ")}`;
}
