import { withoutServer } from "./argocd-view.ts";
import { approvedBefore, rulesSince } from "./approval-check.ts";
import { type Fact, rowText } from "./fact.ts";
import type { PeopleBook } from "./people-book.ts";
import type { RunBook, StepBook } from "./run-book.ts";
import type { PlaceRule } from "./truth.ts";
import type { Report } from "./violation.ts";

const CHECK = "true refusals";
const KNOWN_MS = 95_000;

interface Deps {
  readonly people: PeopleBook;
  readonly places: ReadonlyMap<string, PlaceRule>;
  readonly runs: ReadonlyMap<string, RunBook>;
  readonly report: Report;
}

interface Refused {
  readonly deps: Deps;
  readonly run: RunBook;
  readonly step: StepBook;
  readonly user: string;
  readonly received: Fact;
  readonly fact: Fact;
}

/** Whoever is not let decide is told why, and that is so. */
export function checkRefusal(deps: Deps, { received, fact }: { readonly received: Fact; readonly fact: Fact }): void {
  if (fact.type !== "gate.refused") return;
  const run = deps.runs.get(fact.row.stream);
  const step = run?.steps.get(fact.path ?? "");
  const user = deps.people.user(fact.actor);
  if (run === undefined || step === undefined || user === undefined) return;
  const problem = REASONS[fact.code ?? ""]?.({ deps, run, step, user, received, fact });
  if (problem === undefined) return;
  const what = `${user} was not let decide on ${fact.path} (${fact.code}), although ${problem}.`;
  deps.report({ check: CHECK, what, run: run.id, proof: [rowText(received), rowText(fact)] });
}

const REASONS: Readonly<Record<string, (refused: Refused) => string | undefined>> = {
  "approval.not-in-group": notInGroup,
  "approval.requester": ({ deps: { people }, run, user }) => {
    const askers = [run.requester, ...run.retries.map(({ actor }) => actor)].map((asker) => people.user(asker));
    return askers.includes(user) ? undefined : "somebody else had asked for the run";
  },
  "approval.guest": notFull,
  "approval.deactivated": notFull,
  "approval.already-decided-by-you": ({ deps: { people }, step, fact }) =>
    step.gate?.decisions.some(({ actor }) => people.human(actor) === people.human(fact.actor)) === true
      ? undefined
      : "they had not decided before",
  "approval.approved-before": ({ run, fact }) =>
    approvedBefore(run, { path: fact.path ?? "", actor: fact.actor ?? "" })
      ? undefined
      : "they had approved nothing before",
  "gate.expired": ({ step, fact }) => {
    const isOver = step.failure?.code === "gate.expired" || (step.gate?.expiresAt ?? Infinity) <= fact.at;
    return isOver ? undefined : "it had not expired";
  },
  "gate.closed": ({ step }) => (isDecided(step) ? "it had been decided" : undefined),
  "gate.decided": ({ step }) => (isDecided(step) ? undefined : "it had not been decided"),
};

/** Approved by as many as it takes, or rejected. */
function isDecided({ status, failure }: StepBook): boolean {
  return status === "succeeded" || failure?.code === "gate.rejected";
}

function notInGroup({ deps: { people, places }, step, user, received, fact }: Refused): string | undefined {
  const place = places.get(withoutServer(step.gate?.subject.app ?? ""));
  const rules = place === undefined ? [] : rulesSince(place, step.started.seenAt);
  const [rule] = rules;
  // Where the rule has changed meanwhile, either of them may count.
  if (rule === undefined || rules.length > 1) return undefined;
  const between = { from: received.seenAt - KNOWN_MS, until: fact.seenAt };
  const isIn = rule.groups.some((group) => people.wasAlwaysMember(group, user, between));
  return isIn || rule.users.includes(user) ? "they were among those who may" : undefined;
}

function notFull({ deps: { people }, user, received, fact }: Refused): string | undefined {
  const isFull = people.wasAlwaysFullMember(user, { from: received.seenAt - KNOWN_MS, until: fact.seenAt });
  return isFull ? "they were a full member all the time" : undefined;
}
