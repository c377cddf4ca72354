import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";

import { findTellingSeeds } from "./find-telling-seeds.ts";
import { runMutants } from "./run-mutants.ts";
import { replay } from "./replay.ts";
import { isStorySeed, replayStory } from "./replay-story.ts";
import { runSeeds } from "./run-seeds.ts";

const USAGE = `npm run sim -- [--minutes M | --worlds N] [--from SEED] [--processes P]   plays fresh seeds
npm run sim -- --seed SEED [--whole]                                     plays one seed, shrinks it when it fails, and tells it
npm run sim -- --mutants [--only TEXT] [--worlds N] [--from SEED]        plants bugs and says which of them are seen; with
                                                                         --keep, the next time they are looked for there first;
                                                                         --minutes M begins none any more after so long
npm run sim -- --telling N [--from SEED] [--fleets]                      finds the seeds in which bugs are looked for first`;

// What a quiet processor plays in one minute.
const WORLDS_A_MUTANT = 400;

const { values } = parseArgs({
  options: {
    minutes: { type: "string" },
    worlds: { type: "string" },
    from: { type: "string" },
    processes: { type: "string" },
    seed: { type: "string" },
    whole: { type: "boolean", default: false },
    mutants: { type: "boolean", default: false },
    telling: { type: "string" },
    fleets: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    keep: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const processes = Number(values.processes ?? Math.min(availableParallelism(), 8));
if (values.help) {
  console.log(USAGE);
} else if (values.seed !== undefined) {
  const told = { seed: values.seed, isWhole: values.whole };
  process.exitCode = isStorySeed(values.seed) ? await replayStory(told) : await replay(told);
} else if (values.telling !== undefined) {
  process.exitCode = await findTellingSeeds({
    from: Number(values.from ?? 1),
    worlds: Number(values.telling),
    onlyFleets: values.fleets,
  });
} else if (values.mutants) {
  const from = Number(values.from ?? 1);
  process.exitCode = await runMutants({
    processes,
    only: values.only,
    worlds: Number(values.worlds ?? WORLDS_A_MUTANT),
    from,
    keeps: values.keep,
    minutes: Number(values.minutes ?? Infinity),
  });
} else {
  const from = values.from ?? String(Date.now() % 1_000_000_000);
  const worlds = values.worlds === undefined ? undefined : Number(values.worlds);
  const minutes = Number(values.minutes ?? (worlds === undefined ? 1 : 600));
  process.exitCode = await runSeeds({ from: Number(from), worlds, minutes, processes });
}
