import { z } from "zod";

import { stepPlace } from "../../domain/step-place.ts";
import type { Approver } from "../../domain/target.ts";
import type { RunView } from "../../domain/run-view.ts";
import { OPEN_ACTION } from "../action-value.ts";
import { actions, button, context, message, section, type MessageBlock, type MessageContent } from "../blocks.ts";
import { code, dateToken, inert, link, tryHref } from "../mrkdwn.ts";
import { cardSlot } from "../slot-ids.ts";
import { failedLines, failedSteps } from "./failed-steps.ts";
import { approverMentions, personText } from "./person-text.ts";
import { returnedLines, returnsOf } from "./returned-text.ts";
import { wayOutButtons } from "./run-buttons.ts";
import type { ViewLookups } from "./view-lookups.ts";

/** What a failed step says of the resources that made it fail; absent or malformed entries are left out. */
const FailingResource = z.looseObject({
  kind: z.string(),
  name: z.string(),
  status: z.string().default(""),
  message: z.string().default(""),
  /** Where more about it is to be read. */
  url: z.string().optional(),
});
type FailingResource = z.infer<typeof FailingResource>;

const MOST_RESOURCES = 5;

export interface FailureAlertInput {
  readonly run: RunView;
  /** Who is called upon. */
  readonly mention: Approver | undefined;
}

/** The alert of a run that failed: what, where, why, the worst resources, and where to look. */
export function renderFailureAlert({ run, mention }: FailureAlertInput, lookups: ViewLookups): MessageContent {
  const reason = inert(run.failure?.failure.message ?? "No reason was given.", 1200);
  const resources = failingResources(run);
  const failed = failedSteps(run);
  const who = mention === undefined ? "" : `${approverMentions([mention])} `;
  const blocks: MessageBlock[] = [
    section(`:rotating_light: ${who}*${headline(run)}*${stepText(run)}\n${reason}`),
    ...(failed.length > 1 ? [section(failedLines(failed))] : []),
    ...(resources.length > 0 ? [section(resourcesText(resources))] : []),
    ...wayBack(run),
    ...returned(run, lookups),
    context(...footer(run, lookups)),
    ...alertButtons(run, lookups),
  ];
  return message(`${who}${headline(run)}${stepText(run).replaceAll("`", "")}. ${reason}`, blocks);
}

function headline(run: RunView): string {
  const places = new Set(failedSteps(run).map(stepPlace));
  const step = run.failure?.step;
  const [where] = places.size > 1 || step === undefined ? [] : [stepPlace(step)];
  const place = where === undefined || where === "" ? "" : ` in ${inert(where, 120)}`;
  return `${inert(run.state.title, 250)} failed${place}`;
}

function stepText(run: RunView): string {
  const { failure } = run;
  const { length } = failedSteps(run);
  if (length > 1) return ` at ${length} steps`;
  return failure?.step === undefined ? "" : ` at step ${code(failure.step.name, 60)}`;
}

function failingResources(run: RunView): readonly FailingResource[] {
  const listed = run.failure?.failure.details?.["resources"];
  if (!Array.isArray(listed)) return [];
  return listed.flatMap((resource) => FailingResource.safeParse(resource).data ?? []);
}

function resourcesText(resources: readonly FailingResource[]): string {
  const lines = resources.slice(0, MOST_RESOURCES).map(({ kind, name, status, message: text, url }) => {
    const words = text === "" ? "" : `: ${inert(text, 300)}`;
    const href = url === undefined ? undefined : tryHref(url);
    const what = href === undefined ? code(`${kind}/${name}`, 120) : link(href, `${kind}/${name}`, 120);
    return `• ${what} ${inert(status, 40)}${words}`;
  });
  const more = resources.length - lines.length;
  return [...lines, ...(more > 0 ? [`… and ${more} more`] : [])].join("\n");
}

/** What to do when a revision was applied and did not come up. */
function wayBack(run: RunView): readonly MessageBlock[] {
  const { failure, service } = run;
  const environment = failure?.step?.environment;
  const isLive = LEFT_BEHIND.has(failure?.failure.code ?? "") && failure?.step?.uses === "argocd/wait";
  if (!isLive || service === undefined || environment === undefined || returnsOf(run).length > 0) return [];
  const command = code(`/rollback ${service} in ${environment}`, 200);
  return [section(`What was applied stays as it is. Mend it there, or go back with ${command}.`)];
}

/** That it goes back by itself, or is asked about. */
function returned(run: RunView, lookups: ViewLookups): readonly MessageBlock[] {
  const lines = returnedLines(run, lookups);
  return lines.length === 0 ? [] : [section(lines.join("\n"))];
}

// After these, part of the revision is there.
const LEFT_BEHIND: ReadonlySet<string> = new Set([
  "argocd.degraded",
  "argocd.sync-failed",
  "argocd.terminated",
  "step.timeout",
]);

function appOf(run: RunView): string | undefined {
  const app = run.failure?.step?.step.input["app"];
  const environment = run.failure?.step?.environment;
  if (typeof app === "string") return app;
  return run.state.targets.find((target) => target.environment === environment)?.app;
}

function footer(run: RunView, lookups: ViewLookups): readonly string[] {
  const app = appOf(run);
  const revision =
    run.revision === undefined ? "" : `${code(run.revision.short, 40)} ${inert(run.revision.subject, 120)}`;
  return [
    app === undefined ? "" : code(app, 200),
    revision,
    `run ${code(run.shortId, 40)}, asked for by ${personText(run.state.requester, lookups)}`,
    dateToken(run.state.finishedAt ?? run.state.changedAt, "{date_short_pretty} {time}"),
  ];
}

/** What to do about it, and where to look. */
function alertButtons(run: RunView, lookups: ViewLookups): readonly MessageBlock[] {
  const app = appOf(run);
  const places = [
    { text: "Open in Argo CD", url: app === undefined ? undefined : lookups.links(app) },
    { text: "Open the run", url: lookups.messages(cardSlot(run.id)) },
  ];
  const buttons = places.flatMap(({ text, url }, index) => {
    const href = url === undefined ? undefined : tryHref(url);
    return href === undefined ? [] : [button({ text, actionId: `${OPEN_ACTION}_${index}`, url: href })];
  });
  const all = [...wayOutButtons(run, lookups), ...buttons];
  return all.length > 0 ? [actions(...all)] : [];
}
