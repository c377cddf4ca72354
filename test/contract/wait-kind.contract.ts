import { describe, expect, it } from "vitest";

import { Outcome, type Progress } from "../../src/domain/outcome.ts";
import { noArtifacts } from "../../src/engine/artifacts.ts";
import { equippedKinds } from "../../src/engine/equipped-kinds.ts";
import { maskedKinds } from "../../src/engine/masked-kinds.ts";
import { Cancelled } from "../../src/engine/step-executor.ts";
import type { StepFacts, StepKind } from "../../src/engine/step-kind.ts";
import type { JsonMap } from "../../src/platform/canonical-json.ts";
import { SecretMask } from "../../src/platform/masking.ts";
import { settle } from "../support/fake-clock.ts";
import { testVault } from "../support/idle-tools.ts";
import { MemoryArtifacts } from "../support/memory-artifacts.ts";
import { TOKEN } from "./step-kind.contract.ts";

/** A wait in a world of its own, in which what it waits for has not happened yet. */
export interface WaitScene {
  readonly kind: StepKind;
  readonly input: JsonMap;
  readonly facts?: Partial<StepFacts> | undefined;
  /** What it waits for happens, and the wait has had the time to see it. */
  readonly happen: () => Promise<void>;
}

/** One watch over the world of a scene; as many as one likes may follow one another. */
function watch({ kind, input, facts }: WaitScene) {
  const stop = new AbortController();
  const said: Progress[] = [];
  const mask = new SecretMask();
  const tools = { artifacts: new MemoryArtifacts(), vault: testVault({ TOKEN }), mask };
  const ready = maskedKinds(equippedKinds(new Map([[kind.kind, kind]]), tools), mask).get(kind.kind);
  if (ready?.sort !== "wait") throw new Error(`${kind.kind} is no wait`);
  const state: { outcome?: Outcome } = {};
  const ended = ready
    .run(input, {
      effect: { run: "run_1", path: "promote/step", attempt: 1 },
      facts: { runTitle: "Promote checkout", requester: "p_ana", requesterUser: "U1", ...facts },
      signal: stop.signal,
      startedAt: 0,
      artifacts: noArtifacts,
      progress: (told) => void said.push(told),
    })
    .then((outcome) => (state.outcome = outcome));
  return { stop, said, state, ended };
}

/** What every wait promises, whatever it waits for. `open` makes a new world. */
export function waitContract(name: string, open: () => Promise<WaitScene>): void {
  describe(`the wait ${name}`, () => {
    it("ends when what it waits for has happened, and not before, in what JSON carries", async () => {
      const scene = await open();
      const { state, ended } = watch(scene);
      await settle();
      expect(state.outcome).toBeUndefined();
      await scene.happen();
      const outcome = await ended;
      expect(outcome).toMatchObject({ status: "succeeded" });
      expect(Outcome.parse(JSON.parse(JSON.stringify(outcome)))).toEqual(outcome);
    });

    it("says no secret", async () => {
      const scene = await open();
      const { said, ended } = watch(scene);
      await scene.happen();
      expect(JSON.stringify([await ended, said])).not.toContain(TOKEN);
    });

    it("stops when it is told to, and says nothing afterwards", async () => {
      const scene = await open();
      const { stop, said, ended } = watch(scene);
      await settle();
      stop.abort(new Cancelled("the run was cancelled"));
      expect(await ended).toMatchObject({ status: "failed" });
      const before = said.length;
      await scene.happen();
      await settle();
      expect(said).toHaveLength(before);
    });

    it("finds what has happened while nobody watched", async () => {
      const scene = await open();
      const first = watch(scene);
      await settle();
      first.stop.abort(new Error("the server ends"));
      await first.ended;
      await scene.happen();
      const second = watch(scene);
      await scene.happen();
      expect(await second.ended).toMatchObject({ status: "succeeded" });
    });
  });
}
