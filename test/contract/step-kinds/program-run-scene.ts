import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { onTestFinished } from "vitest";

import type { ProgramOrder } from "../../../src/programs/program-order.ts";
import type { AllowedProgram } from "../../../src/steps/program/allowed-program.ts";
import { programRun } from "../../../src/steps/program/program-run.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { TOKEN, type ActionScene } from "../step-kind.contract.ts";

/** A program that says everything that it was given. */
export async function programScene(): Promise<ActionScene> {
  const folder = await mkdtemp(join(tmpdir(), "quarterdeck-contract-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const state = { runs: 0, isHeld: false };
  const begun = Promise.withResolvers<void>();
  const run = async ({ env = {}, onLine, signal }: ProgramOrder) => {
    state.runs += 1;
    const stdout = `${JSON.stringify(env)}\n`;
    onLine?.(stdout.trim(), "stdout");
    if (state.isHeld) {
      const stopped = new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      });
      begun.resolve();
      await stopped;
    }
    return { exitCode: 0, endedBy: undefined, stdout, stderr: "", isCut: false };
  };
  const lint: AllowedProgram = {
    path: "/usr/local/bin/lint",
    args: [],
    options: false,
    env: {},
    variables: ["API_TOKEN"],
    repeat: "ask",
  };
  const kind = programRun({
    clock: new FakeClock(),
    programs: { run },
    folders: { use: (_wanted, work) => work(folder) },
    preparation: {
      allowedProgram: () => lint,
      exportFolder: () => Promise.reject(new Error(`nothing is exported, ${TOKEN} least of all`)),
    },
  });
  return {
    kind,
    input: { program: "lint", args: ["src"], env: { API_TOKEN: { secret: "TOKEN" } } },
    effects: () => state.runs,
    hold: () => {
      state.isHeld = true;
      return begun.promise;
    },
  };
}
