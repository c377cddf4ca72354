import { scenarioOfSeed } from "./scenario-of-seed.ts";
import { openStage } from "./open-stage.ts";
import { play } from "./play.ts";
import { type ChildReport, type ChildTask } from "./child-messages.ts";

/** Plays the seeds that it is told, one after the other, and says what came of each. */
process.once("message", (task: ChildTask) => void playAll(task));

async function playAll({ first, from, step, worlds, untilMs, stopAtFirst }: ChildTask): Promise<void> {
  const stage = await openStage();
  const startedAt = performance.now();
  for (let index = 0; index < worlds && performance.now() - startedAt < untilMs; index += 1) {
    const seed = String(first[index] ?? from + (index - first.length) * step);
    const report = await playOne(stage, seed, stopAtFirst);
    process.send?.(report);
    if (stopAtFirst && report.violations.length > 0) break;
  }
  process.disconnect();
}

async function playOne(
  stage: Awaited<ReturnType<typeof openStage>>,
  seed: string,
  stopAtFirst: boolean,
): Promise<ChildReport> {
  try {
    const { runs, events, violations, milestones } = await play(stage, scenarioOfSeed(seed), { stopAtFirst });
    return {
      seed,
      worlds: 1,
      runs,
      events,
      milestones,
      violations: violations.map(({ check, what }) => ({ check, what })),
    };
  } catch (error) {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { seed, worlds: 1, runs: 0, events: 0, milestones: {}, violations: [{ check: "no exception", what }] };
  }
}
