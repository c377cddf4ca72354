import { z } from "zod";

import { JsonValue } from "../../src/domain/outcome.ts";
import { decide, type RunInput, startRun } from "../../src/domain/decide.ts";
import type { Circumstances } from "../../src/domain/draft.ts";
import { foldRun } from "../../src/domain/evolve.ts";
import type { GateEvidence, GateSubject } from "../../src/domain/gate.ts";
import { type LockReply, replyTo } from "../../src/domain/lock-book.ts";
import type { Plan, PlanNode, StepNode } from "../../src/domain/plan.ts";
import type { RunEvent } from "../../src/domain/run-event.ts";
import type { RunState } from "../../src/domain/run-state.ts";
import type { ApprovalRule } from "../../src/domain/target.ts";
import { digestOf } from "../../src/platform/canonical-json.ts";

const JsonMembers = z.record(z.string(), JsonValue);

export const RUN = "run_01JD2K6W3V8QZ7E4M5N6P7R8S9";
export const SHA = "abc1230000000000000000000000000000000000";
export const START = Date.UTC(2026, 0, 1, 10);

export const RULE: ApprovalRule = {
  from: [{ kind: "group", group: "S1" }],
  quorum: 1,
  expiresMs: 3_600_000,
  requesterMayApprove: false,
};

export function step(key: string, uses: string, more: Partial<StepNode> = {}): StepNode {
  const sort = uses === "approval" ? "gate" : uses === "argocd/wait" ? "wait" : "action";
  const protects = uses === "argocd/sync";
  return { type: "step", key, uses, sort, protects, with: {}, ...more };
}

/** The shipped promotion, as it is compiled. */
export function promotePlan(more: Partial<Plan> = {}): Plan {
  const target = { app: "${{ target.app }}", revision: "${{ revision.sha }}" };
  const steps: PlanNode[] = [
    {
      type: "for-each",
      key: "for-each",
      items: "upTo(service.environments, environment)",
      as: "target",
      steps: [
        step("gate", "approval", {
          if: "has(target.approval)",
          with: { ...target, prompt: "Promote to ${{ target.name }}?" },
        }),
        {
          type: "lock",
          key: "lock",
          keys: "${{ service.name + '/' + target.name }}",
          whenLocked: "queue",
          steps: [
            step("sync", "argocd/sync", {
              with: target,
              retry: { attempts: 3, delayMs: 5000, factor: 2, maxDelayMs: 60_000 },
              timeoutMs: 600_000,
              stopWith: "argocd/terminate",
            }),
            step("healthy", "argocd/wait", {
              with: { ...target, operation: "${{ steps.sync.outputs.operation }}" },
              timeoutMs: 900_000,
            }),
          ],
        },
      ],
    },
  ];
  const onFailure = [step("alert", "slack/alert")];
  return { engine: 1, command: "promote", title: "Promote", verb: "promote", steps, onFailure, ...more };
}

export interface Environment {
  readonly name: string;
  readonly approval?: ApprovalRule;
}

export function startedEvent(
  environments: readonly Environment[],
  plan = promotePlan(),
): Extract<RunEvent, { type: "run.started" }> {
  const targets = environments.map(({ name, approval }, index) => ({
    name,
    app: `main/argocd/checkout-${name}`,
    first: index === 0,
    last: index === environments.length - 1,
    ...(approval && { approval }),
  }));
  return {
    type: "run.started",
    at: START,
    actor: "p_ana",
    plan,
    planDigest: digestOf(plan),
    inputs: JsonMembers.parse({
      service: { name: "checkout", environments: targets },
      revision: {
        kind: "manifests",
        repository: "https://git.test/deploy",
        sha: SHA,
        short: "abc1230",
        text: "abc123",
        subject: "s",
        author: "Ana",
        authorEmail: "a@x",
        authoredAt: 1,
      },
      environment: targets.at(-1) ?? null,
    }),
    targets: targets.map(({ name, app, approval }) => ({
      service: "checkout",
      environment: name,
      app,
      ...(approval && { approval }),
    })),
    origin: { door: "slash", team: "T1", channel: "C1", text: "/promote checkout abc123 to prod" },
    title: "checkout abc1230 to prod",
  };
}

/** One run driven input by input, with the moment and the locks in the test's hand. */
export class RunSpec {
  events: RunEvent[];
  at = START;
  taken = new Set<string>();
  /** What comes of every request for locks; otherwise those that are not taken are free. */
  reply: LockReply | undefined;
  #order = 0;

  constructor(
    environments: readonly Environment[] = [{ name: "staging" }, { name: "prod", approval: RULE }],
    plan = promotePlan(),
    taken: readonly string[] = [],
  ) {
    for (const key of taken) this.taken.add(key);
    const { type: _type, at: _at, ...started } = startedEvent(environments, plan);
    this.events = [...startRun(RUN, started, this.#circumstances()).events];
  }

  get state(): RunState {
    return foldRun(RUN, this.events);
  }

  when(input: RunInput): readonly RunEvent[] {
    const events = decide(this.state, input, this.#circumstances());
    this.events.push(...events);
    return events;
  }

  /** The step that stands at the end of the path, whatever comes before. */
  step(path: string): RunState["steps"] extends ReadonlyMap<string, infer Step> ? Step : never {
    const found = [...this.state.steps.values()].find((candidate) => candidate.path.endsWith(path));
    if (found === undefined) throw new Error(`no step ${path} in ${[...this.state.steps.keys()].join(", ")}`);
    return found;
  }

  succeed(
    path: string,
    output: Record<string, string | number | boolean | Record<string, string | number>> = {},
  ): readonly RunEvent[] {
    return this.when({ ...this.#ref(path), type: "outcome", outcome: { status: "succeeded", output } });
  }

  fail(
    path: string,
    failure: {
      code: string;
      message?: string;
      retry?: "never" | "backoff" | { afterMs: number };
      details?: Record<string, string[]>;
    },
  ): readonly RunEvent[] {
    const { code, message = code, retry = "never", details } = failure;
    return this.when({
      ...this.#ref(path),
      type: "outcome",
      outcome: { status: "failed", failure: { code, message, retry, ...(details && { details }) } },
    });
  }

  postpone(path: string, afterMs: number): readonly RunEvent[] {
    return this.when({
      ...this.#ref(path),
      type: "outcome",
      outcome: { status: "postponed", code: "argocd.busy", message: "someone else syncs", afterMs },
    });
  }

  open(path: string, more: Partial<GateSubject> = {}): readonly RunEvent[] {
    return this.when({
      ...this.#ref(path),
      type: "gate-opened",
      subject: this.subject(path, more),
      evidence: EVIDENCE,
      rule: RULE,
    });
  }

  subject(path: string, more: Partial<GateSubject> = {}): GateSubject {
    const gate = this.step(path);
    return {
      planDigest: this.state.planDigest,
      path: gate.path,
      requester: "p_ana",
      service: "checkout",
      environment: "prod",
      app: "main/argocd/checkout-prod",
      serverUrl: "https://argocd.test",
      applicationUid: "uid-1",
      fromRevision: "0".repeat(40),
      toRevision: SHA,
      repository: "https://git.test/deploy",
      sourceDigest: "s1",
      imageDigests: [],
      planFileDigest: "",
      checks: [],
      rule: RULE,
      ...more,
    };
  }

  decide(path: string, more: Partial<Extract<RunInput, { type: "gate-decision" }>> = {}): readonly RunEvent[] {
    const gate = this.step(path);
    return this.when({
      type: "gate-decision",
      path: gate.path,
      attempt: gate.attempt,
      decision: "approve",
      actor: "p_priya",
      digest: gate.gate?.digest ?? "",
      reason: "",
      judgement: { kind: "allowed", groups: ["S1"] },
      current: gate.gate?.subject,
      ...more,
    });
  }

  #ref(path: string): { path: string; attempt: number; token: number } {
    const { path: full, attempt, token } = this.step(path);
    return { path: full, attempt, token };
  }

  #circumstances(): Circumstances {
    return {
      at: this.at,
      askForLocks: (ask) => {
        if (this.reply !== undefined) return this.reply;
        if (ask.keys.some((key) => this.taken.has(key))) return { kind: "taken", run: undefined };
        return replyTo({ claims: [], handLocks: [] }, RUN, ask);
      },
      nextLockOrder: () => {
        this.#order += 1;
        return this.#order;
      },
    };
  }
}

export const EVIDENCE: GateEvidence = {
  prompt: "Promote?",
  direction: "forward",
  commits: [],
  otherCommits: 0,
  currentHealth: "Healthy",
  warnings: [],
};

export function types(events: readonly RunEvent[]): string[] {
  return events.map((event) => event.type);
}
