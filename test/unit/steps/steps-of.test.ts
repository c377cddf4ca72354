import { describe, expect, it } from "vitest";
import { z } from "zod";

import { defineAction, defineWait } from "../../../src/engine/step-kind.ts";
import { IDLE_DEPS } from "../../../src/steps/idle-deps.ts";
import type { KindDeps, StepSource } from "../../../src/steps/step-deps.ts";
import { stepsOf, workerStepsOf } from "../../../src/steps/steps-of.ts";
import { StepBench } from "../../support/step-bench.ts";

const Output = z.strictObject({ private: z.string() });
const common = { summary: "Asks for the policy.", input: z.strictObject({}), output: Output };

function asking(networkPolicy: KindDeps["networkPolicy"]): { status: "succeeded"; output: { private: string } } {
  return { status: "succeeded", output: { private: networkPolicy().privateAddresses } };
}

const SOURCE: StepSource = {
  make: ({ networkPolicy }) => [
    defineAction({
      ...common,
      kind: "acme/asks",
      repeat: "safe",
      run: () => Promise.resolve(asking(networkPolicy)),
    }),
    defineAction({
      ...common,
      kind: "acme/prepares",
      repeat: "safe",
      prepare: () => Promise.resolve(networkPolicy().privateAddresses),
      run: (_input, { prepared }) =>
        Promise.resolve({ status: "succeeded", output: { private: z.string().parse(prepared) } }),
    }),
    defineAction({
      ...common,
      kind: "acme/on-server",
      repeat: "safe",
      where: "server",
      run: () => Promise.resolve(asking(networkPolicy)),
    }),
    defineWait({ ...common, kind: "acme/waits", run: () => Promise.resolve(asking(networkPolicy)) }),
  ],
};
const deps = { ...IDLE_DEPS, networkPolicy: () => ({ privateAddresses: "deny", allow: [] }) as const };
const kinds = stepsOf([SOURCE], deps);

function bench(kind: string): StepBench {
  const found = kinds.get(kind);
  if (found === undefined) throw new Error(kind);
  return new StepBench(found);
}

describe("the step kinds of all sources", () => {
  it.each(["acme/prepares", "acme/on-server", "acme/waits"])("have in %s what only the server has", async (kind) => {
    expect(await bench(kind).output({})).toEqual({ private: "deny" });
  });

  it("refuse it to an action that a worker might get, also where there is none", async () => {
    expect(await bench("acme/asks").failure({})).toMatchObject({
      code: "step.server-only",
      message: expect.stringContaining('Only the server has "networkPolicy"'),
    });
  });

  it("are on a worker those that it may get", () => {
    expect([...workerStepsOf([SOURCE], IDLE_DEPS).keys()]).toEqual(["acme/asks", "acme/prepares"]);
  });
});
