import { describe, expect, it } from "vitest";

import type { RunEvent } from "../../../../src/domain/run-event.ts";
import type { Answer, PastRun } from "../../../../src/engine/answer.ts";
import type { MachinePast } from "../../../../src/engine/question-answers.ts";
import type { RunRow } from "../../../../src/engine/ports.ts";
import type { MessageContent } from "../../../../src/slack/blocks.ts";
import { modalProblems, messageProblems } from "../../../../src/slack/validate-blocks.ts";
import { renderAnswer } from "../../../../src/slack/views/answer.ts";
import { renderFailureAlert } from "../../../../src/slack/views/failure-alert.ts";
import { renderGateMessage, renderVoidedGate } from "../../../../src/slack/views/gate-message.ts";
import { renderIncident } from "../../../../src/slack/views/incident-alert.ts";
import { renderIncidentEnd } from "../../../../src/slack/views/incident-end.ts";
import { renderIncidentGroup } from "../../../../src/slack/views/incident-group.ts";
import { renderCommandForm } from "../../../../src/slack/views/command-form.ts";
import { renderRejectModal } from "../../../../src/slack/views/reject-modal.ts";
import { renderRunCard } from "../../../../src/slack/views/run-card.ts";
import { renderSetAsideStep, renderStepMessage } from "../../../../src/slack/views/step-message.ts";
import { renderStoppedNotice } from "../../../../src/slack/views/stopped-notice.ts";
import { renderStrayedNotice } from "../../../../src/slack/views/strayed-notice.ts";
import {
  begun,
  decided,
  ended,
  evidenceOf,
  failedStep,
  finished,
  GATE,
  HEALTHY,
  lookups,
  opened,
  runFailed,
  SHA,
  started,
  stepIn,
  SYNC,
  type Texts,
  viewOf,
} from "../sample-run.ts";
import { aGroup, anIncident, type IncidentTexts, RECOVERED } from "./incident-sample.ts";

/** Everything that people, Git and Argo CD could send, at lengths that nobody checks. */
const HOSTILE: readonly (readonly [string, string])[] = [
  ["3,000 letters", "x".repeat(3000)],
  ["3,000 characters that are escaped", "&<>".repeat(1000)],
  ["broadcasts", "<!channel> <!here> <!everyone> <!subteam^S0ALL|all> <@U0BOSS> <#C0GENERAL> @here"],
  ["links", "<https://evil.test|https://good.test> javascript:alert(1) <mailto:a@b.c>"],
  ["formatting", "*bold* _it_ ~no~ `code` ```block``` > quote\n\n>>> more"],
  ["control characters", "a\u0000b\u0007c\u001B[31md\u202Eevil\u2066x\u200By\uFEFFz\u{E0041}"],
  ["half of a surrogate pair", `${"\u{1F600}".repeat(1500)}\uD83D`],
  ["nothing", ""],
  ["white space", " \n\t\u00A0 "],
  ["a template", "${{ secrets.TOKEN }} {{date}} %s"],
];

const texts = (text: string): Texts => ({
  title: text,
  service: text,
  subject: text,
  author: text,
  message: text,
  prompt: text,
});

function manyEvents(text: string): readonly RunEvent[] {
  const environments = Array.from({ length: 30 }, (_, index) => `${text.slice(0, 200)}${index}`);
  const evidence = evidenceOf(texts(text), {
    commits: Array.from({ length: 200 }, () => ({ sha: SHA, subject: text, author: text, authoredAt: 0 })),
    otherCommits: 100_000,
    rendering: { changesNothing: false, summary: text, lines: Array.from({ length: 300 }, () => text) },
    renderingNote: text,
    previous: { environment: text, health: text, revision: text, healthySince: 1 },
    currentHealth: text,
    link: text,
    warnings: Array.from({ length: 40 }, () => text),
  });
  const rule = {
    from: Array.from({ length: 50 }, (_, index) => ({ kind: "group" as const, group: `S${index}` })),
    quorum: 3,
    expiresMs: 1,
    requesterMayApprove: false,
  };
  return [
    started(texts(text), [...environments, "prod"]),
    begun(GATE, "approval", "gate"),
    opened(texts(text), evidence, { rule }),
  ];
}

/** A gate about a plan, with a revision beside it or alone. */
function planEvents(text: string, toRevision: string): readonly RunEvent[] {
  const all = manyEvents(text);
  const last = all.at(-1);
  if (last?.type !== "gate.opened") throw new Error("the gate is not open");
  const plan = {
    directory: text,
    workspace: text,
    add: 100_000,
    change: 100_000,
    destroy: 100_000,
    replace: 100_000,
    resources: ["delete", "replace", "create", "update"].flatMap((action) =>
      Array.from({ length: 30 }, () => ({ address: text, action, reason: text })),
    ),
    otherResources: 100_000,
    drift: Array.from({ length: 50 }, () => text),
    otherDrift: 100_000,
    outputs: Array.from({ length: 50 }, () => text),
    difference: Array.from({ length: 20 }, () => text),
  };
  const also = [last.rule.from];
  const subject = { ...last.subject, toRevision };
  return [
    ...all.slice(0, -1),
    { ...last, subject, rule: { ...last.rule, also }, evidence: { ...last.evidence, plan } },
  ];
}

function lostEvents(text: string): readonly RunEvent[] {
  const resources = Array.from({ length: 50 }, () => ({ kind: text, name: text, status: text, message: text }));
  return [
    ...manyEvents(text),
    decided("approve", text),
    decided("approve", text, "p_cy"),
    ended(GATE),
    begun(SYNC, "argocd/sync", "action"),
    ended(SYNC, { skipped: true, revision: text, notes: Array.from({ length: 50 }, () => text) }),
    begun(HEALTHY, "argocd/wait", "wait"),
    failedStep(HEALTHY, "argocd.degraded", text, { resources }),
    runFailed(HEALTHY, "argocd.degraded", text, { resources }),
    begun("on-failure/alert", "slack/alert", "action"),
    finished("failed"),
  ];
}

const rows = (text: string): readonly RunRow[] =>
  Array.from({ length: 100 }, (_, index) => ({
    id: `run_${String(index).padStart(26, "0")}`,
    command: text,
    title: text,
    status: "failed",
    services: [text],
    environments: [text],
    requester: "p_ana",
    channel: "C1",
    startedAt: 0,
    changedAt: 0,
    finishedAt: 100,
    version: 1,
    wakeAt: undefined,
    parked: true,
    gates: 0,
  }));

function decidedByMany(row: RunRow): PastRun {
  const many = Array.from({ length: 30 }, () => "p_bo");
  return { ...row, approvedBy: many, rejectedBy: many };
}

function everyMessage(text: string): Readonly<Record<string, MessageContent>> {
  const open = viewOf(manyEvents(text), {
    queue: [{ path: "p", keys: Array.from({ length: 100 }, () => text), position: 2, behind: text }],
  });
  const progress = { text, done: 7, total: 12, lines: Array.from({ length: 50 }, () => text) };
  const running = viewOf([...manyEvents(text), begun(SYNC, "argocd/sync", "action")], { progress: [[SYNC, progress]] });
  const lost = viewOf(lostEvents(text));
  const rejected = viewOf([
    ...manyEvents(text),
    decided("reject", text),
    failedStep(GATE, "gate.rejected", text),
    runFailed(GATE, "gate.rejected", text),
  ]);
  const voided = viewOf([
    ...manyEvents(text),
    {
      type: "gate.voided",
      at: 1,
      path: GATE,
      attempt: 1,
      changed: Array.from({ length: 20 }, () => text),
      message: text,
    },
  ]);
  const gateOf = (run: typeof open): MessageContent => {
    const step = stepIn(run, GATE);
    if (step.step.gate === undefined) throw new Error("the gate is not open");
    return renderGateMessage({ run, step, gate: step.step.gate, mention: true }, lookups);
  };
  return {
    card: renderRunCard(open, lookups),
    "card of a failed run": renderRunCard(lost, lookups),
    gate: gateOf(open),
    "gate for a plan": gateOf(viewOf(planEvents(text, ""))),
    "gate for a plan and a revision": gateOf(viewOf(planEvents(text, SHA))),
    "rejected gate": gateOf(rejected),
    "decided gate": gateOf(lost),
    "voided gate": renderVoidedGate(stepIn(voided, GATE), 0),
    "running step": renderStepMessage(stepIn(running, SYNC), lookups),
    "succeeded step": renderStepMessage(stepIn(lost, SYNC), lookups),
    "failed step": renderStepMessage(stepIn(lost, HEALTHY), lookups),
    "step set aside": renderSetAsideStep(`${text}/${text}`, text),
    alert: renderFailureAlert({ run: lost, mention: { kind: "group", group: text } }, lookups),
    "card of a rejected run": renderRunCard(rejected, lookups),
    stopped: renderStoppedNotice(rejected, lookups),
    strayed: renderStrayedNotice(open, { reason: text, elsewhere: "C1" }),
    notice: renderAnswer(
      { kind: "notice", code: text, message: text, suggestions: Array.from({ length: 9 }, () => text), about: text },
      lookups,
    ),
    text: renderAnswer({ kind: "text", text: `${text}\n${text}` }, lookups),
    candidates: renderAnswer(
      {
        kind: "candidates",
        text,
        commits: Array.from({ length: 200 }, () => ({ sha: SHA, subject: text, author: text, authoredAt: 0 })),
        more: 5,
      },
      lookups,
    ),
    history: renderAnswer({ kind: "history", about: text, runs: rows(text).map(decidedByMany) }, lookups),
    "empty history": renderAnswer({ kind: "history", about: text, runs: [] }, lookups),
    status: renderAnswer(
      {
        kind: "status",
        runs: rows(text),
        locks: Array.from({ length: 9 }, () => ({
          key: text,
          owner: text,
          reason: text,
          since: 1,
          until: 2,
          run: text,
        })),
        services: Array.from({ length: 40 }, () => ({
          name: text,
          places: Array.from({ length: 20 }, () => ({
            environment: text,
            app: text,
            health: text,
            sync: text,
            revision: text,
            provenAt: 1,
          })),
        })),
      },
      lookups,
    ),
  };
}

/** The messages about incidents, with the text wherever Argo CD or people could have put it. */
function incidentMessages(text: string): Readonly<Record<string, MessageContent>> {
  const worst: IncidentTexts = { service: text, environment: text, message: text, who: text };
  const mention = { kind: "group", group: text } as const;
  const bad = { kind: text, name: text, status: text, message: text };
  const blame = {
    kind: "run",
    run: "run_01JD",
    title: text,
    requester: text,
    failed: true,
    revision: text,
    at: 1,
  } as const;
  const parts = {
    resources: Array.from({ length: 20 }, () => bad),
    revision: text,
    wayBack: { revision: text, provenAt: 1 },
    flaps: 3,
  };
  const open = anIncident(parts, worst);
  // Names that commands take are short; everything else is as long as it likes.
  const named = { ...anIncident({ ...parts, blame }, worst), service: "s".repeat(63), environment: "e".repeat(63) };
  const named300 = { ...named, service: text.slice(0, 300), environment: text.slice(0, 300) };
  const over = anIncident({ ...parts, ...RECOVERED, blame }, worst);
  return {
    incident: renderIncident({ incident: open, mention, mayAct: true }, lookups),
    "incident of a run": renderIncident({ incident: named, mention, mayAct: true }, lookups),
    "incident with a long name": renderIncident({ incident: named300, mention, mayAct: true }, lookups),
    "incident that is over": renderIncident({ incident: over, mention, mayAct: true }, lookups),
    "incident below the alert of a run": renderIncidentEnd(over),
    summary: renderIncidentGroup({ ...aGroup("first-sight", { count: 1, texts: worst }), mention }, lookups),
    storm: renderIncidentGroup({ ...aGroup("storm", { count: 500, over: 200, texts: worst }), mention }, lookups),
    "history of others": renderAnswer(
      {
        kind: "history",
        about: text,
        runs: rows(text).map(decidedByMany),
        operations: Array.from({ length: 15 }, () => ({
          app: text,
          service: text,
          environment: text,
          who: text,
          phase: text,
          message: text,
          revisions: [text],
          startedAt: 1,
          endedAt: 2,
        })),
      },
      lookups,
    ),
  };
}

/** The answers to questions, with the text wherever Argo CD, Git or people could have put it. */
function questionMessages(text: string): Readonly<Record<string, MessageContent>> {
  const place = { environment: text, app: text, health: text, sync: text, revision: text, provenAt: 1 };
  const provenBy = { run: "run_01JD", requester: "p_ana", approvedBy: Array.from({ length: 30 }, () => "p_bo") };
  const places = Array.from({ length: 30 }, () => ({ ...place, provenBy, bearing: "missing" as const }));
  const revision = { sha: SHA, short: text, subject: text, author: text, authoredAt: 1 };
  const [run] = rows(text);
  if (run === undefined) throw new Error("there is no row");
  const lock = { key: `${text}/${text}`, owner: "p_ana", reason: text, since: 1, until: 2, run: "run_01JD" };
  const many = <Value>(value: Value): readonly Value[] => Array.from({ length: 40 }, () => value);
  const group = { kind: "group" as const, group: "S1", handle: text.slice(0, 80) || "h" };
  const rule = { from: [...many(group)], quorum: 3, expiresMs: 1, requesterMayApprove: false };
  const who = {
    environment: text,
    start: many({ verbs: many(text), from: many(group) }),
    approval: rule,
    own: { verbs: many(text), isApprover: true },
  };
  const queue = { path: "p", keys: many(text), position: 2, behind: text };
  const stage = {
    environment: text,
    app: text,
    fromRevision: text,
    steps: many({ name: text, uses: text, when: "later" as const }),
    approval: rule,
    locks: many({ key: text, held: text }),
    warnings: many(text),
  };
  const evidence = evidenceOf(texts(text), {
    commits: many({ sha: SHA, subject: text, author: text, authoredAt: 0 }).slice(),
    rendering: { changesNothing: false, summary: text, lines: many(text).slice() },
    renderingNote: text,
    warnings: many(text).slice(),
  });
  const past: MachinePast = {
    machine: { sort: "trigger", name: text },
    refused: { count: 3, lastAt: 1, why: text, since: 1 },
    told: many({
      at: 1,
      cause: { says: text, link: text },
      asked: many({ command: text, message: text, run: "run_1" }),
      reason: text,
    }).slice(0, 15),
  };
  const answers = {
    where: { kind: "where", service: text, revision, places },
    who: { kind: "who", service: text, places: many(who), counts: { S1: 5 } },
    queue: {
      kind: "queue",
      about: text,
      holding: many({ keys: many(text), run }),
      waiting: many({ queue, run }),
      locks: many(lock),
    },
    diff: { kind: "diff", service: text, environment: text, app: text, fromRevision: text, revision, evidence },
    plan: { kind: "plan", title: text, revision, stages: many(stage), obstacles: many(text) },
    locked: { kind: "locked", locks: many(lock) },
    machines: { kind: "machines", isWhole: false, machines: many(past) },
    machine: { kind: "machines", isWhole: true, machines: [past] },
    form: { kind: "form", command: "promote", text },
  } satisfies Record<string, Answer>;
  return Object.fromEntries(Object.entries(answers).map(([name, answer]) => [name, renderAnswer(answer, lookups)]));
}

/** All texts of a message that Slack would read as mrkdwn. */
function mrkdwnIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(mrkdwnIn);
  if (typeof value !== "object" || value === null) return [];
  if ("type" in value && value.type === "mrkdwn" && "text" in value) return [String(value.text)];
  return Object.values(value).flatMap(mrkdwnIn);
}

describe.each(HOSTILE)("with %s in every text", (_, text) => {
  const everyOne = { ...everyMessage(text), ...incidentMessages(text), ...questionMessages(text) };

  it.each(Object.entries(everyOne))("the %s passes every limit of Slack's", (_name, message) => {
    expect(messageProblems(message)).toEqual([]);
  });

  it.each(Object.entries(everyOne))("the %s mentions and links nothing that we did not write", (_name, message) => {
    for (const one of [message.text, ...mrkdwnIn(message.blocks)]) {
      const tokens = one.match(/<[^>]*>/gu) ?? [];
      const known =
        /^<(?:@U0(?:ANA|BO|CY)|!subteam\^S\d+|#C1|!date\^|https:\/\/(?:argocd|git)\.test\/|https:\/\/acme\.slack\.com\/)/u;
      expect(tokens.filter((token) => !known.test(token))).toEqual([]);
      expect(one.replaceAll(/<[^>]*>/gu, "")).not.toMatch(/[<>]/u);
      expect(one).not.toMatch(/(?![\n\t])[\p{Cs}\p{Cc}\p{Cf}]/u);
    }
  });

  it("the form of a command passes every limit of Slack's", () => {
    const place = { value: text || "v", label: text, description: text };
    const environments = Array.from({ length: 200 }, () => place);
    const fields = ["service", "revision", "environment"] as const;
    const state = { title: text, fields, service: place, environments, environment: place.value };
    const responseUrl = `https://hooks.slack.com/${"z".repeat(2900)}`;
    const memory = { command: "promote", channel: "C1", responseUrl, answerUntil: 1 };
    const wrong = { kind: "wrong", field: "revision", answer: { kind: "notice", code: text, message: text } } as const;
    for (const outlook of [wrong, { kind: "working" } as const, { kind: "incomplete" } as const]) {
      expect(modalProblems(renderCommandForm(state, { memory, outlook }, lookups))).toEqual([]);
    }
  });

  it("the form for a rejection passes every limit of Slack's", () => {
    const action = { run: "run_1", path: text.slice(0, 1000) || "p", attempt: 1, digest: "d" };
    const responseUrl = `https://hooks.slack.com/${"z".repeat(2900)}`;
    const view = renderRejectModal({ action, channel: "C1", messageTs: "1.2", responseUrl, clickedAt: 1 });
    expect(modalProblems(view)).toEqual([]);
  });
});
