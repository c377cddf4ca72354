import type { RunView, StepView } from "../../domain/run-view.ts";
import { stopResult } from "../../domain/stop-step.ts";
import { shortId } from "../../platform/ids.ts";
import { code, dateToken, inert } from "../mrkdwn.ts";
import { personText } from "./person-text.ts";
import type { ViewLookups } from "./view-lookups.ts";

// With the reason, what a section takes.
const MOST_STOPS = 3;

/** Who ended the run and why, and what came of ending what it had under way; undefined for one that was not cancelled. */
export function cancelText(view: RunView, lookups: ViewLookups): string | undefined {
  const who = whoCancelled(view, lookups);
  if (who === undefined) return undefined;
  const more = view.stops.length - MOST_STOPS;
  const lines = view.stops.slice(0, MOST_STOPS).map((stop) => {
    const place = stop.environment === undefined ? "" : `${inert(stop.environment, 60)}: `;
    return `• ${place}${stopText(stop)}`;
  });
  return [who, ...lines, ...(more > 0 ? [`and ${more} more`] : [])].join("\n");
}

/** `Cancelled by @olga Today 10:00: wrong commit`, or which run took over. */
export function whoCancelled({ state }: RunView, lookups: ViewLookups): string | undefined {
  const { cancel } = state;
  if (cancel === undefined) return undefined;
  const { at, actor, reason, by } = cancel;
  const who = personText(actor, lookups);
  if (by !== undefined) return `Gave way to ${code(shortId(by), 40)} of ${who} ${moment(at)}`;
  return `Cancelled by ${who} ${moment(at)}${reason === "" ? "" : `: ${inert(reason, 600)}`}`;
}

/** What came of ending what one step had left running, and what is live by then. */
export function stopText({ step }: StepView): string {
  if (step.status === "failed") {
    return `what was under way could not be ended. ${inert(step.failure?.message ?? "", 400)}`;
  }
  const result = stopResult(step);
  if (result === undefined) return "ending what is under way";
  const live = result.live === "" ? "" : ` Live: ${inert(result.live, 250)}`;
  return `${inert(result.message, 450)}${live}`;
}

function moment(at: number): string {
  return dateToken(at, "{date_short_pretty} {time}");
}
