import { isDrillSeed, makeDrill } from "./make-drill.ts";
import { makeScenario } from "./make-scenario.ts";
import type { Scenario } from "./scenario.ts";

/** The scenario of a seed, of whichever sort it is. */
export function scenarioOfSeed(seed: string): Scenario {
  return isDrillSeed(seed) ? makeDrill(seed) : makeScenario(seed);
}
