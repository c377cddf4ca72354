import { describe, expect, it } from "vitest";
import { z } from "zod";

import type { Outcome } from "../../../src/domain/outcome.ts";
import type { Job, JobReports } from "../../../src/engine/ports.ts";
import { PreparingDispatcher } from "../../../src/engine/preparing-dispatcher.ts";
import { defineAction, type StepContext } from "../../../src/engine/step-kind.ts";
import type { Json } from "../../../src/platform/canonical-json.ts";
import { AppError, type Retry } from "../../../src/platform/errors.ts";
import { eventually } from "../../support/eventually.ts";

interface Preparation {
  readonly context: StepContext;
  readonly end: (prepared: Json) => void;
  readonly fail: (error: Error) => void;
}

class Rig {
  readonly preparations: Preparation[] = [];
  readonly dispatched: Job[] = [];
  readonly cancelled: string[] = [];
  readonly outcomes: [token: number, outcome: Outcome][] = [];
  readonly dispatcher: PreparingDispatcher;

  constructor() {
    const plain = { summary: "", repeat: "safe", input: z.looseObject({}), output: z.looseObject({}) } as const;
    const run = (): never => {
      throw new Error("executed by whoever gets the job");
    };
    const kinds = [
      defineAction({ ...plain, kind: "test/plain", run }),
      defineAction({
        ...plain,
        kind: "test/prepared",
        run,
        prepare: (_input, context) =>
          new Promise((end, fail) => {
            context.signal.addEventListener("abort", () => fail(new Error("aborted")));
            this.preparations.push({ context, end, fail });
          }),
      }),
    ];
    const reports: JobReports = {
      progress: () => undefined,
      checkpoint: () => Promise.resolve(),
      outcome: (job, outcome) => void this.outcomes.push([job.token, outcome]),
      handedBack: () => undefined,
    };
    this.dispatcher = new PreparingDispatcher({
      kinds: new Map(kinds.map((kind) => [kind.kind, kind])),
      reports,
      inner: {
        dispatch: (job) => void this.dispatched.push(job),
        cancel: ({ path }) => void this.cancelled.push(path),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      },
    });
  }

  /** The newest preparation, once so many have begun. */
  async preparation(count = 1): Promise<Preparation> {
    return await eventually(() => {
      const found = this.preparations[count - 1];
      if (found === undefined) throw new Error("not begun");
      return found;
    });
  }
}

function jobFor(token: number, uses = "test/prepared"): Job {
  return {
    effect: { run: "run_1", path: "sync", attempt: 1 },
    token,
    uses,
    input: { app: "checkout" },
    facts: { runTitle: "Promote", requester: "p_ana", requesterUser: "U1" },
    checkpointed: undefined,
    startedAt: 7,
  };
}

describe("a job before it is handed on", () => {
  it("goes on at once when its kind prepares nothing, or is unknown here", () => {
    const rig = new Rig();
    rig.dispatcher.dispatch(jobFor(1, "test/plain"));
    rig.dispatcher.dispatch(jobFor(1, "test/absent"));
    expect(rig.dispatched.map(({ uses }) => uses)).toEqual(["test/plain", "test/absent"]);
  });

  it("is told as stopped also when it had been prepared by then", async () => {
    const rig = new Rig();
    rig.dispatcher.dispatch(jobFor(1));
    const { end } = await rig.preparation();
    end({});
    rig.dispatcher.cancel(jobFor(1).effect, "the run was cancelled");
    await eventually(() => expect(rig.outcomes).toHaveLength(1));
    expect(rig.outcomes).toMatchObject([[1, { status: "failed", failure: { code: "cancelled" } }]]);
    expect(rig.dispatched).toEqual([]);
  });

  it("goes on with what was gathered for it", async () => {
    const rig = new Rig();
    rig.dispatcher.dispatch(jobFor(1));
    const { end, context } = await rig.preparation();
    expect([context.startedAt, rig.dispatched]).toEqual([7, []]);
    end({ looked: true });
    await eventually(() => expect(rig.dispatched).toEqual([{ ...jobFor(1), prepared: { looked: true } }]));
  });

  it("fails when it cannot be prepared at all, and is put off for what passes: nothing was done yet", async () => {
    const rig = new Rig();
    const error = (retry: Retry): AppError => new AppError("Argo CD is away.", { code: "argocd.unreachable", retry });
    const failure = { code: "argocd.unreachable", message: "Argo CD is away.", retry: "never" };
    const putOff = { status: "postponed", code: "argocd.unreachable", message: "Argo CD is away." };
    for (const [index, retry] of (["never", "backoff", { afterMs: 3000 }] as const).entries()) {
      rig.dispatcher.dispatch(jobFor(index + 1));
      (await rig.preparation(index + 1)).fail(error(retry));
      await eventually(() => expect(rig.outcomes).toHaveLength(index + 1));
    }
    expect(rig.outcomes).toEqual([
      [1, { status: "failed", failure }],
      [2, { ...putOff, afterMs: 10_000 }],
      [3, { ...putOff, afterMs: 3000 }],
    ]);
  });

  it("is cancelled while it is prepared, and says so later than the call", async () => {
    const rig = new Rig();
    rig.dispatcher.dispatch(jobFor(1));
    const { context } = await rig.preparation();
    rig.dispatcher.cancel(jobFor(1).effect, "the run has moved on");
    expect([context.signal.aborted, rig.outcomes, rig.cancelled]).toEqual([true, [], ["sync"]]);
    await eventually(() =>
      expect(rig.outcomes).toMatchObject([
        [1, { failure: { code: "cancelled", message: "stopped: the run has moved on" } }],
      ]),
    );
    expect(rig.dispatched).toEqual([]);
  });

  it("is cancelled before it is begun to be prepared", async () => {
    const rig = new Rig();
    rig.dispatcher.dispatch(jobFor(1));
    rig.dispatcher.cancel(jobFor(1).effect, "not wanted");
    await eventually(() => expect(rig.outcomes).toMatchObject([[1, { failure: { code: "cancelled" } }]]));
    expect([rig.preparations, rig.dispatched]).toEqual([[], []]);
  });

  it("gives way to a newer dispatch of the same effect without a word", async () => {
    const rig = new Rig();
    rig.dispatcher.dispatch(jobFor(2));
    const older = await rig.preparation();
    rig.dispatcher.dispatch(jobFor(3));
    rig.dispatcher.dispatch(jobFor(1));
    expect(older.context.signal.aborted).toBe(true);
    (await rig.preparation(2)).end(null);
    await eventually(() => expect(rig.dispatched.map(({ token }) => token)).toEqual([3]));
    expect(rig.outcomes).toEqual([]);
  });

  it("is left without a word when the server ends", async () => {
    const rig = new Rig();
    rig.dispatcher.dispatch(jobFor(1));
    const { context } = await rig.preparation();
    await rig.dispatcher[Symbol.asyncDispose]();
    expect(context.signal.aborted).toBe(true);
    rig.dispatcher.dispatch(jobFor(2));
    expect([rig.outcomes, rig.dispatched, rig.preparations.length]).toEqual([[], [], 1]);
  });
});
