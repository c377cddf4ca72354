import { type GateRequest, gateRequests } from "../domain/gate-requests.ts";
import { leftFiles } from "../domain/left-files.ts";
import type { RunEvent } from "../domain/run-event.ts";
import { runPhase, type RunView, type StepView } from "../domain/run-view.ts";
import { stepFindings } from "../domain/step-findings.ts";
import type { RunRow } from "../engine/ports.ts";
import { isoTime } from "../platform/clock.ts";
import { shortId } from "../platform/ids.ts";
import type { RunBody, RunSummary } from "./run-body.ts";

type NameOf = (pseudonym: string) => string;

export interface ShownRun {
  readonly view: RunView;
  readonly events: readonly RunEvent[];
  readonly nameOf: NameOf;
  /** The link to its page. */
  readonly page: string | undefined;
}

/** Everybody who has to do with a run, by pseudonym. */
export function peopleIn({ state }: RunView, events: readonly RunEvent[]): ReadonlySet<string> {
  const actors = events.flatMap(({ actor }) => actor ?? []);
  return new Set([state.requester, ...(state.origin.behalf ?? []), ...actors]);
}

/** What the API says of a run: what its page says, for programs. */
export function runBody(shown: ShownRun): RunBody {
  const { view, events, nameOf, page } = shown;
  const { state, revision, service } = view;
  const { origin, finishedAt, cancel, outputs } = state;
  const self = `/api/runs/${view.id}`;
  return {
    id: view.id,
    shortId: view.shortId,
    version: view.version,
    command: state.plan.command,
    title: state.title,
    status: state.status,
    phase: runPhase(view),
    requestedBy: nameOf(state.requester),
    onBehalfOf: (origin.behalf ?? []).map(nameOf),
    askedAs: origin.text,
    door: origin.door,
    ...(origin.cause !== undefined && { cause: origin.cause }),
    startedAt: isoTime(state.startedAt),
    changedAt: isoTime(state.changedAt),
    ...finished(finishedAt),
    ...(service !== undefined && { service }),
    ...(revision !== undefined && { revision: commitOf(revision) }),
    targets: view.stages.map(({ environment, app, status, endedAt: at }) => ({
      environment,
      app,
      status,
      ...endedAt(at),
    })),
    steps: stepsOf(view),
    approvals: gateRequests(events).map((request) => approvalOf(request, nameOf)),
    queue: view.queue.map(({ keys, position, behind }) => ({
      keys: [...keys],
      position,
      ...(behind !== undefined && { behind }),
    })),
    ...failureOf(view),
    ...(cancel !== undefined && {
      cancelled: { by: nameOf(cancel.actor), at: isoTime(cancel.at), reason: cancel.reason },
    }),
    ...(outputs !== undefined && { outputs }),
    files: filesOf(events, self),
    retryFrom: view.retryChoices.map(({ path }) => path),
    links: { self, events: `${self}/events`, ...(page !== undefined && { page }) },
  };
}

export function runSummary(row: RunRow, nameOf: NameOf): RunSummary {
  const { id, command, title, status, services, environments, requester, startedAt, changedAt, finishedAt } = row;
  return {
    id,
    shortId: shortId(id),
    command,
    title,
    status,
    services: [...services],
    environments: [...environments],
    requestedBy: nameOf(requester),
    startedAt: isoTime(startedAt),
    changedAt: isoTime(changedAt),
    ...finished(finishedAt),
    gatesWaiting: row.gates,
  };
}

function endedAt(at: number | undefined): { endedAt?: string } {
  return at === undefined ? {} : { endedAt: isoTime(at) };
}

function finished(at: number | undefined): { finishedAt?: string } {
  return at === undefined ? {} : { finishedAt: isoTime(at) };
}

function commitOf({ sha, repository, subject, author }: NonNullable<RunView["revision"]>) {
  return { sha, repository, subject, author };
}

/** In the order in which they were reached. */
function stepsOf(view: RunView): RunBody["steps"] {
  const all = [...view.stages.flatMap(({ steps }) => steps), ...view.otherSteps, ...view.stops];
  const shown = new Map(all.map((step) => [step.path, step]));
  return [...view.state.steps.keys()].flatMap((path) => {
    const step = shown.get(path);
    return step === undefined ? [] : [stepOf(step, view)];
  });
}

function stepOf({ path, name, uses, environment, step, progress, awaited }: StepView, { state }: RunView) {
  const { sort, status, note, failure } = step;
  return {
    path,
    name,
    uses,
    sort,
    ...(environment !== undefined && { environment }),
    status,
    attempts: Math.max(step.attempt, state.attempts.get(path) ?? 0),
    startedAt: isoTime(step.firstStartedAt),
    ...endedAt(step.endedAt),
    ...(note !== undefined && { note }),
    ...(failure !== undefined && { failure: { code: failure.code, message: failure.message } }),
    found: status === "succeeded" ? [...stepFindings(step.output ?? {})] : [],
    ...(progress !== undefined && { progress: { text: progress.text, lines: [...(progress.lines ?? [])] } }),
    ...(awaited !== undefined && { awaits: awaited.signal.name }),
  };
}

function approvalOf(request: GateRequest, nameOf: NameOf): RunBody["approvals"][number] {
  const { opened, decisions, refusals } = request;
  const { environment } = opened.subject;
  const who = (actor: string | undefined): string => nameOf(actor ?? "");
  return {
    step: opened.path,
    prompt: opened.evidence.prompt,
    ...(environment !== "" && { environment }),
    status: approvalStatus(request),
    askedAt: isoTime(opened.at),
    expiresAt: isoTime(opened.expiresAt),
    quorum: opened.rule.quorum,
    digest: opened.digest,
    decisions: decisions.map(({ actor, at, decision, reason }) => ({
      by: who(actor),
      at: isoTime(at),
      decision,
      reason,
    })),
    refusals: refusals.map(({ actor, at, decision, code, message }) => ({
      by: who(actor),
      at: isoTime(at),
      decision,
      code,
      message,
    })),
  };
}

function approvalStatus({ voided, ended: end, decisions }: GateRequest): RunBody["approvals"][number]["status"] {
  if (voided !== undefined) return "void";
  if (end === undefined) return "waiting";
  if (end.type === "step.cancelled") return "cancelled";
  if (end.type === "step.succeeded") return "approved";
  return decisions.some(({ decision }) => decision === "reject") ? "rejected" : "not-approved";
}

function failureOf({ failure }: RunView): Pick<RunBody, "failure"> {
  if (failure === undefined) return {};
  const { code, message } = failure.failure;
  return { failure: { code, message, ...(failure.step !== undefined && { step: failure.step.path }) } };
}

function filesOf(events: readonly RunEvent[], self: string): RunBody["files"] {
  return leftFiles(events).map(({ path, attempt, artifact: { name, digest, bytes, mediaType, sealed } }) => {
    const file = { name, digest, bytes, mediaType, step: path, attempt };
    return sealed ? file : Object.assign(file, { url: `${self}/artifacts/${digest}` });
  });
}
