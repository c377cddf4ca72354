import { hash } from "node:crypto";

import type { ArgocdOperation } from "../../../sim/check/truth.ts";
import type { Violation } from "../../../sim/check/violation.ts";
import { canonical, NEW, OLD, pseudonym, RUN, Story } from "./story.ts";

type Scene = (story: Story) => void;

/** What is changed of the story, by the names of its scenes. */
export interface Change {
  readonly instead?: Readonly<Record<string, Scene>>;
  readonly before?: Readonly<Record<string, Scene>>;
  readonly after?: Readonly<Record<string, Scene>>;
  /** The scenes are played up to this one, which is left out as well. */
  readonly until?: string;
  readonly backlog?: number;
}

/** Plays a promotion through staging and prod, changed as asked for, and returns what the checker found. */
export function played(change: Change = {}): readonly Violation[] {
  const story = new Story();
  for (const [name, scene] of Object.entries(SCENES)) {
    if (name === change.until) return story.found;
    play(story, change.before?.[name]);
    play(story, change.instead?.[name] ?? scene);
    play(story, change.after?.[name]);
  }
  return story.end(change.backlog);
}

/** The names of the checks that found something, each once. */
export function checksIn(found: readonly Violation[]): readonly string[] {
  return [...new Set(found.map(({ check }) => check))];
}

function play(story: Story, scene: Scene | undefined): void {
  if (scene === undefined) return;
  scene(story);
  story.look();
}

export function stepPath(environment: string, key: string): string {
  return `promote/for-each[${environment}]/${key}`;
}

export const PLAN = {
  engine: 1,
  command: "promote",
  title: "Promote",
  verb: "promote",
  steps: [
    {
      type: "for-each",
      key: "for-each",
      items: "",
      as: "target",
      steps: [
        { type: "step", key: "gate", uses: "approval" },
        {
          type: "lock",
          key: "lock",
          keys: "",
          whenLocked: "queue",
          steps: [
            { type: "step", key: "sync", uses: "argocd/sync", retry: { attempts: 3 } },
            { type: "step", key: "healthy", uses: "argocd/wait" },
          ],
        },
      ],
    },
  ],
  onFailure: [{ type: "step", key: "alert", uses: "slack/alert" }],
};

const TARGETS = ["staging", "prod"].map((environment) => ({
  service: "checkout",
  environment,
  app: `main/argocd/checkout-${environment}`,
}));

export const SUBJECT = {
  requester: pseudonym("U1"),
  service: "checkout",
  environment: "prod",
  app: "main/argocd/checkout-prod",
  applicationUid: "uid-prod",
  fromRevision: OLD,
  toRevision: NEW,
  sourceDigest: "digest-of-prod",
  path: stepPath("prod", "gate"),
};

/** The rule as the gate shows it. */
export const SHOWN = {
  from: [
    { kind: "user", user: "U3" },
    { kind: "group", group: "S0RELEASE" },
  ],
  quorum: 1,
  requesterMayApprove: false,
};

export const REQUEST = `${RUN}/gate/0/${stepPath("prod", "gate")}`;

export function digestOf(subject: object): string {
  return hash("sha256", canonical(subject), "hex");
}

export function decisionBody(change: object = {}): object {
  const what = { run: RUN, path: stepPath("prod", "gate"), attempt: 1, decision: "approve", digest: digestOf(SUBJECT) };
  return { ...what, ...change };
}

export function fact(story: Story, type: string, members: Readonly<Record<string, unknown>> = {}, actor = ""): void {
  story.row(RUN, type, members, actor);
}

export function started(story: Story, environment: string, key: string, change: object = {}): void {
  const { uses, sort } = KINDS[key] ?? { uses: "", sort: "" };
  const input = { app: `main/argocd/checkout-${environment}`, revision: NEW };
  const members = { uses, sort, input, attempt: 1, token: story.token() };
  fact(story, "step.started", { path: stepPath(environment, key), ...members, ...change });
}

const KINDS: Readonly<Record<string, { readonly uses: string; readonly sort: string }>> = {
  gate: { uses: "approval", sort: "gate" },
  sync: { uses: "argocd/sync", sort: "action" },
  healthy: { uses: "argocd/wait", sort: "wait" },
};

/** Somebody presses Approve, or what `change` says; the gate lets the run through with it unless it stays open. */
export function approve(story: Story, user: string, change: object = {}, isOpen = false): void {
  const body = decisionBody(change);
  const digest = digestOf(SUBJECT);
  const intent = story.act(user, { kind: "click", body, value: JSON.stringify({ digest }) });
  story.look();
  const decided = { path: stepPath("prod", "gate"), attempt: 1, decision: "approve", digest, groups: [], reason: "" };
  fact(story, "gate.decided", { ...decided, ...change }, pseudonym(user));
  if (!isOpen) passed(story);
  story.settle(intent);
}

/** Somebody types something, and it has this effect in the commit in which it is dealt with. */
export function asked(story: Story, user: string, effect: () => void): void {
  const intent = story.act(user, { kind: "command" });
  story.look();
  effect();
  story.settle(intent);
}

/** The gate lets the run through, unless it has. */
export function passed(story: Story): void {
  const path = stepPath("prod", "gate");
  const isPassed = story.rows.some(({ type, payload }) => type === "step.succeeded" && payload?.includes(`"${path}"`));
  if (!isPassed) fact(story, "step.succeeded", { path, attempt: 1, output: { approvedBy: [] } });
}

/** Each step has its message, which says how it ended. */
export function tellSteps(story: Story): void {
  for (const { type, payload } of story.rows) {
    const word = WORDS[type];
    const path = /"path":"(?<path>[^"]+)"/u.exec(payload ?? "")?.groups?.["path"] ?? "";
    if (word !== undefined && !path.endsWith("/gate")) story.message(`${RUN}/step/${path}`, `Step ${path}: ${word}`);
  }
}

const WORDS: Readonly<Record<string, string>> = {
  "step.succeeded": "succeeded",
  "step.failed": "failed",
  "step.cancelled": "cancelled",
};

export function lock(story: Story, environment: string, order: number): void {
  const members = { path: stepPath(environment, "lock"), keys: [`checkout/${environment}`] };
  fact(story, "lock.requested", { ...members, order });
  fact(story, "lock.acquired", members);
}

export function unlock(story: Story, environment: string): void {
  fact(story, "lock.released", { path: stepPath(environment, "lock"), keys: [`checkout/${environment}`] });
}

export function checkpoint(story: Story, environment: string, attempt = 1): void {
  story.read(environment);
  fact(story, "step.checkpointed", { path: stepPath(environment, "sync"), attempt, data: { postedAtMs: story.now } });
}

export function succeeded(story: Story, environment: string, key: string, output: object = {}, attempt = 1): void {
  fact(story, "step.succeeded", { path: stepPath(environment, key), attempt, output });
}

export function prove(story: Story, environment: string, change: object = {}): void {
  story.read(environment);
  const output = { revision: NEW, applicationUid: `uid-${environment}`, provenAt: story.now, ...change };
  succeeded(story, environment, "healthy", output);
}

/** Argo CD carries out the newest operation: applied at once, healthy after two seconds. */
export function rollOut(story: Story, environment: string): void {
  const operation = story.argocd.operations.at(-1);
  story.span(environment, { revision: operation?.revision ?? NEW, health: "Progressing" });
  story.look(1000);
  if (operation !== undefined) story.finish(operation);
  story.look(1000);
  story.span(environment, { health: "Healthy" });
  story.look(6000);
}

export function startRun(story: Story, change: object = {}): void {
  const intent = story.act("U1", { kind: "command" });
  story.look();
  const origin = { door: "slash", intent, team: "T1", channel: "C1", text: "/promote" };
  const members = { plan: PLAN, planDigest: "", inputs: {}, targets: TARGETS, origin, title: "Promote checkout" };
  fact(story, "run.started", { ...members, ...change }, pseudonym("U1"));
  fact(story, "for-each.entered", {
    path: "promote/for-each",
    items: [
      { key: "staging", value: 1 },
      { key: "prod", value: 2 },
    ],
  });
  fact(story, "step.skipped", { path: stepPath("staging", "gate"), uses: "approval", reason: "" });
  story.settle(intent);
}

export function post(story: Story, environment: string): ArgocdOperation {
  return story.post(environment);
}

const SCENES: Readonly<Record<string, Scene>> = {
  start: (story) => startRun(story),
  "lock staging": (story) => lock(story, "staging", 1),
  "sync staging": (story) => started(story, "staging", "sync"),
  "checkpoint staging": (story) => checkpoint(story, "staging"),
  "post staging": (story) => void post(story, "staging"),
  "staging synced": (story) => succeeded(story, "staging", "sync"),
  "wait staging": (story) => started(story, "staging", "healthy"),
  "roll out staging": (story) => rollOut(story, "staging"),
  "prove staging": (story) => prove(story, "staging"),
  "unlock staging": (story) => unlock(story, "staging"),
  gate: (story) => {
    started(story, "prod", "gate");
    story.look();
    story.read("prod");
    story.look();
    const opened = { path: stepPath("prod", "gate"), attempt: 1, subject: SUBJECT, digest: digestOf(SUBJECT) };
    fact(story, "gate.opened", { ...opened, evidence: {}, rule: SHOWN, expiresAt: story.now + 600_000 });
    story.message(REQUEST, "Press gate_approve or gate_reject.");
  },
  decide: (story) => approve(story, "U2"),
  passed: (story) => passed(story),
  "lock prod": (story) => lock(story, "prod", 2),
  "sync prod": (story) =>
    started(story, "prod", "sync", { approval: { gate: stepPath("prod", "gate"), digest: digestOf(SUBJECT) } }),
  "checkpoint prod": (story) => checkpoint(story, "prod"),
  "post prod": (story) => void post(story, "prod"),
  "prod synced": (story) => succeeded(story, "prod", "sync"),
  "wait prod": (story) => started(story, "prod", "healthy"),
  "roll out prod": (story) => rollOut(story, "prod"),
  "prove prod": (story) => prove(story, "prod"),
  "unlock prod": (story) => unlock(story, "prod"),
  finish: (story) => fact(story, "run.finished", { status: "succeeded" }),
  steps: (story) => tellSteps(story),
  card: (story) => story.message(`${RUN}/card`, "Promote checkout: succeeded. Run run_01, asked for by <@U1>."),
  request: (story) => story.message(REQUEST, "Approval of checkout: Approved by <@U2> now"),
};
