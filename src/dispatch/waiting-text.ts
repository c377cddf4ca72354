import { otherVersions } from "./kind-name.ts";
import type { KnownWorker } from "./worker-registry.ts";
import { PROTOCOL } from "./wire.ts";

interface Waiting {
  /** Of the kind, see `kindName`. */
  readonly name: string;
  /** Why Redis cannot be used now. */
  readonly trouble: string | undefined;
  readonly workers: readonly KnownWorker[];
  /** What workers said that took the job and could not execute it. */
  readonly refusals: readonly string[];
}

/** Why a step that no worker has begun still waits, for people. */
export function waitingText({ name, trouble, workers, refusals }: Waiting): string {
  if (trouble !== undefined) return `Waiting for Redis: ${trouble}`;
  if (workers.length === 0) return "Waiting: no worker is connected";
  const able = workers.filter(({ protocol, kinds }) => protocol === PROTOCOL && kinds.has(name));
  if (able.length === 0) return `Waiting for a worker that knows ${name}: ${whoCannot(workers, name)}`;
  const [refusal] = refusals;
  if (able.every(({ free }) => free === 0)) return "Waiting for a free worker";
  return refusal === undefined ? "Waiting for a worker" : `Waiting for another worker: ${refusal}`;
}

/** The connected workers with their versions, none of which can execute what has that name. */
export function whoCannot(workers: readonly KnownWorker[], name: string): string {
  const who = workers.map(({ id, version, kinds }) => {
    const others = otherVersions(name, kinds).map((other) => ` with ${other}`);
    return `${id} (version ${version}${others.join("")})`;
  });
  return `${who.join(", ")} cannot`;
}
