import { z } from "zod";

import { effectKey } from "../../../src/domain/effect.ts";
import type { Outcome } from "../../../src/domain/outcome.ts";
import { type ActionContext, defineAction, type Repeat, type StepKind } from "../../../src/engine/step-kind.ts";
import type { Clock } from "../../../src/platform/clock.ts";
import type { Dice } from "../dice.ts";
import type { Execution, RemoteWitness, Wanted } from "./remote-witness.ts";

interface Deps {
  /** Which worker has these steps. */
  readonly worker: string;
  readonly clock: Clock;
  readonly dice: Dice;
  readonly witness: RemoteWitness;
  readonly wantedOf: (key: string) => Wanted | undefined;
}

const REPEATS: readonly Repeat[] = ["safe", "keyed", "ask"];

/** The name of the step that may be repeated so. */
export function usesOf(repeat: Repeat): string {
  return `story/${repeat}`;
}

/** One step for each way of repeating, which look, write down what they are about to do, and do it, as those of the product. */
export function remoteSteps(deps: Deps): ReadonlyMap<string, StepKind> {
  return new Map(REPEATS.map((repeat) => [usesOf(repeat), stepOf(repeat, deps)]));
}

function stepOf(repeat: Repeat, deps: Deps): StepKind {
  return defineAction({
    kind: usesOf(repeat),
    summary: "",
    repeat,
    input: z.strictObject({ token: z.int() }),
    output: z.looseObject({}),
    run: ({ token }, context) => execute(deps, { key: effectKey(context.effect), token, repeat }, context),
  });
}

async function execute(
  { worker, clock, dice, witness, wantedOf }: Deps,
  what: Pick<Execution, "key" | "token" | "repeat">,
  context: ActionContext,
): Promise<Outcome & { status: "succeeded" }> {
  const { key, repeat } = what;
  const { signal } = context;
  const execution: Execution = {
    ...what,
    worker,
    didAct: false,
    wasStopped: false,
    isSlow: false,
    hasEnded: false,
    isDead: false,
  };
  witness.began(execution);
  signal.addEventListener("abort", () => {
    const reason = signal.reason instanceof Error ? signal.reason.name : "";
    if (!execution.hasEnded) witness.stopped(execution, wantedOf(key), reason);
  });
  const wait = (low: number, high: number): Promise<void> => clock.sleep(dice.between(low, high), signal);
  try {
    await (dice.chance(0.5) ? wait(1, 40) : wait(1, 500));
    const isDone = repeat === "keyed" && witness.executions.some((other) => other.key === key && other.didAct);
    if (!isDone) {
      await context.checkpoint({ by: worker });
      witness.acted(execution, wantedOf(key));
    }
    await (dice.chance(0.9) ? wait(100, 8000) : wait(8000, 25_000));
  } catch (error) {
    // Some take their time to stop.
    if (dice.chance(0.3)) await clock.sleep(dice.between(200, 4000));
    else if (dice.chance(0.1)) {
      execution.isSlow = true;
      await clock.sleep(dice.between(4000, 25_000));
    }
    throw error;
  } finally {
    execution.hasEnded = true;
  }
  return { status: "succeeded", output: {} };
}
