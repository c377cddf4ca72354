import type { Programs } from "../../src/programs/program-order.ts";

/** Fakes, or those of this machine, which end with the test what it has started. */
export type BenchPrograms = Programs & Partial<AsyncDisposable>;
