import { type Fact, rowText } from "./fact.ts";
import type { PeopleBook } from "./people-book.ts";
import type { RunBook } from "./run-book.ts";
import type { Report } from "./violation.ts";

// What is known of a group may be a minute old; a look at Slack takes a while.
const KNOWN_MS = 95_000;

export interface AccessDeps {
  readonly people: PeopleBook;
  readonly report: Report;
  /** Those who may change anything at all. */
  readonly mayChange: readonly string[];
  /** Those commands that only some of them may ask for. */
  readonly ownCommands: Readonly<Record<string, readonly string[]>>;
  readonly runs: ReadonlyMap<string, RunBook>;
}

/** Whoever changes something, or has it changed, was allowed to when it was dealt with. */
export function checkAccess(
  deps: AccessDeps,
  { received, fact }: { readonly received: Fact; readonly fact: Fact },
): void {
  if (!CHANGING.has(fact.type)) return;
  const { people, runs, report } = deps;
  // Whoever asked for a run may always end it.
  if (fact.type === "run.cancel-requested" && runs.get(fact.row.stream)?.requester === fact.actor) return;
  const user = people.user(fact.actor) ?? "";
  const between = { from: received.seenAt - KNOWN_MS, until: fact.seenAt };
  const isMember = people.wasFullMember(user, between);
  if (isMember && groupsThatMay(deps, fact).some((group) => people.wasMember(group, user, between))) return;
  const why = isMember ? "is in none of the groups that may" : "is no full member of the workspace";
  const what = `${user || fact.actor} did what ${fact.type} says, and ${why}.`;
  report({ check: "access", what, run: fact.row.stream, proof: [rowText(received), rowText(fact)] });
}

const CHANGING: ReadonlySet<string> = new Set([
  "run.started",
  "run.retried",
  "run.cancel-requested",
  "lock.set",
  "lock.lifted",
]);

function groupsThatMay({ mayChange, ownCommands, runs }: AccessDeps, { plan, row }: Fact): readonly string[] {
  const { command = "" } = plan ?? runs.get(row.stream)?.plan ?? {};
  return ownCommands[command] ?? mayChange;
}
