import { shortId } from "../platform/ids.ts";
import type { Refusal } from "./api-answer.ts";
import type { ApiDeps } from "./api-deps.ts";
import type { RunBody } from "./run-body.ts";
import { peopleIn, runBody } from "./run-shown.ts";

type Deps = Pick<ApiDeps, "view" | "events" | "names" | "pageOf">;

const MOST_MEANT = 5;

/** All that is known of a run. Throws `run.unknown`. */
export async function showRun(deps: Deps, run: string): Promise<RunBody> {
  const view = deps.view(run);
  const events = deps.events.readRun(run);
  const names = await deps.names(peopleIn(view, events));
  return runBody({ view, events, nameOf: (who) => names.get(who) ?? "somebody", page: deps.pageOf(run)?.url });
}

/** The id of the run that is named by its id, the end of it, or its beginning; or why there is none. */
export function findRun(
  { events }: Pick<ApiDeps, "events">,
  text: string,
): { readonly kind: "found"; readonly run: string } | { readonly kind: "refused"; readonly refusal: Refusal } {
  const [only, ...others] = events.findRuns(text.replace(/^run_/iu, "").toUpperCase(), MOST_MEANT);
  if (only === undefined) {
    const message = `There is no run ${text}. The list of runs has their ids.`;
    return { kind: "refused", refusal: { status: 404, code: "run.unknown", message } };
  }
  if (others.length === 0) return { kind: "found", run: only.id };
  const runs = [only, ...others];
  const message = `${text} means several runs (${runs.map(({ id, title }) => `${shortId(id)}: ${title}`).join("; ")}). Name it by its whole id.`;
  const suggestions = runs.map(({ id }) => id);
  return { kind: "refused", refusal: { status: 409, code: "run.ambiguous", message, suggestions } };
}
