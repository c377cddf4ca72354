import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { ArgocdError } from "../../../src/argocd/argocd-errors.ts";
import type { Outcome } from "../../../src/domain/outcome.ts";
import { noArtifacts } from "../../../src/engine/artifacts.ts";
import type { ActionContext } from "../../../src/engine/step-kind.ts";
import type { Json } from "../../../src/platform/canonical-json.ts";
import { argocdSync } from "../../../src/steps/argocd-sync.ts";
import { FakeArgocd } from "../../support/fake-argocd.ts";
import { anApplication, anOperation, aState, SHA_A, SHA_B, SHA_C } from "../argocd/application-builder.ts";

type Fate = "pending" | "running" | "succeeded" | "failed";

interface OwnOperation {
  readonly attempt: number;
  fate: Fate;
  /** Another operation took its place in the application. */
  isReplaced: boolean;
}

/** One application with its controller, somebody else who syncs it, and a step that is executed, killed and executed again. */
class World {
  readonly argocd = new FakeArgocd();
  readonly own: OwnOperation[] = [];
  readonly #history = [{ id: 3, revision: SHA_A, initiatedBy: { username: "mallory" } }];
  #shown: { readonly own: OwnOperation | undefined; readonly revision: string; fate: Fate } | undefined;
  #checkpoint: Json | undefined;
  #attempt = 1;
  answer: "given" | "lost" | "never-arrives" = "given";

  constructor() {
    this.#show();
    this.argocd.onSync = (_name, body) => {
      if (this.answer === "never-arrives") throw new ArgocdError("no answer", { class: "timeout", retry: "backoff" });
      if (this.isBusy) throw new ArgocdError("another operation is already in progress", { class: "busy" });
      const own = { attempt: this.#attempt, fate: "pending" as const, isReplaced: false };
      this.own.push(own);
      this.#begin(own, body.revision ?? "");
      if (this.answer === "lost") throw new ArgocdError("no answer", { class: "unreachable", retry: "backoff" });
    };
  }

  get isBusy(): boolean {
    return this.#shown?.fate === "pending" || this.#shown?.fate === "running";
  }

  /** Own operations that happened and can still be found, so that no other one may be begun. */
  get found(): readonly OwnOperation[] {
    return this.own.filter(({ fate, isReplaced }) => fate === "succeeded" || !isReplaced);
  }

  /** The controller goes on with what is under way. */
  control(isGood: boolean): void {
    const shown = this.#shown;
    if (shown === undefined || !this.isBusy) return;
    const fate = shown.fate === "pending" ? "running" : isGood ? "succeeded" : "failed";
    shown.fate = fate;
    if (shown.own !== undefined) shown.own.fate = fate;
    if (fate === "succeeded") {
      const initiatedBy = { username: shown.own === undefined ? "mallory" : "quarterdeck" };
      this.#history.push({ id: this.#history.length + 3, revision: shown.revision, initiatedBy });
    }
    this.#show();
  }

  /** What is under way comes to its end. */
  end(isGood: boolean): void {
    while (this.isBusy) this.control(isGood);
  }

  /** Somebody else syncs, when nothing is under way. */
  other(revision: string): void {
    if (!this.isBusy) this.#begin(undefined, revision);
  }

  /** Executes the step; a process that dies on the way leaves its checkpoint and nothing else. */
  async execute(dies: "no" | "before" | "after"): Promise<Outcome | undefined> {
    const kind = argocdSync({
      servers: this.argocd.servers,
      clock: { now: () => 1000, sleep: () => Promise.resolve(), monotonic: () => 1000 },
      preparation: {
        ruleOf: () => undefined,
        git: { commitsBetween: () => Promise.resolve({ kind: "unknown-live", sha: SHA_A }) },
      },
    });
    if (kind.sort !== "action" || kind.prepare === undefined) throw new Error("not an action");
    const stop = new AbortController();
    const context: ActionContext = {
      effect: { run: "run_1", path: "promote/sync", attempt: this.#attempt },
      facts: { runTitle: "t", requester: "p", requesterUser: "U1" },
      signal: stop.signal,
      startedAt: 1,
      checkpointed: this.#checkpoint,
      artifacts: noArtifacts,
      progress: () => undefined,
      checkpoint: async (data) => {
        this.#checkpoint = data;
        if (dies === "before") stop.abort(new Error("killed"));
      },
    };
    const input = { app: "main/argocd/checkout-prod", revision: SHA_B };
    const outcome = await kind.run(input, { ...context, prepared: await kind.prepare(input, context) });
    if (dies !== "no") return undefined;
    if (outcome.status === "failed") this.#attempt += 1;
    return outcome;
  }

  #begin(own: OwnOperation | undefined, revision: string): void {
    const before = this.#shown?.own;
    if (before !== undefined) before.isReplaced = true;
    this.#shown = { own, revision, fate: "pending" };
    this.#show();
  }

  #show(): void {
    const shown = this.#shown;
    const by =
      shown?.own === undefined ? "mallory" : { run: "run_1", step: "promote/sync", attempt: shown.own.attempt };
    const phase = { pending: "Running", running: "Running", succeeded: "Succeeded", failed: "Failed" }[
      shown?.fate ?? "failed"
    ];
    const operation = shown !== undefined && this.isBusy ? { operation: anOperation(shown.revision, by) } : {};
    const state =
      shown === undefined || shown.fate === "pending" ? {} : { operationState: aState(shown.revision, by, phase) };
    this.argocd.put(anApplication({ ...operation, status: { history: [...this.#history], ...state } }));
  }
}

const act = fc.record({
  what: fc.constantFrom("execute", "execute", "execute", "end", "end", "control", "other", "other"),
  dies: fc.constantFrom("no", "before", "after", "after"),
  answer: fc.constantFrom("given", "lost", "never-arrives"),
  isGood: fc.boolean(),
  revision: fc.constantFrom(SHA_B, SHA_C),
} as const);

interface Happening {
  readonly what: "end" | "control" | "other";
  readonly isGood: boolean;
  readonly revision: string;
}

function happen(world: World, { what, isGood, revision }: Happening): void {
  if (what === "control") return world.control(isGood);
  if (what === "other") world.other(revision);
  world.end(isGood);
}

describe("a sync that is executed, killed, and executed again beside others who sync", () => {
  it("never begins an operation while one of its own that happened can be found", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 3, maxLength: 25 }), async (acts) => {
        const world = new World();
        for (const { what, dies, answer, isGood, revision } of acts) {
          if (what !== "execute") {
            happen(world, { what, isGood, revision });
            continue;
          }
          const [count, found] = [world.own.length, world.found.length];
          world.answer = answer;
          const outcome = await world.execute(dies);
          if (found > 0) expect(world.own).toHaveLength(count);
          if (outcome?.status === "succeeded") return;
        }
      }),
      { numRuns: 600 },
    );
  });

  it("ends once it is let, with an operation of its own, whatever somebody else has deployed meanwhile", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 15 }), async (acts) => {
        const world = new World();
        let outcome: Outcome | undefined;
        for (const { what, dies, answer, isGood, revision } of acts) {
          world.answer = answer;
          if (what !== "execute") happen(world, { what, isGood, revision });
          else outcome = await world.execute(dies);
          if (outcome?.status === "succeeded") break;
        }
        world.answer = "given";
        for (let round = 0; round < 4 && outcome?.status !== "succeeded"; round += 1) {
          outcome = await world.execute("no");
          world.control(true);
        }
        expect([outcome?.status, world.own.length > 0]).toEqual(["succeeded", true]);
      }),
      { numRuns: 200 },
    );
  });
});
