import { describe, expect, it } from "vitest";
import { z } from "zod";

import { type Outcome, type Progress } from "../../../src/domain/outcome.ts";
import type { Job } from "../../../src/engine/ports.ts";
import { Cancelled, executeJob } from "../../../src/engine/step-executor.ts";
import { type ActionContext, defineAction, defineWait, type StepKind } from "../../../src/engine/step-kind.ts";
import type { Json } from "../../../src/platform/canonical-json.ts";
import { AppError } from "../../../src/platform/errors.ts";

const JOB: Job = {
  effect: { run: "run_1", path: "lock/sync", attempt: 2 },
  token: 3,
  uses: "test/act",
  input: { app: "checkout" },
  facts: { runTitle: "Promote checkout", requester: "p_ana", requesterUser: "U1" },
  checkpointed: { operation: "earlier" },
  earlier: { left: ["b"] },
  startedAt: 1000,
};

type Act = (
  input: { app: string },
  context: ActionContext,
) => Promise<{ status: "succeeded"; output: { done: string } } | Exclude<Outcome, { status: "succeeded" }>>;

function action(run: Act): StepKind {
  return defineAction({
    kind: "test/act",
    summary: "Acts",
    repeat: "safe",
    input: z.strictObject({ app: z.string() }),
    output: z.strictObject({ done: z.string() }),
    run,
  });
}

interface Heard {
  readonly outcome: Outcome;
  readonly progress: readonly Progress[];
  readonly checkpoints: readonly Json[];
}

async function execute(kind: StepKind, { job = JOB, signal = new AbortController().signal } = {}): Promise<Heard> {
  const progress: Progress[] = [];
  const checkpoints: Json[] = [];
  const outcome = await executeJob({
    job,
    kinds: new Map([[kind.kind, kind]]),
    signal,
    progress: (each) => void progress.push(each),
    checkpoint: async (data) => void checkpoints.push(data),
  });
  return { outcome, progress, checkpoints };
}

describe("executeJob", () => {
  it("gives the action its input and everything that the job says, and its outcome back", async () => {
    const signal = new AbortController().signal;
    const { outcome, progress, checkpoints } = await execute(
      action(async ({ app }, context) => {
        context.progress({ text: "under way", done: 1, total: 2 });
        await context.checkpoint({ operation: "newer" });
        expect(context).toMatchObject({
          effect: JOB.effect,
          facts: JOB.facts,
          checkpointed: { operation: "earlier" },
          earlier: { left: ["b"] },
          startedAt: 1000,
        });
        expect(context.signal).toBe(signal);
        return { status: "succeeded", output: { done: app } };
      }),
      { signal },
    );
    expect(outcome).toEqual({ status: "succeeded", output: { done: "checkout" } });
    expect(progress).toEqual([{ text: "under way", done: 1, total: 2 }]);
    expect(checkpoints).toEqual([{ operation: "newer" }]);
  });

  it("passes failures and postponements on as they are", async () => {
    const failed: Outcome = {
      status: "failed",
      failure: { code: "argocd.busy", message: "busy", retry: { afterMs: 5 } },
    };
    const postponed: Outcome = { status: "postponed", code: "window", message: "closed", afterMs: 1000 };
    expect((await execute(action(async () => failed))).outcome).toEqual(failed);
    expect((await execute(action(async () => postponed))).outcome).toEqual(postponed);
  });

  it("makes a failure of whatever is thrown, with its class of retry", async () => {
    const thrown = new AppError("it is busy", { code: "argocd.busy", retry: "backoff", details: { app: "checkout" } });
    const { outcome } = await execute(action(() => Promise.reject(thrown)));
    const failure = { code: "argocd.busy", message: "it is busy", retry: "backoff", details: { app: "checkout" } };
    expect(outcome).toEqual({ status: "failed", failure });
  });

  it("makes a failure of a kind that throws at once", async () => {
    const kind = action(() => Promise.reject(new Error("unused")));
    const run = (): never => {
      throw new Error("at once");
    };
    const throwing: StepKind = { ...kind, sort: "action", repeat: "safe", protects: false, run };
    expect((await execute(throwing)).outcome).toMatchObject({
      status: "failed",
      failure: { code: "internal", message: "at once" },
    });
  });

  it("refuses a kind that the worker does not have, and one that is no action", async () => {
    const absent = { ...JOB, uses: "test/absent" };
    const wait = defineWait({
      kind: "test/act",
      summary: "Waits",
      input: z.looseObject({}),
      output: z.strictObject({}),
      run: async () => ({ status: "succeeded", output: {} }),
    });
    const kind = action(async () => ({ status: "succeeded", output: { done: "" } }));
    for (const { outcome } of [await execute(kind, { job: absent }), await execute(wait)]) {
      expect(outcome).toMatchObject({ status: "failed", failure: { code: "step.unknown-kind", retry: "never" } });
    }
  });

  describe("when it is cancelled", () => {
    const cancelled = {
      status: "failed",
      failure: { code: "cancelled", message: "stopped: the run has moved on", retry: "never" },
    };

    it("does not even begin when that was before", async () => {
      const stop = new AbortController();
      stop.abort(new Cancelled("the run has moved on"));
      const kind = action(() => Promise.reject(new Error("it began")));
      expect((await execute(kind, { signal: stop.signal })).outcome).toEqual(cancelled);
    });

    it("says so whatever the action says, unless it had succeeded", async () => {
      const during = async (end: Awaited<ReturnType<Act>> | Error): Promise<Outcome> => {
        const stop = new AbortController();
        const kind = action(async () => {
          stop.abort(new Cancelled("the run has moved on"));
          if (end instanceof Error) throw end;
          return end;
        });
        return (await execute(kind, { signal: stop.signal })).outcome;
      };
      expect(await during(new Error("aborted"))).toEqual(cancelled);
      expect(await during({ status: "postponed", code: "window", message: "closed", afterMs: 1 })).toEqual(cancelled);
      expect(await during({ status: "succeeded", output: { done: "yes" } })).toEqual({
        status: "succeeded",
        output: { done: "yes" },
      });
    });
  });

  it("lets an action that was stopped while its checkpoint was written not go on to its effect", async () => {
    const stop = new AbortController();
    const acted: string[] = [];
    const kind = action(async ({ app }, context) => {
      const written = context.checkpoint({ before: 1 });
      stop.abort(new Cancelled("the run has moved on"));
      await written;
      acted.push(app);
      return { status: "succeeded", output: { done: app } };
    });
    const { outcome, checkpoints } = await execute(kind, { signal: stop.signal });
    expect([acted, checkpoints]).toEqual([[], [{ before: 1 }]]);
    expect(outcome).toMatchObject({ status: "failed", failure: { code: "cancelled" } });
  });
});
