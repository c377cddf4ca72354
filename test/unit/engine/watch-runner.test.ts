import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";

import type { Outcome } from "../../../src/domain/outcome.ts";
import type { Work } from "../../../src/domain/next-work.ts";
import {
  defineGate,
  defineWait,
  type GateOpening,
  type StepContext,
  type StepKind,
} from "../../../src/engine/step-kind.ts";
import { WatchRunner } from "../../../src/engine/watch-runner.ts";
import { AppError, type Retry } from "../../../src/platform/errors.ts";
import { settle } from "../../support/fake-clock.ts";
import { EVIDENCE, RULE, RunSpec } from "../../support/run-spec.ts";

const FACTS = { runTitle: "t", requester: "p", requesterUser: "U1" };
const SUBJECT = subject();

function subject(): GateOpening["subject"] {
  const spec = new RunSpec([{ name: "prod", approval: RULE }]);
  return spec.subject("gate");
}

function work(uses: string, token = 3): Work {
  const type = uses === "approval" ? "open-gate" : "watch";
  return { type, effect: { run: "run_1", path: `p/${uses}`, attempt: 1 }, token, uses, input: {}, startedAt: 1 };
}

class WatchRig {
  readonly contexts: StepContext[] = [];
  readonly ended: Outcome[] = [];
  readonly opened: GateOpening[] = [];
  readonly told: string[] = [];
  readonly runner: WatchRunner;
  /** Ends the newest execution. */
  finish: (result: "done" | Error) => void = () => undefined;

  constructor() {
    const kinds = new Map<string, StepKind>([
      [
        "argocd/wait",
        defineWait({
          kind: "argocd/wait",
          summary: "",
          input: z.looseObject({}),
          output: z.strictObject({}),
          run: async (_input, context) => {
            await this.#execution(context);
            return { status: "succeeded", output: {} };
          },
        }),
      ],
      [
        "approval",
        defineGate({
          kind: "approval",
          summary: "",
          input: z.looseObject({}),
          output: z.strictObject({}),
          open: async (_input, context) => {
            await this.#execution(context);
            return { subject: SUBJECT, evidence: EVIDENCE, rule: RULE };
          },
          subject: () => Promise.resolve(SUBJECT),
        }),
      ],
    ]);
    const reports = {
      progress: (_effect: unknown, { text }: { text: string }) => void this.told.push(text),
      ended: (_work: unknown, outcome: Outcome) => void this.ended.push(outcome),
      opened: (_work: unknown, opening: GateOpening) => void this.opened.push(opening),
    };
    this.runner = new WatchRunner({ kinds, reports });
    onTestFinished(async () => {
      this.finish("done");
      await this.runner[Symbol.asyncDispose]();
    });
  }

  start(uses: string, token = 3): void {
    this.runner.start({ work: work(uses, token), facts: FACTS, planDigest: "d" });
  }

  #execution(context: StepContext): Promise<void> {
    this.contexts.push(context);
    return new Promise((resolve, reject) => {
      this.finish = (result) => (result === "done" ? resolve() : reject(result));
    });
  }
}

function away(retry: Retry): AppError {
  return new AppError("Argo CD does not answer", { code: "argocd.unreachable", retry });
}

describe("a wait", () => {
  it("runs once for the same work, and reports how it ended", async () => {
    const rig = new WatchRig();
    rig.start("argocd/wait");
    rig.start("argocd/wait");
    expect(rig.contexts).toHaveLength(1);
    rig.contexts[0]?.progress({ text: "waiting" });
    rig.finish("done");
    await settle();
    expect([rig.told, rig.ended]).toEqual([["waiting"], [{ status: "succeeded", output: {} }]]);
  });

  it("is stopped and started again under a newer token, and only the newer one reports", async () => {
    const rig = new WatchRig();
    rig.start("argocd/wait");
    const endFirst = rig.finish;
    rig.start("argocd/wait", 4);
    expect(rig.contexts.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    endFirst("done");
    await settle();
    expect(rig.ended).toEqual([]);
    rig.start("argocd/wait", 4);
    expect(rig.contexts).toHaveLength(2);
  });

  it("says nothing once nobody wants it any more", async () => {
    const rig = new WatchRig();
    rig.start("argocd/wait");
    rig.runner.stop(work("argocd/wait").effect);
    rig.contexts[0]?.progress({ text: "late" });
    rig.finish("done");
    await settle();
    expect([rig.told, rig.ended]).toEqual([[], []]);
  });

  it("that throws has failed, and says whether it is worth another try", async () => {
    const rig = new WatchRig();
    rig.start("argocd/wait");
    rig.finish(away("backoff"));
    await settle();
    expect(rig.ended).toMatchObject([{ status: "failed", failure: { code: "argocd.unreachable", retry: "backoff" } }]);
  });
});

describe("a gate", () => {
  it("is opened with what was gathered", async () => {
    const rig = new WatchRig();
    rig.start("approval");
    rig.finish("done");
    await settle();
    expect(rig.opened).toEqual([{ subject: SUBJECT, evidence: EVIDENCE, rule: RULE }]);
  });

  it("is gathered again later while what it shows cannot be read", async () => {
    const rig = new WatchRig();
    rig.start("approval");
    rig.finish(away("backoff"));
    await settle();
    expect(rig.ended).toMatchObject([{ status: "postponed", code: "argocd.unreachable", afterMs: 10_000 }]);
  });

  it("fails when waiting cannot mend what is in the way, and when the program does not know it", async () => {
    const rig = new WatchRig();
    rig.start("approval");
    rig.finish(away("never"));
    rig.start("approval/unknown");
    await settle();
    expect(rig.ended).toMatchObject([
      { status: "failed", failure: { code: "internal" } },
      { status: "failed", failure: { code: "argocd.unreachable" } },
    ]);
  });
});

describe("a server that ends", () => {
  it("stops what is watched, reports nothing of it, and starts nothing more", async () => {
    const rig = new WatchRig();
    rig.start("argocd/wait");
    const disposed = rig.runner[Symbol.asyncDispose]();
    expect(rig.contexts[0]?.signal.aborted).toBe(true);
    rig.finish("done");
    await disposed;
    rig.start("approval");
    expect([rig.ended, rig.contexts.length]).toEqual([[], 1]);
  });
});
