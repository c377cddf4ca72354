import type { Answer } from "../engine/answer.ts";
import type { RunRow } from "../engine/ports.ts";
import { valueOf } from "./command-values.ts";
import { nameService } from "./name-places.ts";
import type { QuestionAsk, QuestionDeps } from "./question-ask.ts";

const MOST_RUNS = 500;

/** What is locked by runs and by people, and who waits for it. */
export function queueAnswer(deps: QuestionDeps, ask: Pick<QuestionAsk, "command" | "values">): Answer {
  const typed = valueOf(ask.command, ask.values, "service");
  const named = typeof typed === "string" ? nameService(deps.inventory, ask) : undefined;
  if (named?.kind === "refused") return named.answer;
  const service = named?.value.name;
  const rows = new Map(deps.events.listRuns({ service, openOnly: true, limit: MOST_RUNS }).map((row) => [row.id, row]));
  const claims = deps.events.claims().flatMap((claim) => {
    const run = rows.get(claim.run);
    return run === undefined ? [] : [{ claim, run }];
  });
  const waiting = [...new Set(claims.flatMap(({ claim, run }) => (claim.status === "requested" ? [run] : [])))];
  return {
    kind: "queue",
    about: service ?? "everything",
    holding: claims.flatMap(({ claim, run }) => (claim.status === "held" ? [{ keys: claim.keys, run }] : [])),
    waiting: waiting.flatMap((run) => queuesOf(deps, run)),
    locks: deps.locks.locks().filter(({ key }) => service === undefined || key.startsWith(`${service}/`)),
  };
}

function queuesOf({ runs }: QuestionDeps, run: RunRow): Extract<Answer, { kind: "queue" }>["waiting"] {
  return runs.view(run.id).queue.map((queue) => ({ queue, run }));
}
