import { imageFaults } from "./image-check.ts";
import { jobbingFaults, jobFaults } from "./job-check.ts";
import { isLastingFault, manifestFaults } from "./manifest-check.ts";
import { measuringFaults, metricFaults } from "./metric-check.ts";
import type { Attempt } from "./net-book.ts";
import type { NetWorld } from "./net-world.ts";
import { codeOf, probeFaults, probingFaults } from "./probe-check.ts";
import { soakFaults, soakingFaults } from "./soak-check.ts";
import { closedFaults, delayFaults, delayingFaults, windowFaults } from "./time-check.ts";

type Check = (attempt: Attempt, world: NetWorld) => readonly string[];

/** For each kind what its end has to be, and what it has to do meanwhile. */
const CHECKS: Readonly<Record<string, { readonly ended: Check; readonly running?: Check }>> = {
  "http/probe": { ended: probeFaults, running: probingFaults },
  "websocket/probe": { ended: probeFaults, running: probingFaults },
  "metrics/check": { ended: metricFaults, running: measuringFaults },
  soak: { ended: soakFaults, running: soakingFaults },
  delay: { ended: delayFaults, running: delayingFaults },
  window: { ended: windowFaults, running: closedFaults },
  "program/run": { ended: jobFaults, running: jobbingFaults },
  "image/resolve": { ended: imageFaults },
  "manifests/validate": { ended: manifestFaults },
};

/** What is wrong about an attempt that has just ended. */
export function endFaults(attempt: Attempt, world: NetWorld): readonly string[] {
  if (attempt.end?.type === "step.failed" && codeOf(attempt) === "internal") {
    const failure: unknown = attempt.end.fact["failure"];
    return [`${attempt.key} fails without knowing why: ${String(Reflect.get(Object(failure), "message"))}`];
  }
  return named(attempt, CHECKS[attempt.uses]?.ended(attempt, world));
}

/** What is wrong about one that is under way. */
export function runningFaults(attempt: Attempt, world: NetWorld): readonly string[] {
  return named(attempt, CHECKS[attempt.uses]?.running?.(attempt, world));
}

function named({ key }: Attempt, faults: readonly string[] = []): readonly string[] {
  return faults.map((fault) => `${key}: ${fault}`);
}

const LASTING: ReadonlySet<string> = new Set([
  "program.not-allowed",
  "program.option-refused",
  "program.variable-refused",
  "image.moved",
  "image.no-platform",
  "image.realm-refused",
]);

/** Whether a failure is one that no retry helps against. */
export function isLasting(attempt: Attempt, world: NetWorld): boolean {
  const code = codeOf(attempt);
  if (code === "manifests.invalid" || code === "manifests.none") return isLastingFault(attempt, world);
  return LASTING.has(code);
}
