import { describe, expect, it, onTestFinished } from "vitest";

import type { RunInput } from "../../../src/domain/decide.ts";
import { effectKey } from "../../../src/domain/effect.ts";
import type { RunEvent } from "../../../src/domain/run-event.ts";
import type { RunView } from "../../../src/domain/run-view.ts";
import type { Job, JobReports } from "../../../src/engine/ports.ts";
import { RunWork } from "../../../src/engine/run-work.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { appErrorOf } from "../../support/app-error-of.ts";
import { RULE, RunSpec, SHA } from "../../support/run-spec.ts";

/** The work of runs, with a dispatcher that only takes down what it is told. */
class WorkRig {
  readonly dispatched: Job[] = [];
  readonly cancelled: string[] = [];
  readonly applied: RunInput[] = [];
  readonly shown: RunView[] = [];
  /** What the run service makes of the next input. */
  events: readonly RunEvent[] = [];
  readonly work: RunWork;
  readonly reports: JobReports;

  constructor() {
    const late: { reports?: JobReports } = {};
    this.work = new RunWork({
      store: {
        proofs: (app) => [{ run: "run_0", app, applicationUid: "u", revision: SHA, sourceDigest: "", provenAt: 1 }],
      },
      people: { person: (pseudonym) => (pseudonym === "p_ana" ? { pseudonym, team: "T1", user: "U1" } : undefined) },
      kinds: new Map(),
      logger: silentLogger,
      createDispatcher: (reports) => {
        late.reports = reports;
        return {
          dispatch: (job) => void this.dispatched.push(job),
          cancel: (effect) => void this.cancelled.push(effectKey(effect)),
          [Symbol.asyncDispose]: () => Promise.resolve(),
        };
      },
      apply: (_run, input) => {
        this.applied.push(input);
        return Promise.resolve({ events: this.events });
      },
      onChanged: (_run, view) => void this.shown.push(view()),
    });
    if (late.reports === undefined) throw new Error("no dispatcher was asked for");
    this.reports = late.reports;
    onTestFinished(() => this.work[Symbol.asyncDispose]());
  }

  follow(spec: RunSpec): boolean {
    return this.work.follow(spec.state, []);
  }

  get job(): Job {
    const job = this.dispatched.at(-1);
    if (job === undefined) throw new Error("nothing was dispatched");
    return job;
  }
}

const STAGING: readonly { name: string }[] = [{ name: "staging" }];

describe("what is under way", () => {
  it("is started once, however often the same state is followed", () => {
    const rig = new WorkRig();
    const spec = new RunSpec(STAGING);
    expect([rig.follow(spec), rig.follow(spec)]).toEqual([false, false]);
    expect(rig.dispatched.map(({ uses, token }) => [uses, token])).toEqual([["argocd/sync", 6]]);
  });

  it("is dispatched anew under a newer token, and stopped when nobody wants it any more", () => {
    const rig = new WorkRig();
    const spec = new RunSpec(STAGING);
    rig.follow(spec);
    spec.when({ type: "resume" });
    rig.follow(spec);
    expect(rig.dispatched.map(({ token }) => token)).toEqual([6, 7]);
    const effect = effectKey(rig.job.effect);
    spec.fail("sync", { code: "argocd.rbac" });
    expect(rig.follow(spec)).toBe(false);
    expect(rig.cancelled).toEqual([effect]);
    expect(rig.job.uses).toBe("slack/alert");
  });

  it("is stopped also when the commit of a turn failed in between", () => {
    const rig = new WorkRig();
    const spec = new RunSpec(STAGING);
    rig.follow(spec);
    const effect = effectKey(rig.job.effect);
    rig.work.forget(spec.state.id);
    spec.at += 600_000;
    spec.when({ type: "wake" });
    rig.follow(spec);
    expect(rig.cancelled).toEqual([effect]);
  });

  it("is handed out again after a failed commit, for the dispatcher to tell whether it still runs", () => {
    const rig = new WorkRig();
    const spec = new RunSpec(STAGING);
    rig.follow(spec);
    rig.work.forget(spec.state.id);
    rig.follow(spec);
    expect(rig.dispatched.map(({ token }) => token)).toEqual([6, 6]);
  });

  it("is nothing for a run that waits for people, which then costs nothing", () => {
    const rig = new WorkRig();
    const spec = new RunSpec([{ name: "prod", approval: RULE }]);
    spec.open("gate");
    expect(rig.follow(spec)).toBe(true);
    expect(rig.shown.at(-1)?.stages.map(({ status }) => status)).toEqual(["gate"]);
  });
});

describe("a job", () => {
  it("carries what a worker cannot look up", () => {
    const rig = new WorkRig();
    const spec = new RunSpec([{ name: "staging" }, { name: "prod", approval: RULE }]);
    spec.succeed("sync", { operation: { run: "r" } });
    spec.succeed("healthy");
    spec.open("[prod]/gate");
    spec.decide("[prod]/gate");
    rig.follow(spec);
    const { gate } = spec.step("[prod]/gate");
    expect(rig.job.facts).toMatchObject({
      requester: "p_ana",
      requesterUser: "U1",
      approved: { subject: gate?.subject, digest: gate?.digest },
      proof: { app: "main/argocd/checkout-prod" },
      place: { target: { environment: "prod" }, previous: { environment: "staging" } },
    });
  });

  it("reports its outcome with the attempt and the token it was handed out under", () => {
    const rig = new WorkRig();
    rig.follow(new RunSpec(STAGING));
    const outcome = { status: "succeeded", output: {} } as const;
    rig.reports.outcome(rig.job, outcome);
    expect(rig.applied).toEqual([
      { type: "outcome", path: "promote/for-each[staging]/sync", attempt: 1, token: 6, outcome },
    ]);
  });

  it("shows its progress while it is under way, and not after", () => {
    const rig = new WorkRig();
    const spec = new RunSpec(STAGING);
    rig.follow(spec);
    const { job } = rig;
    rig.reports.progress(job, { text: "Reading", lines: ["one"] });
    expect(rig.shown.at(-1)?.stages[0]?.steps[1]?.progress?.text).toBe("Reading");
    expect([...rig.work.lastWords(spec.state.id).values()]).toEqual(["Reading; one"]);
    spec.fail("sync", { code: "x" });
    rig.follow(spec);
    const count = rig.shown.length;
    rig.reports.progress(job, { text: "Late" });
    expect(rig.shown).toHaveLength(count);
    expect(rig.work.lastWords(spec.state.id).size).toBe(0);
  });
});

describe("a checkpoint", () => {
  it("resolves when it is recorded", async () => {
    const rig = new WorkRig();
    const spec = new RunSpec(STAGING);
    rig.follow(spec);
    rig.events = spec.events.slice(-1);
    await rig.reports.checkpoint(rig.job, { before: 1 });
    expect(rig.applied).toMatchObject([{ type: "checkpoint", token: 6, data: { before: 1 } }]);
  });

  it("rejects when its dispatch is no longer the newest, so that no effect follows it", async () => {
    const rig = new WorkRig();
    rig.follow(new RunSpec(STAGING));
    const error = await appErrorOf(rig.reports.checkpoint(rig.job, { before: 1 }));
    expect(error.code).toBe("step.superseded");
  });
});
