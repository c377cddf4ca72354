import { setImmediate } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";

import { causeOf } from "./finding.ts";
import type { FuzzTarget } from "./fuzz-target.ts";

export interface Tried {
  /** Of the processor, on this thread: another busy program does not count. */
  readonly cpuMs: number;
  readonly result: unknown;
  /** Why it is a finding. */
  readonly cause: string | undefined;
}

/** Gives one input to a target. Never rejects. */
export async function tryInput(target: FuzzTarget, input: string): Promise<Tried> {
  const before = process.threadCpuUsage();
  try {
    const running = target.run(input);
    const result = running instanceof Promise ? await settled(running) : running;
    return { cpuMs: sinceMs(before), result, cause: undefined };
  } catch (error) {
    return { cpuMs: sinceMs(before), result: undefined, cause: causeOf(error) };
  }
}

/** The same twice; what comes out has to be the same. */
export async function tryTwice(target: FuzzTarget, input: string): Promise<Tried & { readonly isSame: boolean }> {
  const first = await tryInput(target, input);
  const second = await tryInput(target, input);
  return { ...first, isSame: first.cause === second.cause && isDeepStrictEqual(first.result, second.result) };
}

async function settled(running: Promise<unknown>): Promise<unknown> {
  const result = await running;
  // What nobody caught shows at the end of the turn, and belongs to this input.
  await setImmediate();
  return result;
}

function sinceMs(before: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}
