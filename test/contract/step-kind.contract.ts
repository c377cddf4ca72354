import { describe, expect, it, vi } from "vitest";
import { z } from "zod";

import { Outcome, type Progress } from "../../src/domain/outcome.ts";
import { equippedKinds } from "../../src/engine/equipped-kinds.ts";
import { maskedKinds } from "../../src/engine/masked-kinds.ts";
import { Cancelled, cancelled, executeJob } from "../../src/engine/step-executor.ts";
import { outcomeBeforeEffect, type StepFacts, type StepKind } from "../../src/engine/step-kind.ts";
import type { Json, JsonMap } from "../../src/platform/canonical-json.ts";
import { AppError } from "../../src/platform/errors.ts";
import { SecretMask } from "../../src/platform/masking.ts";
import { noArtifacts } from "../../src/engine/artifacts.ts";
import { testVault } from "../support/idle-tools.ts";
import { MemoryArtifacts } from "../support/memory-artifacts.ts";

/** A secret that scenes give to their kinds, as `{ secret: "TOKEN" }`, and that nothing may say. */
export const TOKEN = "canary-of-the-step-kinds-0123456789";

/** An action in a world of its own, in which `input` is something that it can do. */
export interface ActionScene {
  readonly kind: StepKind;
  readonly input: JsonMap;
  /** How often it has done outside what it is there to do; absent for one that changes nothing there. */
  readonly effects?: (() => number) | undefined;
  /** From now on the world does not answer; resolves when the action waits for it. Undefined for one that never waits. */
  readonly hold?: (() => Promise<void>) | undefined;
  readonly facts?: Partial<StepFacts> | undefined;
  /** With the files of the steps before it; an empty store where it is absent. */
  readonly artifacts?: MemoryArtifacts | undefined;
  /** Has time pass, for one that waits between its looks. */
  readonly advance?: (() => Promise<void>) | undefined;
}

/** What one execution said, and how it ended. */
class Execution {
  readonly stop = new AbortController();
  readonly said: (Progress | Json)[] = [];
  readonly #scene: ActionScene;
  readonly #artifacts: MemoryArtifacts;
  /** The newest that was written down; what is thrown instead is the answer. */
  checkpointed: Json | undefined;
  onCheckpoint: (data: Json) => void = () => undefined;

  constructor(scene: ActionScene, artifacts = scene.artifacts ?? new MemoryArtifacts()) {
    this.#scene = scene;
    this.#artifacts = artifacts;
  }

  async run(checkpointed?: Json): Promise<Outcome> {
    this.checkpointed = checkpointed;
    const { kind, input, facts, advance } = this.#scene;
    const mask = new SecretMask();
    const tools = { artifacts: this.#artifacts, vault: testVault({ TOKEN }), mask };
    const kinds = maskedKinds(equippedKinds(new Map([[kind.kind, kind]]), tools), mask);
    const ready = kinds.get(kind.kind);
    if (ready?.sort !== "action") throw new Error(`${kind.kind} is no action`);
    const base = {
      effect: { run: "run_1", path: "promote/step", attempt: 1 },
      facts: { runTitle: "Promote checkout", requester: "p_ana", requesterUser: "U1", ...facts },
      startedAt: 0,
    };
    const progress = (told: Progress): void => void this.said.push(told);
    const live = { ...base, artifacts: noArtifacts, signal: this.stop.signal, progress };
    const { signal } = this.stop;
    let prepared: Json | undefined;
    try {
      prepared = signal.aborted ? undefined : await ready.prepare?.(input, live);
    } catch (error) {
      return signal.aborted ? { status: "failed", failure: cancelled(signal) } : outcomeBeforeEffect(error);
    }
    const state = { isOver: false };
    const running = executeJob({
      job: { ...base, token: 1, uses: kind.kind, input: { ...input }, checkpointed, prepared },
      kinds,
      signal: this.stop.signal,
      progress,
      checkpoint: async (data) => {
        this.said.push(data);
        this.checkpointed = data;
        this.onCheckpoint(data);
      },
    }).finally(() => (state.isOver = true));
    while (!state.isOver) await (advance?.() ?? running);
    return await running;
  }

  /** Everything that left the execution. */
  async everything(outcome: Outcome): Promise<string> {
    const kept = this.#artifacts.kept
      .filter(({ artifact }) => !artifact.sealed)
      .map(({ content }) => content.toString("latin1"));
    return JSON.stringify([outcome, this.said, kept]);
  }
}

const CRASH = new AppError("the process is gone", { code: "test.crash" });

/** What every action promises, whatever it does. `open` makes a new world. */
export function actionContract(name: string, open: () => Promise<ActionScene>): void {
  describe(`the action ${name}`, () => {
    it("does what it is there for, and says so in what JSON carries", async () => {
      const scene = await open();
      const execution = new Execution(scene);
      const outcome = await execution.run();
      expect(outcome).toMatchObject({ status: "succeeded" });
      expect(Outcome.parse(JSON.parse(JSON.stringify(outcome)))).toEqual(outcome);
      expect(scene.effects?.() ?? 1).toBe(1);
    });

    it("says no secret", async () => {
      const execution = new Execution(await open());
      expect(await execution.everything(await execution.run())).not.toContain(TOKEN);
    });

    it("does nothing when it was stopped before it began", async () => {
      const scene = await open();
      const execution = new Execution(scene);
      execution.stop.abort(new Cancelled("the run was cancelled"));
      expect(await execution.run()).toMatchObject({ status: "failed", failure: { code: "cancelled" } });
      expect([scene.effects?.() ?? 0, execution.said]).toEqual([0, []]);
    });

    it("ends when it is stopped in the middle", async () => {
      const scene = await open();
      if (scene.hold === undefined) return;
      const execution = new Execution(scene);
      const waits = scene.hold();
      const running = execution.run();
      await Promise.race([waits, running]);
      execution.stop.abort(new Cancelled("the run was cancelled"));
      expect(await running).toMatchObject({ status: "failed", failure: { code: "cancelled" } });
    });

    it("is not done twice when its process was gone after it had written down what it does", async () => {
      const scene = await open();
      const first = new Execution(scene);
      first.onCheckpoint = () => {
        throw CRASH;
      };
      await first.run();
      expect(scene.effects?.() ?? 0).toBeLessThanOrEqual(1);
      const second = await new Execution(scene).run(first.checkpointed);
      expect(scene.effects?.() ?? 0).toBeLessThanOrEqual(1);
      // One that cannot know whether it was done leaves that to a person.
      if (second.status === "failed") expect(second.failure.retry).toBe("never");
      else expect(scene.effects?.() ?? 1).toBe(1);
    });

    it("is not done twice when its process was gone before it could say that it was done", async () => {
      const scene = await open();
      const { kind } = scene;
      const first = new Execution(scene);
      await first.run();
      const second = await new Execution(scene).run(first.checkpointed);
      if (kind.sort === "action" && kind.repeat === "keyed") expect(scene.effects?.() ?? 1).toBe(1);
      if (second.status === "failed") expect(second.failure.retry).toBe("never");
    });
  });
}

const CODE = /^[a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)*$/u;

/** What every step kind promises, of whatever sort. */
export function stepKindContract(kind: StepKind): void {
  describe(`the step kind ${kind.kind}`, () => {
    it("has schemas of what JSON can carry", () => {
      for (const [schema, io] of [
        [kind.inputSchema, "input"],
        [kind.outputSchema, "output"],
      ] as const) {
        const written = z.toJSONSchema(schema, { io, unrepresentable: "any" });
        expect(JSON.parse(JSON.stringify(written))).toMatchObject({ $schema: expect.any(String) });
      }
    });

    it("has a name and a summary that people can read", () => {
      expect(kind.kind).toMatch(/^[a-z][a-z0-9-]*(?:\/[a-z][a-z0-9-]*)?$/u);
      expect(kind.summary).toMatch(/^\p{Lu}.*\.$/u);
    });

    it("says how it fails, and of each failure what it means", () => {
      for (const [code, { meaning }] of Object.entries(kind.notes?.failures ?? {})) {
        expect(code).toMatch(CODE);
        expect(meaning).toMatch(/^.+\.$/u);
      }
      expect(kind.notes).toBeDefined();
    });

    it("refuses an input that is none, as a failure or an error of its own", async () => {
      const signal = AbortSignal.abort();
      const context = {
        effect: { run: "run_1", path: "p", attempt: 1 },
        facts: { runTitle: "", requester: "", requesterUser: "" },
        signal,
        startedAt: 0,
        artifacts: noArtifacts,
        progress: vi.fn<() => void>(),
        planDigest: "",
        checkpointed: undefined,
        checkpoint: async () => undefined,
      };
      const run = async (): Promise<unknown> =>
        kind.sort === "gate" ? kind.open({ absent: 1 }, context) : kind.run({ absent: 1 }, context);
      const ended = await run().catch((error: unknown) => ({ status: "failed", error }));
      expect(ended).toMatchObject({ status: "failed" });
    });
  });
}
