import type { Progress } from "../../domain/outcome.ts";
import type { Clock } from "../../platform/clock.ts";
import { AppError, errorMessage } from "../../platform/errors.ts";
import { timeLimit } from "../../platform/time-limit.ts";

/** What one look at a target gave: how long its answer took where there was one, and why it was no good where it was none. */
export interface Look {
  readonly problem: string | undefined;
  readonly latencyMs: number | undefined;
}

export interface ProbeTarget {
  readonly name: string;
  look(signal: AbortSignal): Promise<Look>;
}

export interface ProbeOrder {
  readonly targets: readonly ProbeTarget[];
  /** How many good looks in a row it takes for each target. */
  readonly goodInARow: number;
  readonly intervalMs: number;
  /** An answer that takes longer is no good; unbounded when absent. */
  readonly latencyMs?: number | undefined;
  /** After this it is over. */
  readonly leftMs: number;
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress) => void;
}

/** How a target stands. */
export interface TargetRecord {
  readonly target: string;
  looks: number;
  bad: number;
  inARow: number;
  /** Of the last look with an answer, and of the slowest one, in milliseconds. */
  latency: number | undefined;
  slowest: number | undefined;
  /** Why the last look was no good. */
  problem: string | undefined;
}

/**
 * Looks at every target again and again until each was good so many times in a row. `isGood` is false when the time was over first.
 * Throws the signal's reason, and what no other look can mend.
 */
export async function goodInARow(
  clock: Clock,
  order: ProbeOrder,
): Promise<{ readonly isGood: boolean; readonly records: readonly TargetRecord[] }> {
  using limit = timeLimit(clock, Math.max(0, order.leftMs));
  const failed = new AbortController();
  const signal = AbortSignal.any([order.signal, limit.signal, failed.signal]);
  const records = order.targets.map(({ name }) => emptyRecord(name));
  const show = (): void => order.progress(progressOf(records, order.goodInARow));
  show();
  const probes = order.targets.map(async (target, index) => {
    const record = records[index] ?? emptyRecord(target.name);
    await probe(clock, { order, target, record, signal, show });
  });
  try {
    await Promise.all(probes);
  } catch (error) {
    failed.abort(error);
    await Promise.allSettled(probes);
    order.signal.throwIfAborted();
    if (!limit.signal.aborted) throw error;
  }
  return { isGood: records.every(({ inARow }) => inARow >= order.goodInARow), records };
}

function emptyRecord(target: string): TargetRecord {
  return { target, looks: 0, bad: 0, inARow: 0, latency: undefined, slowest: undefined, problem: undefined };
}

interface Probe {
  readonly order: ProbeOrder;
  readonly target: ProbeTarget;
  readonly record: TargetRecord;
  readonly signal: AbortSignal;
  readonly show: () => void;
}

async function probe(clock: Clock, { order, target, record, signal, show }: Probe): Promise<void> {
  while (record.inARow < order.goodInARow) {
    if (record.looks > 0) await clock.sleep(order.intervalMs, signal);
    signal.throwIfAborted();
    const look = await judgedLook(target, { latencyMs: order.latencyMs, signal });
    note(record, look);
    show();
  }
}

/** One look, held against the longest time that an answer may take. What can be better the next time is no error. */
export async function judgedLook(
  target: ProbeTarget,
  { latencyMs, signal }: { readonly latencyMs: number | undefined; readonly signal: AbortSignal },
): Promise<Look> {
  try {
    const look = await target.look(signal);
    const isSlow = latencyMs !== undefined && look.latencyMs !== undefined && look.latencyMs > latencyMs;
    if (!isSlow || look.problem !== undefined) return look;
    return { ...look, problem: `the answer took ${look.latencyMs} ms, and ${latencyMs} ms are the most` };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof AppError) || FINAL.has(error.code)) throw error;
    return { problem: errorMessage(error), latencyMs: undefined };
  }
}

// How it was written, and what was configured, stays wrong however often it is tried.
const FINAL: ReadonlySet<string> = new Set([
  "network.refused-address",
  "network.tls-file",
  "http.bad-url",
  "http.bad-header",
]);

function note(record: TargetRecord, { problem, latencyMs }: Look): void {
  record.looks += 1;
  record.problem = problem;
  record.inARow = problem === undefined ? record.inARow + 1 : 0;
  if (problem !== undefined) record.bad += 1;
  if (latencyMs === undefined) return;
  record.latency = latencyMs;
  record.slowest = Math.max(record.slowest ?? 0, latencyMs);
}

const MOST_LINES = 5;

function progressOf(records: readonly TargetRecord[], wanted: number): Progress {
  const done = records.filter(({ inARow }) => inARow >= wanted).length;
  const bad = records.filter(({ problem }) => problem !== undefined);
  const lines = bad.slice(0, MOST_LINES).map(({ target, problem }) => `${target}: ${problem ?? ""}`);
  const [only] = records;
  if (records.length === 1 && only !== undefined) {
    return { text: "Good answers in a row", done: only.inARow, total: wanted, lines };
  }
  return {
    text: `Targets good ${wanted === 1 ? "once" : `${wanted} times in a row`}`,
    done,
    total: records.length,
    lines,
  };
}
