import type { Clock } from "../platform/clock.ts";
import { errorMessage } from "../platform/errors.ts";
import { type Area, type Finding, Subject } from "./finding.ts";

/** One thing to be looked at. May throw: that is a finding as well. */
export interface Probe {
  readonly area: Area;
  readonly subject: string;
  /** `signal` aborts when the time for it is over. */
  readonly look: (signal: AbortSignal) => Promise<readonly Finding[]>;
}

/** Looks at everything at the same time, whatever fails; what takes longer than `limitMs` is a problem. In the order of the probes. */
export async function runProbes(
  probes: readonly Probe[],
  { clock, limitMs }: { readonly clock: Clock; readonly limitMs: number },
): Promise<readonly Finding[]> {
  const found = await Promise.all(probes.map((probe) => runProbe(probe, { clock, limitMs })));
  return found.flat();
}

async function runProbe(
  { area, subject, look }: Probe,
  { clock, limitMs }: { readonly clock: Clock; readonly limitMs: number },
): Promise<readonly Finding[]> {
  const about = new Subject(area, subject);
  const stop = new AbortController();
  const late = Promise.withResolvers<readonly Finding[]>();
  const timer = clock.setTimer(limitMs, () => {
    const what = `no answer within ${Math.round(limitMs / 1000)} s`;
    const why = "whatever needs it would wait as long";
    late.resolve([
      about.problem({ what, why, mend: "see whether it is up, and whether a firewall or proxy is between" }),
    ]);
    stop.abort(new Error("the time for this check is over"));
  });
  try {
    return await Promise.race([look(stop.signal), late.promise]);
  } catch (error) {
    const why = "it could not be found out whether it works";
    return [about.problem({ what: errorMessage(error), why, mend: "mend what the message says and look again" })];
  } finally {
    timer.cancel();
  }
}
