import type { Application } from "../argocd/application.ts";
import type { ArgocdServer } from "../argocd/argocd-server.ts";
import type { RunEvent } from "../domain/run-event.ts";
import { type Service, tryAppRef } from "../domain/target.ts";
import { type Answer, notice, type PastOperation, type PastRun, type PlaceStatus } from "../engine/answer.ts";
import type { EventStore, RunFilter, RunRow, PeopleStore } from "../engine/ports.ts";
import type { LockDesk } from "../engine/lock-desk.ts";
import type { Proof } from "../engine/step-kind.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { didYouMean } from "../platform/did-you-mean.ts";
import { AppError } from "../platform/errors.ts";
import { liveRevision } from "../steps/live-revision.ts";

export interface QueryDeps {
  readonly servers: ReadonlyMap<string, ArgocdServer>;
  readonly inventory: Inventory;
  readonly events: Pick<EventStore, "listRuns" | "readRun">;
  readonly proofs: (app: string) => readonly Proof[];
  /** What others did outside of runs, newest first. */
  readonly operations: (filter: RunFilter) => readonly PastOperation[];
  readonly people: PeopleStore;
  readonly mode: "act" | "observe";
  /** Why Applications are not used that carry labels of ours; never when absent. */
  readonly labelProblems?: () => readonly string[];
}

/** What was typed for a question; an empty text means all. */
export interface Question {
  readonly service: string;
  readonly environment: string;
}

/** The same for a history, which can be narrowed to what one person had to do with. */
export interface HistoryQuestion extends Question {
  /** The Slack user; empty for everybody. */
  readonly by: string;
  /** The workspace in which it was asked. */
  readonly team: string;
}

const MOST_RUNS = 15;
// More than one message shows.
const MOST_SERVICES = 30;

/** What is live where, and what is under way; from the newest copies that Argo CD's stream brought. */
export function statusAnswer(
  deps: QueryDeps & { readonly locks: Pick<LockDesk, "locks"> },
  question: Question,
): Answer {
  const services = chosen(deps.inventory, question.service);
  if (services.kind === "refused") return services.answer;
  const service = question.service === "" ? undefined : question.service;
  return {
    kind: "status",
    isObserving: deps.mode === "observe",
    services: services.value.slice(0, MOST_SERVICES).map(({ name, environments }) => ({
      name,
      places: environments.map((target) => placeOf(deps, target)),
    })),
    more: Math.max(0, services.value.length - MOST_SERVICES),
    problems: service === undefined ? (deps.labelProblems?.() ?? []) : [],
    runs: deps.events.listRuns({ service, openOnly: true, limit: MOST_RUNS }),
    locks: deps.locks.locks().filter(({ key }) => service === undefined || key.startsWith(`${service}/`)),
  };
}

/** The newest runs, of a service and environment where they are named, and of a person who asked, decided or was refused. */
export function historyAnswer(deps: QueryDeps, { service, environment, by, team }: HistoryQuestion): Answer {
  const refusal = strangerAnswer(deps.inventory, { service, environment });
  if (refusal !== undefined) return refusal;
  const about = [service, environment].filter((part) => part !== "").join(" in ") || "everything";
  const filter = { service: service || undefined, environment: environment || undefined, limit: MOST_RUNS };
  if (by !== "") {
    const actor = deps.people.tryPseudonym(team, by);
    const own = actor === undefined ? [] : deps.events.listRuns({ ...filter, actor });
    // What others did in Argo CD carries names of Argo CD, which are nobody's in Slack.
    return { kind: "history", about, by, runs: own.map((row) => pastRun(deps, row)) };
  }
  const runs = deps.events.listRuns(filter).map((row) => pastRun(deps, row));
  return { kind: "history", about, runs, operations: deps.operations(filter) };
}

/** Why there can be nothing of that service or environment, with what was probably meant; undefined where both are known. */
export function strangerAnswer(inventory: Inventory, question: Question): Answer | undefined {
  const services = chosen(inventory, question.service);
  return services.kind === "refused" ? services.answer : refuseEnvironment(services.value, question);
}

function pastRun({ events }: QueryDeps, row: RunRow): PastRun {
  const decisions = readableEvents(events, row.id).filter((event) => event.type === "gate.decided");
  const who = (decision: "approve" | "reject"): readonly string[] => [
    ...new Set(decisions.flatMap((event) => (event.decision === decision ? (event.actor ?? []) : []))),
  ];
  return { ...row, approvedBy: who("approve"), rejectedBy: who("reject") };
}

function chosen(
  inventory: Inventory,
  name: string,
): { kind: "found"; value: readonly Service[] } | { kind: "refused"; answer: Answer } {
  if (name === "") return { kind: "found", value: inventory.services };
  const found = inventory.findService(name);
  if (found.kind === "found") return { kind: "found", value: [found.service] };
  const hints = found.didYouMean === undefined ? [] : [found.didYouMean];
  const message = `There is no service "${name}". Known: ${found.known.join(", ")}.`;
  return { kind: "refused", answer: notice("input.service", message, hints) };
}

function refuseEnvironment(services: readonly Service[], { service, environment }: Question): Answer | undefined {
  const known = [...new Set(services.flatMap(({ environments }) => environments.map(({ name }) => name)))];
  if (environment === "" || known.includes(environment)) return undefined;
  const near = didYouMean(environment, known);
  const where = service === "" ? `There is no environment "${environment}".` : `${service} has no "${environment}".`;
  const message = `${where} Known: ${known.join(", ")}.`;
  return notice("input.environment", message, near === undefined ? [] : [near]);
}

/** Who approved what a run did in an environment, by pseudonym. */
export function approversOf(events: Pick<EventStore, "readRun">, run: string, environment: string): readonly string[] {
  const all = readableEvents(events, run);
  const gates = new Set(
    all.flatMap((event) =>
      event.type === "gate.opened" && event.subject.environment === environment ? [event.path] : [],
    ),
  );
  const decisions = all.filter((event) => event.type === "gate.decided");
  return [
    ...new Set(
      decisions.flatMap((event) => (event.decision === "approve" && gates.has(event.path) ? (event.actor ?? []) : [])),
    ),
  ];
}

/** One run that was redacted, or that this version cannot read any more, does not hide the others. */
function readableEvents(events: Pick<EventStore, "readRun">, run: string): readonly RunEvent[] {
  try {
    return events.readRun(run);
  } catch (error) {
    if (error instanceof AppError && error.retry === "never") return [];
    throw error;
  }
}

export function placeOf(
  deps: Pick<QueryDeps, "servers" | "proofs">,
  target: { readonly name: string; readonly app: string },
): PlaceStatus {
  const application = newestCopy(deps, target.app);
  const revision = application === undefined ? "" : liveRevision(application);
  const proof = deps.proofs(target.app).find((candidate) => candidate.revision === revision);
  return {
    environment: target.name,
    app: target.app,
    health: healthOf(application),
    sync: application?.status.sync.status ?? "",
    revision,
    ...(proof !== undefined && { provenAt: proof.provenAt }),
  };
}

/** The Application as Argo CD's stream brought it last; undefined before that. */
export function newestCopy({ servers }: Pick<QueryDeps, "servers">, app: string): Application | undefined {
  const key = tryAppRef(app);
  return key === undefined ? undefined : servers.get(key.server)?.cache.find(key);
}

function healthOf(application: Application | undefined): string {
  return application?.status.health.status ?? "";
}
