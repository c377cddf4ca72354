import { foldRun } from "../../../src/domain/evolve.ts";
import { type GateEvidence, type GateSubject, subjectDigest } from "../../../src/domain/gate.ts";
import type { Failure, Progress } from "../../../src/domain/outcome.ts";
import type { RunEvent, RunEventOf } from "../../../src/domain/run-event.ts";
import { type QueueView, runView, type RunView } from "../../../src/domain/run-view.ts";
import type { ApprovalRule } from "../../../src/domain/target.ts";
import type { JsonMap } from "../../../src/platform/canonical-json.ts";
import type { ViewLookups } from "../../../src/slack/views/view-lookups.ts";
import { step as planned } from "../../support/run-spec.ts";

export const RUN = "run_01JD2K6W3V8QZ7E4M5N6P77FQ2";
export const AT = Date.UTC(2026, 0, 1, 10);
export const SHA = `abc123${"0".repeat(34)}`;
export const LIVE = `1a2b3c4${"0".repeat(33)}`;

export const GATE = "promote/for-each[prod]/gate";
export const SYNC = "promote/for-each[prod]/lock/sync";
export const HEALTHY = "promote/for-each[prod]/lock/healthy";

/** That the chain works in environments is all that the messages have to know of it. */
const ANYWHERE = planned("anywhere", "argocd/sync", { with: { app: "${{ target.app }}" } });

/** What can stand in any text that comes from outside. */
export interface Texts {
  readonly title: string;
  readonly service: string;
  readonly subject: string;
  readonly author: string;
  readonly message: string;
  readonly prompt: string;
}

export const PLAIN: Texts = {
  title: "Promote checkout abc1230 to prod",
  service: "checkout",
  subject: "Add retries to the payment client",
  author: "Ana",
  message: "Deployment/checkout is Degraded: CrashLoopBackOff",
  prompt: "Promote checkout abc1230 to prod?",
};

export const RULE: ApprovalRule = {
  from: [{ kind: "group", group: "S0APPROVE" }],
  quorum: 1,
  expiresMs: 3_600_000,
  requesterMayApprove: false,
};

export function started(
  texts = PLAIN,
  environments: readonly string[] = ["staging", "prod"],
): RunEventOf<"run.started"> {
  return {
    type: "run.started",
    at: AT,
    actor: "p_ana",
    plan: { engine: 1, command: "promote", title: "Promote", verb: "promote", steps: [ANYWHERE], onFailure: [] },
    planDigest: "plan",
    inputs: {
      revision: {
        kind: "manifests",
        repository: "https://git.test/deploy",
        sha: SHA,
        short: "abc1230",
        text: "abc123",
        subject: texts.subject,
        author: texts.author,
        authorEmail: "ana@acme.test",
        authoredAt: AT - 86_400_000,
      },
    },
    targets: environments.map((environment) => ({
      service: texts.service,
      environment,
      app: `main/argocd/checkout-${environment}`,
      approval: RULE,
    })),
    origin: { door: "slash", team: "T1", channel: "C1", text: "/promote checkout abc123 to prod" },
    title: texts.title,
  };
}

type Begun = RunEventOf<"step.started">;

export function begun(path: string, uses: string, sort: Begun["sort"], more: Partial<Begun> = {}): Begun {
  const app = /\[(?<environment>[^\]]*)\]/u.exec(path)?.groups?.["environment"] ?? "prod";
  const input = uses === "slack/alert" ? {} : { app: `main/argocd/checkout-${app}` };
  return { type: "step.started", at: AT + 60_000, path, attempt: 1, uses, sort, token: 1, input, ...more };
}

export function ended(path: string, output: JsonMap = {}, attempt = 1): RunEvent {
  return { type: "step.succeeded", at: AT + 120_000, path, attempt, output };
}

function failureOf(code: string, message: string, details?: JsonMap): Failure {
  return { code, message, retry: "never", ...(details && { details }) };
}

export function failedStep(path: string, code: string, message: string, details?: JsonMap): RunEvent {
  return { type: "step.failed", at: AT + 120_000, path, attempt: 1, failure: failureOf(code, message, details) };
}

export function subjectOf(texts = PLAIN): GateSubject {
  return {
    planDigest: "plan",
    path: GATE,
    requester: "p_ana",
    service: texts.service,
    environment: "prod",
    app: "main/argocd/checkout-prod",
    serverUrl: "https://argocd.test",
    applicationUid: "uid",
    fromRevision: LIVE,
    toRevision: SHA,
    repository: "https://git.test/deploy",
    sourceDigest: "source",
    imageDigests: [],
    planFileDigest: "",
    checks: [],
    rule: RULE,
  };
}

export function evidenceOf(texts = PLAIN, more: Partial<GateEvidence> = {}): GateEvidence {
  return {
    prompt: texts.prompt,
    direction: "forward",
    commits: [{ sha: SHA, subject: texts.subject, author: texts.author, authoredAt: AT - 3_600_000 }],
    otherCommits: 3,
    rendering: { changesNothing: false, summary: "1 changed", lines: ["changed Deployment/checkout"] },
    previous: { environment: "staging", health: "Healthy", revision: SHA, healthySince: AT - 7_200_000 },
    currentHealth: "Healthy",
    link: "https://argocd.test/applications/argocd/checkout-prod",
    warnings: [],
    ...more,
  };
}

export function opened(
  texts = PLAIN,
  evidence = evidenceOf(texts),
  more: Partial<RunEventOf<"gate.opened">> = {},
): RunEvent {
  const subject = subjectOf(texts);
  const shown = { subject, digest: subjectDigest(subject), evidence, rule: RULE, expiresAt: AT + 3_670_000 };
  return { type: "gate.opened", at: AT + 70_000, path: GATE, attempt: 1, ...shown, ...more };
}

export function decided(decision: "approve" | "reject", reason = "", actor = "p_bo"): RunEvent {
  const digest = subjectDigest(subjectOf());
  return { type: "gate.decided", at: AT + 90_000, actor, path: GATE, attempt: 1, decision, digest, groups: [], reason };
}

export function runFailed(path: string, code: string, message: string, details?: JsonMap): RunEvent {
  return { type: "run.failed", at: AT + 125_000, path, failure: failureOf(code, message, details) };
}

export function finished(status: "succeeded" | "failed" | "cancelled"): RunEvent {
  return { type: "run.finished", at: AT + 180_000, status };
}

export interface SampleOptions {
  readonly progress?: readonly (readonly [string, Progress])[];
  readonly queue?: readonly QueueView[];
}

/** The view of a run after these events. */
export function viewOf(events: readonly RunEvent[], { progress = [], queue = [] }: SampleOptions = {}): RunView {
  const state = foldRun(RUN, events);
  return runView({ state, queue, progress: new Map(progress.map(([path, one]) => [`${RUN}/${path}/1`, one])) });
}

export function stepIn(view: RunView, path: string) {
  const steps = [...view.stages.flatMap((stage) => stage.steps), ...view.otherSteps];
  const found = steps.find((step) => step.path === path);
  if (found === undefined) throw new Error(`no step ${path}`);
  return found;
}

const USERS: Readonly<Record<string, string>> = { p_ana: "U0ANA", p_bo: "U0BO", p_cy: "U0CY" };

export const lookups: ViewLookups = {
  hasPages: true,
  mainCommand: () => "/qd",
  people: (pseudonym) => {
    const user = USERS[pseudonym];
    return user === undefined ? undefined : { user };
  },
  links: (app) => `https://argocd.test/applications/${app}?view=tree&x=1`,
  wayBack: () => ({ revision: LIVE, provenAt: AT }),
  nextEnvironment: () => undefined,
  messages: (slot) => `https://acme.slack.com/archives/C1/p1?slot=${encodeURIComponent(slot)}`,
};
