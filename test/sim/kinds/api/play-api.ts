import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Dice } from "../../dice.ts";
import { ApiPlay } from "./api-play.ts";

const STEPS = 70;

/** Plays one seed: programs that start, cancel, retry and follow runs, with tokens that come and go, on a server that is killed over it. */
export async function playApi(seed: string): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), "qd-api-world-"));
  try {
    await using play = await ApiPlay.open(new Dice(`api/${seed}`), folder);
    for (let step = 0; step < STEPS; step += 1) {
      await play.act();
      const faults = play.faults();
      if (faults.length > 0) return faults;
    }
    await play.calmDown();
    return play.faults();
  } finally {
    await rm(folder, { recursive: true });
  }
}
