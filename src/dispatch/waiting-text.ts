import type { KnownWorker } from "./worker-registry.ts";
import { PROTOCOL } from "./wire.ts";

interface Waiting {
  readonly uses: string;
  /** Why Redis cannot be used now. */
  readonly trouble: string | undefined;
  readonly workers: readonly KnownWorker[];
  /** What workers said that took the job and could not execute it. */
  readonly refusals: readonly string[];
}

/** Why a step that no worker has begun still waits, for people. */
export function waitingText({ uses, trouble, workers, refusals }: Waiting): string {
  if (trouble !== undefined) return `Waiting for Redis: ${trouble}`;
  if (workers.length === 0) return "Waiting: no worker is connected";
  const able = workers.filter(({ protocol, kinds }) => protocol === PROTOCOL && kinds.has(uses));
  if (able.length === 0) return `Waiting for a worker that knows ${uses}: ${whoCannot(workers)}`;
  const [refusal] = refusals;
  if (able.every(({ free }) => free === 0)) return "Waiting for a free worker";
  return refusal === undefined ? "Waiting for a worker" : `Waiting for another worker: ${refusal}`;
}

/** The connected workers with their versions, none of which can execute something. */
export function whoCannot(workers: readonly KnownWorker[]): string {
  return `${workers.map(({ id, version }) => `${id} (version ${version})`).join(", ")} cannot`;
}
