import type { Incident } from "../../observe/incident-book.ts";
import type { Blame } from "../../observe/incident-fact.ts";
import { durationText } from "../../platform/duration.ts";
import { shortId } from "../../platform/ids.ts";
import { code, dateToken, inert, link } from "../mrkdwn.ts";
import { cardSlot } from "../slot-ids.ts";
import { personText } from "./person-text.ts";
import type { ViewLookups } from "./view-lookups.ts";

type Deployment = Exclude<Blame, { kind: "nothing" }>;

// What was deployed earlier is hardly why.
const NEAR_MS = 3_600_000;
const SHORT_SHA = 7;

/** What was last deployed before an incident, by whom, and whether it is likely to be why. */
export function blameText({ blame, since }: Pick<Incident, "blame" | "since">, lookups: ViewLookups): string {
  if (blame.kind === "nothing") return "Argo CD remembers no deployment of it.";
  const what = blame.revision === "" ? "A sync" : revisionText(blame.revision);
  const by = byText(blame, lookups);
  if (blame.at > since) return `*After that:* ${what} was deployed ${dateToken(blame.at, "{ago}")} ${by}.`;
  const beforeMs = since - blame.at;
  if (beforeMs <= NEAR_MS) {
    const before = beforeMs < 1000 ? "just before" : `${durationText(beforeMs)} before`;
    return `*Last change:* ${what} was deployed ${before}, ${by}.`;
  }
  return `*Nothing was deployed in the hour before.* The last was ${what}, ${dateToken(blame.at, "{date_short_pretty} {time}")}, ${by}.`;
}

export function revisionText(revision: string): string {
  const isSha = /^[0-9a-f]{40}$/u.test(revision);
  return code(isSha ? revision.slice(0, SHORT_SHA) : revision, 60);
}

function byText(blame: Deployment, lookups: ViewLookups): string {
  if (blame.kind === "run") {
    const failed = blame.failed ? ", which failed" : "";
    const id = link(lookups.messages(cardSlot(blame.run)), shortId(blame.run), 40);
    return `by run ${id} of ${personText(blame.requester, lookups)} (${inert(blame.title, 150)})${failed}`;
  }
  const ended = blame.phase === "Succeeded" ? "" : `; that sync: ${inert(blame.phase, 30)}`;
  return `${blame.automated ? "by Argo CD's auto-sync" : `by ${code(blame.who, 80)} in Argo CD`}${ended}`;
}
