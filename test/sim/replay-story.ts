import { playStory } from "./redis/play-remote-story.ts";
import { makeStory, type RemoteStory } from "./redis/remote-story.ts";

const PREFIX = "remote-";

/** The seed of a story of remote execution alone. */
export function storySeed(number: number): string {
  return `${PREFIX}${number}`;
}

export function storyNumber(seed: string): number {
  return Number(seed.slice(PREFIX.length));
}

export function isStorySeed(seed: string): boolean {
  return seed.startsWith(PREFIX);
}

/** Plays a story; what fails is made smaller and told. `isWhole` tells the whole of it as it is. Returns the exit code. */
export async function replayStory({
  seed,
  isWhole,
}: {
  readonly seed: string;
  readonly isWhole: boolean;
}): Promise<number> {
  const story = makeStory(seed);
  const { violations } = await playStory(story);
  if (violations.length === 0) console.log(`seed ${seed}: no violation`);
  if (violations.length === 0 && !isWhole) return 0;
  const told = isWhole ? story : await smaller(story);
  console.log(`${told.acts.length} of ${story.acts.length} acts, ${told.steps} steps, ${told.workers} workers\n`);
  const { log } = await playStory(told);
  console.log(log.join("\n"));
  return violations.length === 0 ? 0 : 1;
}

/** Leaves out acts, steps and workers for as long as something is still wrong. */
async function smaller(story: RemoteStory): Promise<RemoteStory> {
  let smallest = story;
  const fails = async (candidate: RemoteStory): Promise<void> => {
    const { violations } = await playStory(candidate);
    if (violations.length > 0) smallest = candidate;
  };
  for (const act of story.acts) await fails({ ...smallest, acts: smallest.acts.filter((other) => other !== act) });
  for (let steps = 1; steps < smallest.steps; steps += 1) await fails({ ...smallest, steps });
  for (let workers = 1; workers < smallest.workers; workers += 1) await fails({ ...smallest, workers });
  return smallest;
}
