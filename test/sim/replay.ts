import { violationText } from "./check/violation.ts";
import { scenarioOfSeed } from "./scenario-of-seed.ts";
import { openStage } from "./open-stage.ts";
import { play } from "./play.ts";
import { shrink } from "./shrink.ts";
import { tell } from "./story.ts";

/** Plays one seed. What fails is made smaller and told; `isWhole` tells the whole of it as it is. Returns the exit code. */
export async function replay({ seed, isWhole }: { readonly seed: string; readonly isWhole: boolean }): Promise<number> {
  const stage = await openStage();
  const scenario = scenarioOfSeed(seed);
  const played = await play(stage, scenario);
  const [first] = played.violations;
  if (isWhole) console.log(await tell(stage, scenario));
  if (first === undefined) {
    console.log(`seed ${seed}: ${played.runs} runs, ${played.events} events, no violation, ${played.fingerprint}`);
    return 0;
  }
  for (const violation of played.violations) console.log(violationText(violation));
  if (isWhole) return 1;
  const small = await shrink(stage, scenario, first);
  console.log(`\n${small.scenario.acts.length} of ${scenario.acts.length} acts are enough (${small.plays} plays):\n`);
  console.log(await tell(stage, small.scenario));
  return 1;
}
