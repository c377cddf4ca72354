import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { Ended, ProgramCall, SimulatedProgram } from "../programs/program-stage.ts";

export const JOB = "/usr/local/bin/job";
/** What a program gets in its environment, and prints. */
export const JOB_SECRET = "canary-of-the-job-3141";

/** One time that a program was run. */
export interface JobRun {
  readonly args: readonly string[];
  readonly variables: readonly string[];
  readonly life: number;
  readonly startedAt: number;
  /** When it was gone, however that came. */
  goneAt: number | undefined;
  /** How it ended by itself. */
  end: Ended | undefined;
  /** It was told to end. */
  isTold: boolean;
}

interface Machine {
  readonly runs: JobRun[];
  readonly isTroubled: () => boolean;
  readonly life: () => number;
}

/** A program that does something for a while, prints what it should not, and ends well or not; some hang until they are told to end. */
export function jobProgram({ runs, isTroubled, life }: Machine): SimulatedProgram {
  return async (call) => {
    const { args, env = {} } = call.order;
    const run: JobRun = {
      args,
      variables: Object.keys(env),
      life: life(),
      startedAt: call.now(),
      goneAt: undefined,
      end: undefined,
      isTold: false,
    };
    runs.push(run);
    // Somebody else may end it.
    if (isTroubled() && call.dice.chance(0.12)) call.doom(call.dice.below(4));
    try {
      run.end = await work(call, isTroubled);
      run.isTold = call.isTold;
      return run.end;
    } finally {
      run.goneAt = call.now();
    }
  };
}

async function work(call: ProgramCall, isTroubled: () => boolean): Promise<Ended> {
  const { dice } = call;
  const luck = isTroubled() ? dice.fraction() : 1;
  const moments = dice.between(1, 12);
  // Some hang until somebody tells them to end, or all is well.
  const isHanging = (): boolean => luck < 0.08 && isTroubled();
  for (let moment = 0; (moment < moments || isHanging()) && !call.isTold; moment += 1) {
    call.print(`step ${moment} of ${call.order.args.join(" ")} with ${call.env["SECRET"] ?? "nothing"}`);
    await call.pass(100, 2500);
  }
  if (call.isTold) {
    await call.pass(10, 800);
    return { exitCode: 143 };
  }
  const exitCode = luck < 0.2 ? 1 : luck < 0.35 ? 3 : 0;
  const stdout = `made ${dice.hex(6)} with ${call.env["SECRET"] ?? "nothing"}\n`;
  return { exitCode, stdout, stderr: exitCode === 0 ? "" : `it went wrong: ${call.env["SECRET"] ?? ""}` };
}

interface Valid {
  /** Everything that it printed. */
  readonly printed: string[];
  readonly isTroubled: () => boolean;
  readonly isValid: (text: string) => boolean;
}

/** kubeconform, as far as it is asked about a folder of manifests. */
export function kubeconformProgram({ printed, isTroubled, isValid }: Valid): SimulatedProgram {
  return async (call) => {
    const { dice } = call;
    const folder = join(call.order.folder, "manifests");
    const files = readdirSync(folder).toSorted();
    const resources = files.map((file) => {
      const text = readFileSync(join(folder, file), "utf8");
      const { kind, metadata } = Object(JSON.parse(text));
      const about = { filename: `manifests/${file}`, kind, name: metadata?.name ?? "" };
      if (isValid(text)) return { ...about, status: "statusValid", msg: "" };
      return { ...about, status: "statusInvalid", msg: "wrong", validationErrors: [{ path: "/spec", msg: "wrong" }] };
    });
    await call.pass(50, 3000);
    const isBad = resources.some(({ status }) => status === "statusInvalid");
    const whole = { exitCode: isBad ? 1 : 0, stdout: JSON.stringify({ resources }) };
    const end = !isTroubled() || dice.chance(0.7) ? whole : mishap(dice.below(6), whole, resources);
    printed.push(end.stdout ?? "");
    return end;
  };
}

function mishap(which: number, whole: { readonly stdout: string }, resources: readonly object[]): Ended {
  const left = resources.slice(0, -1);
  const skipped = resources.map((resource) => ({ ...resource, status: "statusSkipped", msg: "" }));
  const valid = resources.map((resource) => ({ ...resource, status: "statusValid", msg: "" }));
  const ends: readonly Ended[] = [
    { exitCode: 0, stdout: "" },
    { exitCode: 0, stdout: whole.stdout.slice(0, -9) },
    { exitCode: 0, stdout: JSON.stringify({ resources: left }) },
    { exitCode: 0, stdout: JSON.stringify({ resources: skipped }) },
    { exitCode: 1, stdout: JSON.stringify({ resources: valid }) },
    { exitCode: 2, stdout: whole.stdout, stderr: "failed to open the schemas" },
  ];
  return ends[which] ?? { exitCode: 2 };
}
