import { notice } from "../engine/answer.ts";
import type { EventStore, RunRow } from "../engine/ports.ts";
import { didYouMean } from "../platform/did-you-mean.ts";
import { shortId } from "../platform/ids.ts";
import type { Looked } from "./resolve-target.ts";

const MOST_MEANT = 5;
const MOST_NEAR = 200;

/**
 * The run that a person named by its short id, the end or the beginning of its id, already read as an input. `retyped` gives
 * the command with another run in its place.
 */
export function namedRun(
  events: Pick<EventStore, "findRuns" | "listRuns">,
  { text, retyped }: { readonly text: string; readonly retyped: (run: string) => string },
): Looked<RunRow> {
  const found = events.findRuns(text, MOST_MEANT);
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return { kind: "found", value: only };
  if (only === undefined) {
    const tails = events.listRuns({ limit: MOST_NEAR }).map(({ id }) => id.slice(-text.length));
    const near = didYouMean(text, tails);
    const message = `There is no run run_${text}. The history shows the ids of runs.`;
    return refused("run.unknown", message, near === undefined ? [] : [retyped(`run_${near}`)]);
  }
  const runs = found.map(({ id, title }) => `${shortId(id)}: ${title}`).join("; ");
  const message = `run_${text} means ${found.length} runs or more (${runs}). Name it by its whole id.`;
  return refused(
    "run.ambiguous",
    message,
    found.map(({ id }) => retyped(id)),
  );
}

function refused(code: string, message: string, suggestions: readonly string[]): Looked<never> {
  return { kind: "refused", answer: notice(code, message, suggestions) };
}
