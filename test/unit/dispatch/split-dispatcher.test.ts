import { describe, expect, it } from "vitest";
import { z } from "zod";

import { SplitDispatcher } from "../../../src/dispatch/split-dispatcher.ts";
import type { Dispatcher } from "../../../src/engine/ports.ts";
import { defineAction } from "../../../src/engine/step-kind.ts";
import { SAFE_JOB, SAFE_KINDS } from "./sample-job.ts";

const SERVER_KIND = defineAction({
  kind: "test/at-home",
  summary: "",
  repeat: "keyed",
  where: "server",
  input: z.looseObject({}),
  output: z.looseObject({}),
  run: () => Promise.resolve({ status: "succeeded", output: {} }),
});

function open() {
  const said: string[] = [];
  const way = (name: string): Dispatcher => ({
    dispatch: ({ uses }) => void said.push(`${name} gets ${uses}`),
    cancel: (_effect, reason) => void said.push(`${name} cancels: ${reason}`),
    [Symbol.asyncDispose]: async () => void said.push(`${name} ends`),
  });
  const kinds = new Map([...SAFE_KINDS, [SERVER_KIND.kind, SERVER_KIND]]);
  return { said, split: new SplitDispatcher({ kinds, here: way("the server"), elsewhere: way("a worker") }) };
}

describe("jobs where there are workers", () => {
  it("go to the server when only that can execute them, and to workers otherwise", () => {
    const { said, split } = open();
    split.dispatch({ ...SAFE_JOB, uses: "test/at-home" });
    split.dispatch(SAFE_JOB);
    split.dispatch({ ...SAFE_JOB, uses: "nobody/knows" });
    expect(said).toEqual(["the server gets test/at-home", "a worker gets test/safe", "a worker gets nobody/knows"]);
  });

  it("are cancelled and ended wherever they are", async () => {
    const { said, split } = open();
    split.cancel(SAFE_JOB.effect, "nobody wants it");
    await split[Symbol.asyncDispose]();
    expect(said).toEqual([
      "the server cancels: nobody wants it",
      "a worker cancels: nobody wants it",
      "the server ends",
      "a worker ends",
    ]);
  });
});
