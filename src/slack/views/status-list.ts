import type { RunRow } from "../../engine/ports.ts";
import { context, message, section, type MessageBlock, type MessageContent } from "../blocks.ts";
import { code, dateToken, inert, link } from "../mrkdwn.ts";
import { runLine } from "./history-list.ts";
import type { ViewLookups } from "./view-lookups.ts";

/** What is live in one environment of a service. */
export interface StatusPlace {
  readonly environment: string;
  readonly app: string;
  /** Argo CD's words, such as `Healthy`; empty when it is not known. */
  readonly health: string;
  readonly sync: string;
  /** Empty when it is not known. */
  readonly revision: string;
  readonly provenAt?: number | undefined;
}

export interface StatusInput {
  readonly services: readonly { readonly name: string; readonly places: readonly StatusPlace[] }[];
  /** Runs that are open, newest first. */
  readonly runs: readonly RunRow[];
}

const MOST_SERVICES = 12;
const MOST_PLACES = 6;
const MOST_RUNS = 8;

/** What is live where, and what is under way. */
export function renderStatus({ services, runs }: StatusInput, lookups: ViewLookups): MessageContent {
  const shown = services.slice(0, MOST_SERVICES);
  const more = services.length - shown.length;
  const blocks: MessageBlock[] = shown.map(({ name, places }) =>
    section(
      [`*${inert(name, 100)}*`, ...places.slice(0, MOST_PLACES).map((place) => placeLine(place, lookups))].join("\n"),
    ),
  );
  if (more > 0) blocks.push(context(`and ${more} more services: name one to see it`));
  const lines = runs.slice(0, MOST_RUNS).map((run) => runLine(run, lookups));
  const rest = runs.length - lines.length;
  blocks.push(
    section(
      [
        "*Under way*",
        ...lines,
        ...(rest > 0 ? [`and ${rest} more`] : []),
        ...(runs.length === 0 ? ["nothing"] : []),
      ].join("\n"),
    ),
  );
  const words = shown.map(
    ({ name, places }) => `${inert(name, 60)}: ${places.slice(0, MOST_PLACES).map(placeWords).join(", ")}`,
  );
  return message(`${words.join(". ")}. ${runs.length} runs under way.`, blocks);
}

function placeLine(place: StatusPlace, lookups: ViewLookups): string {
  const name = link(lookups.links(place.app), place.environment, 60);
  const revision = place.revision === "" ? "nothing known" : code(place.revision.slice(0, 12));
  const proven = place.provenAt === undefined ? "" : `, proven ${dateToken(place.provenAt, "{ago}")}`;
  const state = [place.health, place.sync].filter((word) => word !== "").map((word) => inert(word, 40));
  return `${HEALTH[place.health] ?? ":grey_question:"} ${name} ${revision} ${state.join(", ") || "state not known"}${proven}`;
}

function placeWords({ environment, revision, health }: StatusPlace): string {
  return `${inert(environment, 40)} ${inert(revision.slice(0, 7), 20)} ${inert(health, 20)}`.trim();
}

const HEALTH: Readonly<Record<string, string>> = {
  Healthy: ":large_green_circle:",
  Progressing: ":large_blue_circle:",
  Degraded: ":red_circle:",
  Suspended: ":double_vertical_bar:",
  Missing: ":heavy_minus_sign:",
};
