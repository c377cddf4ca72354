import type { Button } from "@slack/types";

import type { Approver } from "../../domain/target.ts";
import type { Incident } from "../../observe/incident-book.ts";
import type { SickResource } from "../../observe/incident-fact.ts";
import { isoTime } from "../../platform/clock.ts";
import { durationText } from "../../platform/duration.ts";
import { shortId } from "../../platform/ids.ts";
import { OPEN_ACTION } from "../action-value.ts";
import { actions, button, context, message, section, type MessageBlock, type MessageContent } from "../blocks.ts";
import { code, dateToken, inert, tryHref } from "../mrkdwn.ts";
import { blameText, revisionText } from "./blame-text.ts";
import { commandButton } from "./command-button.ts";
import { approverMentions } from "./person-text.ts";
import type { ViewLookups } from "./view-lookups.ts";

export interface IncidentAlertInput {
  readonly incident: Incident;
  /** Who is called upon. */
  readonly mention: Approver | undefined;
  /** Whether there are buttons that change something. */
  readonly mayAct: boolean;
}

const MOST_RESOURCES = 5;
const MOMENT = "{date_short_pretty} {time}";
// What a button carries has its limits; a configured name is far inside.
const LONGEST_NAME = 253;

/** The alert about one application outside health, and what becomes of it: one message from the beginning to the end. */
export function renderIncident(input: IncidentAlertInput, lookups: ViewLookups): MessageContent {
  return input.incident.status === "open" ? renderOpen(input, lookups) : renderOver(input, lookups);
}

/** What is called `checkout in prod`; outside the inventory an application has only its name. */
export function placeText({ service, environment }: Pick<Incident, "service" | "environment">): string {
  return environment === "" ? inert(service, 120) : `${inert(service, 100)} in ${inert(environment, 60)}`;
}

/** How it ended: `is healthy again after 12 min`. */
export function endText({ status, health, endedAt, since }: Incident): string {
  const lasted = durationText((endedAt ?? since) - since);
  if (status === "recovered") return `is healthy again after ${lasted}`;
  if (status === "deleted") return `is gone from Argo CD after ${lasted} of being ${health}`;
  return `is not watched any more, after ${lasted} of being ${health}`;
}

/** One resource in one line: what, how, and why. */
export function resourceText({ kind, name, status, message: words }: SickResource, limit: number): string {
  const why = words === "" ? "" : `: ${inert(words, limit)}`;
  return `${code(`${kind}/${name}`, 120)} ${inert(status, 40)}${why}`;
}

function renderOpen({ incident, mention, mayAct }: IncidentAlertInput, lookups: ViewLookups): MessageContent {
  const who = mention === undefined ? "" : `${approverMentions([mention])} `;
  const headline = `${placeText(incident)} is ${incident.health}`;
  const since = `since ${dateToken(incident.since, MOMENT)}`;
  const resources = resourcesText(incident.resources);
  const buttons = [...(mayAct ? wayOut(incident) : []), ...openButton(incident, lookups)];
  const blocks: MessageBlock[] = [
    section(
      `:rotating_light: ${who}*${headline}* ${since}, ${dateToken(incident.since, "{ago}")}${flapText(incident)}`,
    ),
    section(resources === "" ? "Argo CD names no resource." : resources),
    section(blameText(incident, lookups)),
    context(...footer(incident)),
    ...(buttons.length > 0 ? [actions(...buttons)] : []),
  ];
  return message(
    `${who}${headline} ${since}. ${reasonWords(incident)} ${blameText(incident, lookups).replaceAll("*", "")}`,
    blocks,
  );
}

function renderOver({ incident }: IncidentAlertInput, lookups: ViewLookups): MessageContent {
  const headline = `${placeText(incident)} ${endText(incident)}`;
  const emoji = incident.status === "recovered" ? ":white_check_mark:" : ":wastebasket:";
  const was = `~${incident.health} since ${dateToken(incident.since, MOMENT)}~${flapText(incident)}`;
  const [worst] = incident.resources;
  const cause = worst === undefined ? [] : [`It was ${resourceText(worst, 300)}`];
  const buttons = incident.status === "recovered" ? openButton(incident, lookups) : [];
  const blocks: MessageBlock[] = [
    section(`${emoji} *${headline}*\n${was}`),
    section([...cause, blameText(incident, lookups)].join("\n")),
    context(...footer(incident)),
    ...(buttons.length > 0 ? [actions(...buttons)] : []),
  ];
  return message(`${headline}. It was ${incident.health}. ${reasonWords(incident)}`, blocks);
}

function flapText({ flaps, status }: Incident): string {
  if (flaps === 0) return "";
  const times = flaps === 1 ? "once" : `${flaps} times`;
  const verb = status === "open" ? "has recovered and fallen back" : "recovered and fell back";
  return `\n:repeat: It ${verb} ${times}.`;
}

function resourcesText(resources: readonly SickResource[]): string {
  const lines = resources.slice(0, MOST_RESOURCES).map((resource) => `• ${resourceText(resource, 300)}`);
  const more = resources.length - lines.length;
  return [...lines, ...(more > 0 ? [`… and ${more} more`] : [])].join("\n");
}

function reasonWords({ resources }: Incident): string {
  const [worst] = resources;
  return worst === undefined ? "" : `${inert(`${worst.kind}/${worst.name}: ${worst.message || worst.status}`, 400)}.`;
}

function footer({ app, revision, id }: Incident): readonly string[] {
  return [code(app, 200), revision === "" ? "" : `live ${revisionText(revision)}`, code(shortId(id), 40)];
}

/** The ways out that are one click, for a place that commands can name. */
function wayOut(incident: Incident): readonly Button[] {
  const { blame, environment, service } = incident;
  if (environment === "" || service.length > LONGEST_NAME || environment.length > LONGEST_NAME) return [];
  const retry =
    blame.kind === "run" && blame.failed && blame.run.length <= LONGEST_NAME
      ? [
          commandButton({
            index: 1,
            text: "Retry the step",
            label: `Retry the step at which ${shortId(blame.run)} failed`,
            command: "retry",
            values: { run: blame.run },
          }),
        ]
      : [];
  return [...backButton(incident), ...retry];
}

/** Names the revision: what the question says is what is done, whatever is proven meanwhile. */
function backButton({ environment, service, revision, wayBack }: Incident): readonly Button[] {
  if (wayBack === null) return [];
  const from = revision === "" ? "" : ` from ${short(revision)}`;
  const proven = isoTime(wayBack.provenAt).slice(0, 16).replace("T", " ");
  const text = `${service} in ${environment} goes${from} to ${short(wayBack.revision)}, which was last proven there on ${proven} UTC.`;
  return [
    commandButton({
      index: 0,
      text: "Roll back",
      style: "danger",
      label: `Roll back ${service} in ${environment}`,
      command: "rollback",
      values: { service, environment, revision: wayBack.revision.slice(0, LONGEST_NAME) },
      confirm: { title: "Roll back?", text, confirm: "Roll back", deny: "Not now" },
    }),
  ];
}

function openButton({ app }: Incident, lookups: ViewLookups): readonly Button[] {
  const url = lookups.links(app);
  const href = url === undefined ? undefined : tryHref(url);
  return href === undefined ? [] : [button({ text: "Open in Argo CD", actionId: OPEN_ACTION, url: href })];
}

function short(revision: string): string {
  return /^[0-9a-f]{40}$/u.test(revision) ? revision.slice(0, 7) : revision.slice(0, 40);
}
