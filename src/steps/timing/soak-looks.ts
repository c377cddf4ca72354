import { z } from "zod";

import type { Clock } from "../../platform/clock.ts";
import { metricLook } from "../metrics/metrics-check.ts";
import { MetricShape, requireBound } from "../metrics/metric-query.ts";
import { judgedLook } from "../network/good-in-a-row.ts";
import { HttpLookShape, httpTargets, type HttpTargetDeps } from "../network/http-targets.ts";
import { durationInput } from "./duration-input.ts";
import type { SoakFinding } from "./soak-judgement.ts";

const DAY_MS = 86_400_000;
const DEFAULT_PROBE_MS = 10_000;
const DEFAULT_METRIC_MS = 15_000;

const interval = (unless: string) =>
  durationInput({ leastMs: 1000, mostMs: DAY_MS })
    .optional()
    .meta({ description: `The pause between two looks; ${unless} unless said` });

/** An HTTP probe within a soak. */
export const SoakProbe = z.strictObject({
  ...HttpLookShape,
  interval: interval("10s"),
  latency: durationInput({ leastMs: 1, mostMs: 300_000 })
    .optional()
    .meta({ description: "An answer that takes longer is no good" }),
});
type SoakProbe = z.infer<typeof SoakProbe>;

/** A metric within a soak. */
export const SoakMetric = z.strictObject({ ...MetricShape, interval: interval("15s") });
type SoakMetric = z.infer<typeof SoakMetric>;

interface Deps extends HttpTargetDeps {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** There is a new finding. */
  readonly onNews: () => void;
}

/** Something that is looked at again and again while a soak lasts. */
export class SoakLook {
  readonly #deps: Deps;
  readonly #intervalMs: number;
  readonly #look: (signal: AbortSignal) => Promise<SoakFinding>;
  #finding: SoakFinding = { kind: "good" };

  constructor(deps: Deps, order: { readonly intervalMs: number; look(signal: AbortSignal): Promise<SoakFinding> }) {
    this.#deps = deps;
    this.#intervalMs = order.intervalMs;
    this.#look = (signal) => order.look(signal);
  }

  /** What the last look found; nothing is known before the first. */
  get finding(): SoakFinding {
    return this.#finding;
  }

  /** Looks once. Throws the signal's reason, and what no other look can mend. */
  async once(): Promise<void> {
    this.#finding = await this.#look(this.#deps.signal);
    this.#deps.onNews();
  }

  /** Looks again and again, for the first time after a pause, until the signal ends it. Throws as `once` does. */
  async goOn(): Promise<never> {
    const { clock, signal } = this.#deps;
    for (;;) {
      await clock.sleep(this.#intervalMs, signal);
      await this.once();
    }
  }
}

/** Everything that is looked at beside the application. Throws what is wrong with the inputs. */
export async function soakLooks(
  deps: Deps,
  { probes, metrics }: { readonly probes: readonly SoakProbe[]; readonly metrics: readonly SoakMetric[] },
): Promise<readonly SoakLook[]> {
  const looks: SoakLook[] = [];
  for (const probe of probes) looks.push(...(await probeLooks(deps, probe)));
  return [...looks, ...metrics.map((metric) => lookAtMetric(deps, metric))];
}

async function probeLooks(
  deps: Deps,
  { interval: intervalMs = DEFAULT_PROBE_MS, latency: latencyMs, ...input }: SoakProbe,
): Promise<readonly SoakLook[]> {
  const targets = await httpTargets(deps, input);
  return targets.map((target) => {
    const look = async (signal: AbortSignal): Promise<SoakFinding> => {
      const { problem } = await judgedLook(target, { latencyMs, signal });
      return problem === undefined ? { kind: "good" } : { kind: "bad", reason: `${target.name}: ${problem}` };
    };
    return new SoakLook(deps, { intervalMs, look });
  });
}

function lookAtMetric(deps: Deps, { interval: intervalMs = DEFAULT_METRIC_MS, ...query }: SoakMetric): SoakLook {
  requireBound(query);
  const look = async (signal: AbortSignal): Promise<SoakFinding> => (await metricLook(deps, query, signal)).finding;
  return new SoakLook(deps, { intervalMs, look });
}
