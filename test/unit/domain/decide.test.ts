import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { foldRun } from "../../../src/domain/evolve.ts";
import { nextWakeAt } from "../../../src/domain/wake.ts";
import { nextWork } from "../../../src/domain/next-work.ts";
import { RunEvent } from "../../../src/domain/run-event.ts";
import { EVIDENCE, promotePlan, RULE, RUN, RunSpec, SHA, START, step, types } from "../../support/run-spec.ts";

const SYNC_OUTPUT = { operation: { run: RUN } };

function atGate(): RunSpec {
  const spec = new RunSpec();
  spec.succeed("[staging]/sync", SYNC_OUTPUT);
  spec.succeed("[staging]/healthy", { revision: SHA });
  spec.open("[prod]/gate");
  return spec;
}

describe("a promotion", () => {
  it("starts with the first environment: the gate is skipped, the lock taken, the sync handed out, all in one turn", () => {
    const spec = new RunSpec();
    expect(types(spec.events)).toEqual([
      "run.started",
      "for-each.entered",
      "step.skipped",
      "lock.requested",
      "lock.acquired",
      "step.started",
    ]);
    expect(nextWork(spec.state)).toMatchObject([
      {
        type: "dispatch",
        uses: "argocd/sync",
        effect: { path: "promote/for-each[staging]/sync", attempt: 1 },
        input: { revision: SHA },
      },
    ]);
  });

  it("writes the outcome of a step and the start of the next in one turn", () => {
    const spec = new RunSpec();
    expect(types(spec.succeed("[staging]/sync", SYNC_OUTPUT))).toEqual(["step.succeeded", "step.started"]);
    expect(spec.step("[staging]/healthy").input).toMatchObject({ operation: { run: RUN } });
  });

  it("gives the lock of an environment back when it is proven, and holds none while it waits at a gate", () => {
    const spec = atGate();
    expect([...spec.state.locks.values()].map((lock) => lock.status)).toEqual(["released"]);
    expect(nextWork(spec.state)).toEqual([]);
    expect(nextWakeAt(spec.state)).toBe(START + RULE.expiresMs);
  });

  it("goes through after one valid approval, binds the sync to its digest, and ends", () => {
    const spec = atGate();
    expect(types(spec.decide("[prod]/gate"))).toEqual([
      "gate.decided",
      "step.succeeded",
      "lock.requested",
      "lock.acquired",
      "step.started",
    ]);
    expect(spec.step("[prod]/sync").approval).toEqual({
      gate: "promote/for-each[prod]/gate",
      digest: spec.step("[prod]/gate").gate?.digest,
    });
    spec.succeed("[prod]/sync", SYNC_OUTPUT);
    expect(types(spec.succeed("[prod]/healthy"))).toEqual(["step.succeeded", "lock.released", "run.finished"]);
    expect(spec.state.status).toBe("succeeded");
  });
});

describe("a gate", () => {
  it("stays open after a refused click, and the refusal is a fact", () => {
    const spec = atGate();
    const judgement = { kind: "refused", code: "approval.requester", message: "not your own" } as const;
    expect(types(spec.decide("[prod]/gate", { judgement }))).toEqual(["gate.refused"]);
    expect(spec.state.status).toBe("running");
    expect(types(spec.decide("[prod]/gate"))).toContain("gate.decided");
  });

  it("asks anew when somebody whom its rule keeps out clicks after the rule has changed, and approves nothing", () => {
    const spec = atGate();
    const judgement = { kind: "refused", code: "approval.not-in-group", message: "not among them" } as const;
    const same = spec.subject("[prod]/gate", {});
    expect(spec.decide("[prod]/gate", { judgement, current: same })).toMatchObject([{ code: "approval.not-in-group" }]);
    const elsewhere = spec.subject("[prod]/gate", { fromRevision: "1".repeat(40) });
    expect(types(spec.decide("[prod]/gate", { judgement, current: elsewhere }))).toEqual(["gate.refused"]);
    const { rule } = same;
    const current = spec.subject("[prod]/gate", { rule: { ...rule, quorum: rule.quorum + 1 } });
    const events = spec.decide("[prod]/gate", { judgement, current });
    expect(events).toMatchObject([{ type: "gate.refused", code: "gate.changed" }, { type: "gate.voided" }, {}]);
    expect(spec.events.filter(({ type }) => type === "gate.decided")).toEqual([]);
  });

  it("lets only the first of two simultaneous clicks decide", () => {
    const spec = atGate();
    const digest = spec.step("[prod]/gate").gate?.digest ?? "";
    spec.decide("[prod]/gate");
    const [second] = spec.decide("[prod]/gate", { actor: "p_marco", digest });
    expect(second).toMatchObject({ type: "gate.refused", code: "gate.decided", actor: "p_marco" });
    expect(spec.events.filter((event) => event.type === "gate.decided")).toHaveLength(1);
  });

  it("approves nothing that was not looked at again", () => {
    const spec = atGate();
    expect(spec.decide("[prod]/gate", { current: undefined })).toMatchObject([{ code: "gate.unverifiable" }]);
  });

  it("refuses a click on an older rendering", () => {
    const spec = atGate();
    expect(spec.decide("[prod]/gate", { digest: "older" })).toMatchObject([
      { type: "gate.refused", code: "gate.stale" },
    ]);
  });

  it("asks anew when what was shown has changed by the time of the click", () => {
    const spec = atGate();
    const current = spec.subject("[prod]/gate", { fromRevision: "1".repeat(40) });
    expect(types(spec.decide("[prod]/gate", { current }))).toEqual(["gate.refused", "gate.voided", "step.started"]);
    expect(nextWork(spec.state)).toMatchObject([{ type: "open-gate", effect: { attempt: 2 } }]);
  });

  it("asks anew when the sync finds that something else is live than what was approved", () => {
    const spec = atGate();
    spec.decide("[prod]/gate");
    const events = spec.fail("[prod]/sync", { code: "approval.void", details: { changed: ["fromRevision"] } });
    expect(types(events)).toEqual(["step.failed", "lock.released", "gate.voided", "step.started"]);
    expect(spec.state.status).toBe("running");
    expect(spec.step("[prod]/gate").voided).toMatchObject([{ changed: ["fromRevision"] }]);
    spec.open("[prod]/gate", { fromRevision: "1".repeat(40) });
    expect(types(spec.decide("[prod]/gate"))).toContain("lock.acquired");
    expect(spec.step("[prod]/sync").attempt).toBe(2);
  });

  it("stops the run when it expires, and never lets it through afterwards", () => {
    const spec = atGate();
    spec.at = START + RULE.expiresMs;
    expect(spec.decide("[prod]/gate")).toMatchObject([{ type: "gate.refused", code: "gate.expired" }]);
    expect(types(spec.when({ type: "wake" }))).toEqual(["step.failed", "run.failed", "step.started"]);
    spec.succeed("alert");
    expect(spec.state.status).toBe("failed");
    expect(types(spec.decide("[prod]/gate"))).toEqual(["gate.refused"]);
    expect(spec.state.steps.has("promote/for-each[prod]/sync")).toBe(false);
  });

  it("ends the run when it is rejected, with the reason", () => {
    const spec = atGate();
    spec.decide("[prod]/gate", { decision: "reject", reason: "not on a Friday", current: undefined });
    expect(spec.state.failure?.failure).toMatchObject({ code: "gate.rejected", message: "Rejected: not on a Friday" });
  });

  it("waits for as many people as the quorum asks for", () => {
    const spec = new RunSpec([{ name: "prod", approval: { ...RULE, quorum: 2 } }]);
    const gate = spec.step("[prod]/gate");
    const { path, attempt, token } = gate;
    spec.when({
      type: "gate-opened",
      path,
      attempt,
      token,
      subject: spec.subject("[prod]/gate"),
      evidence: EVIDENCE,
      rule: { ...RULE, quorum: 2 },
    });
    expect(types(spec.decide("[prod]/gate"))).toEqual(["gate.decided"]);
    expect(spec.decide("[prod]/gate")).toMatchObject([{ code: "approval.already-decided-by-you" }]);
    expect(types(spec.decide("[prod]/gate", { actor: "p_marco" }))).toContain("step.succeeded");
  });
});

describe("an environment that asks for approval", () => {
  it("is not touched by a chain without a gate", () => {
    const plan = promotePlan({
      steps: [step("sync", "argocd/sync", { with: { app: "main/argocd/checkout-prod", revision: SHA } })],
    });
    const spec = new RunSpec([{ name: "prod", approval: RULE }], plan);
    expect(spec.state.failure?.failure.code).toBe("approval.missing");
    expect(nextWork(spec.state).filter((work) => work.uses === "argocd/sync")).toEqual([]);
  });

  it("is not touched on an approval of another revision", () => {
    const spec = new RunSpec([{ name: "prod", approval: RULE }]);
    spec.open("[prod]/gate", { toRevision: "f".repeat(40) });
    const subject = spec.step("[prod]/gate").gate?.subject;
    spec.decide("[prod]/gate", { current: subject });
    expect(spec.state.failure?.failure.code).toBe("approval.missing");
  });

  it("is not touched through an application that the run was not started for", () => {
    const plan = promotePlan({
      steps: [step("sync", "argocd/sync", { with: { app: "main/argocd/other", revision: SHA } })],
    });
    expect(new RunSpec([{ name: "staging" }], plan).state.failure?.failure.code).toBe("target.unknown");
  });
});

describe("a failed attempt", () => {
  it("is tried again after the rule's delay when the failure is worth it", () => {
    const spec = new RunSpec();
    expect(spec.fail("[staging]/sync", { code: "argocd.transient", retry: "backoff" })).toMatchObject([
      { type: "step.failed", retryAt: START + 5000 },
    ]);
    expect(nextWakeAt(spec.state)).toBe(START + 5000);
    spec.at = START + 5000;
    expect(spec.when({ type: "wake" })).toMatchObject([{ type: "step.started", attempt: 2 }]);
  });

  it("is tried again when the clock is set back, whose time its moment was of", () => {
    const spec = new RunSpec();
    spec.at = START + 60_000;
    spec.fail("[staging]/sync", { code: "argocd.transient", retry: "backoff" });
    spec.at = START + 1000;
    expect(spec.when({ type: "wake" })).toMatchObject([{ type: "step.started", attempt: 2 }]);
  });

  it("waits at least as long as the other side asked for", () => {
    const spec = new RunSpec();
    expect(spec.fail("[staging]/sync", { code: "argocd.transient", retry: { afterMs: 30_000 } })).toMatchObject([
      { retryAt: START + 30_000 },
    ]);
  });

  it("is final when it is not worth it, gives the lock back and alerts", () => {
    const spec = new RunSpec();
    expect(types(spec.fail("[staging]/sync", { code: "argocd.rbac" }))).toEqual([
      "step.failed",
      "lock.released",
      "run.failed",
      "step.started",
    ]);
    expect(types(spec.succeed("alert"))).toEqual(["step.succeeded", "run.finished"]);
  });

  it("is final after the last attempt", () => {
    const spec = new RunSpec();
    for (let attempt = 1; attempt < 3; attempt += 1) {
      spec.fail("[staging]/sync", { code: "argocd.transient", retry: "backoff" });
      spec.at += 60_000;
      spec.when({ type: "wake" });
    }
    expect(spec.fail("[staging]/sync", { code: "argocd.transient", retry: "backoff" })[0]).not.toHaveProperty(
      "retryAt",
    );
  });

  it("changes nothing when its report carries an older token or comes twice", () => {
    const spec = new RunSpec();
    const { path, attempt, token } = spec.step("[staging]/sync");
    spec.when({ type: "resume" });
    const late = { type: "outcome", path, attempt, token, outcome: { status: "succeeded", output: {} } } as const;
    expect(spec.when(late)).toEqual([]);
    spec.succeed("[staging]/sync", SYNC_OUTPUT);
    expect(spec.when({ ...late, token: spec.step("[staging]/sync").token })).toEqual([]);
  });

  it("is not handed out again after a start when a person has to decide on that", () => {
    const spec = new RunSpec();
    const { path, attempt, token } = spec.step("[staging]/sync");
    expect(spec.when({ type: "resume", unrepeatable: new Set(["argocd/sync"]) })).toEqual([]);
    const outcome = { status: "succeeded", output: SYNC_OUTPUT } as const;
    expect(types(spec.when({ type: "outcome", path, attempt, token, outcome }))[0]).toBe("step.succeeded");
  });
});

describe("a step that does not end", () => {
  it("fails at its timeout, all attempts included", () => {
    const spec = new RunSpec();
    spec.at = START + 600_000;
    expect(spec.when({ type: "wake" })[0]).toMatchObject({ type: "step.failed", failure: { code: "step.timeout" } });
  });

  it("postpones itself as often as it likes, but not beyond its timeout", () => {
    const spec = new RunSpec();
    expect(spec.postpone("[staging]/sync", 60_000)).toMatchObject([{ type: "step.postponed", until: START + 60_000 }]);
    spec.at = START + 60_000;
    expect(types(spec.when({ type: "wake" }))).toEqual(["step.dispatched"]);
    expect(spec.step("[staging]/sync").attempt).toBe(1);
    expect(types(spec.postpone("[staging]/sync", 600_000))[0]).toBe("step.failed");
  });
});

describe("a lock that is taken", () => {
  it("parks the run until it is granted", () => {
    const spec = new RunSpec(undefined, promotePlan(), ["checkout/staging"]);
    expect(types(spec.events).at(-1)).toBe("lock.requested");
    expect(nextWork(spec.state)).toEqual([]);
    expect(types(spec.when({ type: "locks-granted", path: "promote/for-each[staging]/lock" }))).toEqual([
      "lock.acquired",
      "step.started",
    ]);
    expect(spec.when({ type: "locks-granted", path: "promote/for-each[staging]/lock" })).toEqual([]);
  });
});

describe("an expression that fails", () => {
  it("ends the run and says which", () => {
    const plan = promotePlan({
      steps: [step("alert", "slack/alert", { with: { text: "${{ nothing.here }}" } })],
      onFailure: [],
    });
    const spec = new RunSpec([{ name: "staging" }], plan);
    expect(spec.state.status).toBe("failed");
    expect(spec.state.failure?.failure).toMatchObject({ code: "expression.failed" });
  });
});

describe("the fold", () => {
  it("is the same from any prefix on, and every fact survives the log's own schema", () => {
    const spec = atGate();
    spec.decide("[prod]/gate");
    spec.fail("[prod]/sync", { code: "approval.void", details: { changed: ["fromRevision"] } });
    spec.open("[prod]/gate");
    spec.decide("[prod]/gate", { decision: "reject", current: undefined });
    spec.succeed("alert");
    for (const event of spec.events) expect(RunEvent.parse(JSON.parse(JSON.stringify(event)))).toEqual(event);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: spec.events.length }), (length) => {
        const prefix = foldRun(RUN, spec.events.slice(0, length));
        expect(prefix.version).toBe(length);
        expect(foldRun(RUN, spec.events.slice(0, length))).toEqual(prefix);
      }),
    );
  });
});
