import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";

import { effectKey } from "../../src/domain/effect.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { equippedKinds } from "../../src/engine/equipped-kinds.ts";
import type { Dispatcher, Job, JobReports } from "../../src/engine/ports.ts";
import { type ActionContext, defineAction, type Repeat, type StepKind } from "../../src/engine/step-kind.ts";
import { SecretMask } from "../../src/platform/masking.ts";
import { testVault } from "../support/idle-tools.ts";
import { MemoryArtifacts } from "../support/memory-artifacts.ts";
import { eventually } from "../support/eventually.ts";

export interface DispatcherSetup {
  readonly kinds: ReadonlyMap<string, StepKind>;
  readonly reports: JobReports;
  readonly concurrency: number;
  readonly shutdownGraceMs: number;
}

/** One execution of an action, which the test ends. */
interface Execution {
  readonly path: string;
  readonly context: ActionContext;
  readonly end: (outcome: Outcome) => void;
}

const DONE: Outcome = { status: "succeeded", output: { done: true } };
const CONCURRENCY = 3;
const GRACE_MS = 150;

/** Actions of all three ways of repeating, whose executions wait for the test; when aborted they end as a step would. */
class Workshop implements JobReports {
  readonly executions: Execution[] = [];
  readonly outcomes: { readonly path: string; readonly token: number; readonly outcome: Outcome }[] = [];
  readonly progressed: string[] = [];
  readonly handedBackJobs: Job[] = [];
  checkpoint = async (): Promise<void> => undefined;

  readonly kinds = equippedKinds(
    new Map((["safe", "keyed", "ask"] as const).map((repeat) => [`test/${repeat}`, this.#kind(repeat)])),
    { artifacts: new MemoryArtifacts(), vault: testVault({}), mask: new SecretMask() },
  );

  progress(job: Job, { text }: { readonly text: string }): void {
    this.progressed.push(`${job.effect.path}: ${text}`);
  }

  outcome(job: Job, outcome: Outcome): void {
    this.outcomes.push({ path: job.effect.path, token: job.token, outcome });
  }

  handedBack(job: Job): void {
    this.handedBackJobs.push(job);
  }

  /** The newest execution of a step, once it is under way. */
  async execution(path: string, which = 0): Promise<Execution> {
    return eventually(() => {
      const found = this.executions.filter((execution) => execution.path === path)[which];
      if (found === undefined) throw new Error(`${path} is not under way`);
      return found;
    });
  }

  async ended(count: number): Promise<readonly { path: string; token: number; status: string }[]> {
    await eventually(() => expect(this.outcomes.length).toBeGreaterThanOrEqual(count));
    return this.outcomes.map(({ path, token, outcome }) => ({ path, token, status: statusOf(outcome) }));
  }

  #kind(repeat: Repeat): StepKind {
    return defineAction({
      kind: `test/${repeat}`,
      summary: "Waits to be ended",
      repeat,
      isAwaited: (prepared) => prepared === "awaited",
      input: z.looseObject({}),
      output: z.looseObject({}),
      run: (_input, context) => {
        return new Promise((resolve, reject) => {
          context.signal.addEventListener("abort", () => reject(new Error("aborted")));
          this.executions.push({ path: context.effect.path, context, end: resolve });
        });
      },
    });
  }
}

function statusOf(outcome: Outcome): string {
  return outcome.status === "failed" ? outcome.failure.code : outcome.status;
}

function jobFor(path: string, more: Partial<Job> = {}): Job {
  return {
    effect: { run: "run_1", path, attempt: 1 },
    token: 1,
    uses: "test/safe",
    input: {},
    facts: { runTitle: "Promote", requester: "p_ana", requesterUser: "U1" },
    checkpointed: undefined,
    startedAt: 0,
    ...more,
  };
}

/** What every transport of jobs promises. */
export function dispatcherContract(name: string, open: (setup: DispatcherSetup) => Promise<Dispatcher>): void {
  describe(`the dispatcher ${name}`, () => {
    let workshop: Workshop;
    let dispatcher: Dispatcher;

    beforeEach(async () => {
      workshop = new Workshop();
      const { kinds } = workshop;
      dispatcher = await open({ kinds, reports: workshop, concurrency: CONCURRENCY, shutdownGraceMs: GRACE_MS });
    });

    afterEach(() => dispatcher[Symbol.asyncDispose]());

    it("executes an action and reports its outcome once", async () => {
      dispatcher.dispatch(jobFor("sync", { checkpointed: { id: 7 }, token: 5 }));
      const { context, end } = await workshop.execution("sync");
      expect(context.checkpointed).toEqual({ id: 7 });
      end(DONE);
      expect(await workshop.ended(1)).toEqual([{ path: "sync", token: 5, status: "succeeded" }]);
    });

    it("reports the files that an execution left, whether it succeeded or not", async () => {
      const failure = { code: "test.failed", message: "no", retry: "never" } as const;
      const ends: readonly Outcome[] = [DONE, { status: "failed", failure }];
      for (const [index, outcome] of ends.entries()) {
        dispatcher.dispatch(jobFor(`step ${index}`));
        const { context, end } = await workshop.execution(`step ${index}`);
        await context.artifacts.put({ name: "log", mediaType: "text/plain", content: Buffer.from("all of it") });
        end(outcome);
        await workshop.ended(index + 1);
      }
      const artifacts = [{ digest: expect.any(String), bytes: 9, name: "log", mediaType: "text/plain", sealed: false }];
      expect(workshop.outcomes.map(({ outcome }) => outcome)).toEqual(ends.map((end) => ({ ...end, artifacts })));
    });

    it("reports nothing within the call that dispatches", async () => {
      dispatcher.dispatch(jobFor("absent", { uses: "test/absent" }));
      dispatcher.dispatch(jobFor("sync"));
      dispatcher.cancel(jobFor("sync").effect, "not wanted");
      expect(workshop.outcomes).toEqual([]);
      expect(await workshop.ended(2)).toEqual(
        expect.arrayContaining([
          { path: "absent", token: 1, status: "step.unknown-kind" },
          { path: "sync", token: 1, status: "cancelled" },
        ]),
      );
    });

    it("executes so many at a time, first come, first served", async () => {
      const paths = ["a", "b", "c", "d", "e"];
      for (const path of paths) dispatcher.dispatch(jobFor(path));
      await workshop.execution("c");
      expect(workshop.executions.map(({ path }) => path)).toEqual(["a", "b", "c"]);
      (await workshop.execution("b")).end(DONE);
      await workshop.execution("d");
      expect(workshop.executions.map(({ path }) => path)).toEqual(["a", "b", "c", "d"]);
      for (const path of ["a", "c", "d", "e"]) (await workshop.execution(path)).end(DONE);
      expect((await workshop.ended(5)).map(({ path }) => path).toSorted()).toEqual(paths);
    });

    it("hands progress and checkpoints on, and lets the action wait until the checkpoint is durable", async () => {
      const checkpoints: unknown[] = [];
      workshop.checkpoint = async (...told: unknown[]) => void checkpoints.push(told);
      dispatcher.dispatch(jobFor("sync"));
      const { context, end } = await workshop.execution("sync");
      context.progress({ text: "half way" });
      await context.checkpoint({ operation: "op-1" });
      expect(checkpoints).toEqual([[expect.objectContaining({ token: 1 }), { operation: "op-1" }]]);
      end(DONE);
      await workshop.ended(1);
      expect(workshop.progressed).toEqual(["sync: half way"]);
    });

    it("lets the action know when its checkpoint was refused", async () => {
      workshop.checkpoint = () => Promise.reject(new Error("an old token"));
      dispatcher.dispatch(jobFor("sync"));
      const { context, end } = await workshop.execution("sync");
      await expect(context.checkpoint(null)).rejects.toThrow("an old token");
      end(DONE);
    });

    it("executes what is dispatched twice once", async () => {
      for (const path of ["a", "b", "c", "d", "d", "a"]) dispatcher.dispatch(jobFor(path));
      for (const path of ["a", "b", "c", "d"]) (await workshop.execution(path)).end(DONE);
      await workshop.ended(4);
      expect(workshop.executions.map(({ path }) => path)).toEqual(["a", "b", "c", "d"]);
    });

    it("stops the execution under an older token before it begins the one under a newer", async () => {
      dispatcher.dispatch(jobFor("sync", { token: 1 }));
      const older = await workshop.execution("sync");
      dispatcher.dispatch(jobFor("sync", { token: 3 }));
      dispatcher.dispatch(jobFor("sync", { token: 2 }));
      const newer = await workshop.execution("sync", 1);
      expect(older.context.signal.aborted).toBe(true);
      newer.end(DONE);
      expect(await workshop.ended(1)).toEqual([{ path: "sync", token: 3, status: "succeeded" }]);
      expect(workshop.executions).toHaveLength(2);
    });

    it("executes what is queued under its newest token", async () => {
      for (const path of ["a", "b", "c"]) dispatcher.dispatch(jobFor(path));
      dispatcher.dispatch(jobFor("d", { token: 1 }));
      dispatcher.dispatch(jobFor("d", { token: 2 }));
      for (const path of ["a", "b", "c", "d"]) (await workshop.execution(path)).end(DONE);
      expect(await workshop.ended(4)).toContainEqual({ path: "d", token: 2, status: "succeeded" });
    });

    it("executes a later attempt of the same step beside the earlier one's end", async () => {
      const second = { run: "run_1", path: "sync", attempt: 2 };
      dispatcher.dispatch(jobFor("sync"));
      dispatcher.dispatch(jobFor("sync", { effect: second }));
      (await workshop.execution("sync", 0)).end(DONE);
      (await workshop.execution("sync", 1)).end(DONE);
      await workshop.ended(2);
      expect(workshop.executions.map(({ context }) => effectKey(context.effect))).toContain(effectKey(second));
    });

    it("cancels what is executed and what is queued, and still reports both", async () => {
      for (const path of ["a", "b", "c", "d"]) dispatcher.dispatch(jobFor(path));
      const { context } = await workshop.execution("a");
      dispatcher.cancel(jobFor("a").effect, "the run has moved on");
      dispatcher.cancel(jobFor("d").effect, "the run has moved on");
      expect(await workshop.ended(2)).toEqual(
        expect.arrayContaining([
          { path: "a", token: 1, status: "cancelled" },
          { path: "d", token: 1, status: "cancelled" },
        ]),
      );
      expect(context.signal.aborted).toBe(true);
      expect(workshop.executions.map(({ path }) => path)).not.toContain("d");
      for (const path of ["b", "c"]) (await workshop.execution(path)).end(DONE);
      await workshop.ended(4);
    });

    it("cancels a newer execution that still waits for the older one to stop", async () => {
      dispatcher.dispatch(jobFor("sync", { token: 1 }));
      await workshop.execution("sync");
      dispatcher.dispatch(jobFor("sync", { token: 2 }));
      dispatcher.cancel(jobFor("sync").effect, "the run has moved on");
      expect(await workshop.ended(1)).toEqual([{ path: "sync", token: 2, status: "cancelled" }]);
      expect(workshop.executions).toHaveLength(1);
    });

    it("takes no notice of a cancel for what it does not have", async () => {
      dispatcher.cancel(jobFor("sync").effect, "the run has moved on");
      dispatcher.dispatch(jobFor("sync"));
      (await workshop.execution("sync")).end(DONE);
      await workshop.ended(1);
      dispatcher.cancel(jobFor("sync").effect, "too late");
      dispatcher.dispatch(jobFor("sync", { token: 2 }));
      (await workshop.execution("sync", 1)).end(DONE);
      expect((await workshop.ended(2)).map(({ status }) => status)).toEqual(["succeeded", "succeeded"]);
    });

    it("does not begin what must not be repeated and may have been begun, and says so when nobody has it", async () => {
      dispatcher.dispatch(jobFor("apply", { uses: "test/ask", mayHaveBegun: true }));
      expect(workshop.outcomes).toEqual([]);
      expect(await workshop.ended(1)).toEqual([{ path: "apply", token: 1, status: "step.interrupted" }]);
      expect(workshop.executions).toEqual([]);
    });

    it("goes on with what must not be repeated when it is asked for once more", async () => {
      dispatcher.dispatch(jobFor("apply", { uses: "test/ask" }));
      const { context, end } = await workshop.execution("apply");
      dispatcher.dispatch(jobFor("apply", { uses: "test/ask", mayHaveBegun: true }));
      expect(context.signal.aborted).toBe(false);
      end(DONE);
      expect(await workshop.ended(1)).toEqual([{ path: "apply", token: 1, status: "succeeded" }]);
      expect(workshop.executions).toHaveLength(1);
    });

    describe("when the server ends", () => {
      it("interrupts what may be repeated without a word, and begins nothing any more", async () => {
        dispatcher.dispatch(jobFor("a", { uses: "test/safe" }));
        dispatcher.dispatch(jobFor("b", { uses: "test/keyed" }));
        dispatcher.dispatch(jobFor("c", { uses: "test/safe" }));
        dispatcher.dispatch(jobFor("queued"));
        const executions = await Promise.all(["a", "b", "c"].map((path) => workshop.execution(path)));
        await dispatcher[Symbol.asyncDispose]();
        dispatcher.dispatch(jobFor("late"));
        await eventually(() => expect(executions.every(({ context }) => context.signal.aborted)).toBe(true));
        expect(workshop.outcomes).toEqual([]);
        expect(workshop.executions).toHaveLength(3);
      });

      it("waits for what must not be repeated, and reports it", async () => {
        dispatcher.dispatch(jobFor("apply", { uses: "test/ask" }));
        const { context, end } = await workshop.execution("apply");
        const disposed = dispatcher[Symbol.asyncDispose]();
        expect(context.signal.aborted).toBe(false);
        end(DONE);
        await disposed;
        expect(await workshop.ended(1)).toEqual([{ path: "apply", token: 1, status: "succeeded" }]);
      });

      it("lets one come to its end that could not go on from where it is, although it may be dispatched again", async () => {
        dispatcher.dispatch(jobFor("build", { uses: "test/keyed", prepared: "awaited" }));
        dispatcher.dispatch(jobFor("sync", { uses: "test/keyed", prepared: "other" }));
        const { context, end } = await workshop.execution("build");
        const other = await workshop.execution("sync");
        const disposed = dispatcher[Symbol.asyncDispose]();
        expect(context.signal.aborted).toBe(false);
        end(DONE);
        await disposed;
        expect(await workshop.ended(1)).toEqual([{ path: "build", token: 1, status: "succeeded" }]);
        await eventually(() => expect(other.context.signal.aborted).toBe(true));
      });

      it("waits for it so long and no longer", async () => {
        dispatcher.dispatch(jobFor("apply", { uses: "test/ask" }));
        const { context } = await workshop.execution("apply");
        await dispatcher[Symbol.asyncDispose]();
        await eventually(() => expect(context.signal.aborted).toBe(true));
        expect(workshop.outcomes).toEqual([]);
      });
    });
  });
}
