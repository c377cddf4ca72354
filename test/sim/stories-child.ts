import type { ChildReport, ChildTask } from "./child-messages.ts";
import { playStory } from "./redis/play-remote-story.ts";
import { makeStory } from "./redis/remote-story.ts";
import { storySeed } from "./replay-story.ts";

/** Plays stories of remote execution alone, without the rest of the program: many more of them in the same time. */
process.once("message", (task: ChildTask) => void playAll(task));

async function playAll({ first, from, step, worlds, untilMs, stopAtFirst }: ChildTask): Promise<void> {
  const startedAt = performance.now();
  for (let index = 0; index < worlds && performance.now() - startedAt < untilMs; index += 1) {
    const report = await playOne(storySeed(Number(first[index] ?? from + (index - first.length) * step)));
    process.send?.(report);
    if (stopAtFirst && report.violations.length > 0) break;
  }
  process.disconnect();
}

async function playOne(seed: string): Promise<ChildReport> {
  const report = { seed, worlds: 0, runs: 0, events: 0, milestones: { "stories of remote execution": 1 } };
  try {
    const { violations } = await playStory(makeStory(seed));
    return { ...report, violations: violations.map((what) => ({ check: "remote execution", what })) };
  } catch (error) {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { ...report, violations: [{ check: "no exception", what }] };
  }
}
