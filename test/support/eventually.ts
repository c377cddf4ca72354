import { vi } from "vitest";

/** What a busy machine may need for something that takes a moment on one that is not. */
const PATIENCE_MS = 60_000;

/** Resolves with what `look` returns or resolves with, as soon as it does not throw; rejects with its error after a minute. */
export async function eventually<Value>(look: () => Value | Promise<Value>): Promise<Value> {
  return await vi.waitFor(look, { timeout: PATIENCE_MS, interval: 20 });
}
