import type { AskResult, MachineDoor } from "../engine/machine-door.ts";
import { statusOf } from "./refusal-of.ts";

/** One time that it was tried to do what a request asks for. */
export interface Attempt {
  /** Under which it is on record. */
  readonly key: string;
  /** Undefined for a request that was never made. */
  readonly result: AskResult | "pending" | undefined;
  /** Under which it can be tried anew, where that has come to nothing only because somebody was away. */
  readonly next?: string;
}

// Whoever tries more often than that has to say so, with a key of its own.
const MOST_ATTEMPTS = 200;

/** The newest attempt of the request that is on record under `first`. There is a next one only once nothing more can come of it. */
export function newestAttempt(machines: Pick<MachineDoor, "resultOf">, first: string): Attempt {
  let newest: Attempt = { key: first, result: machines.resultOf(first) };
  for (let count = 2; isPassing(newest.result) && count <= MOST_ATTEMPTS; count += 1) {
    const key = `${first}/${count}`;
    const result = machines.resultOf(key);
    if (result === undefined) return { ...newest, next: key };
    newest = { key, result };
  }
  return newest;
}

/** Whether it came to nothing because of something that passes by itself. */
function isPassing(result: Attempt["result"]): boolean {
  return result !== undefined && result !== "pending" && statusOf(result.code) === 503;
}
