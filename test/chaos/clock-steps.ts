import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { systemClock } from "../../src/platform/clock.ts";
import { Arena, type ArenaOptions } from "./arena.ts";
import type { Conclusion } from "./conclusion.ts";
import { amid } from "./kills.ts";

const PRELOAD = new URL("stepped-clock-child.ts", import.meta.url).href;
const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;
/** What the clock of a machine is off by: what time servers mend, what a machine that slept, and what somebody who set the wrong day. */
const STEPS_MS = [0, 2, -2, 45, -45, 600, -600]
  .map((seconds) => seconds * SECOND_MS)
  .concat(HOUR_MS, -HOUR_MS, 20 * HOUR_MS);
const LONGEST_STAY_MS = 4000;

/** The server's wall clock steps while Slack's and Argo CD's go on as they were; now and then it is killed where it stands. */
export async function clockSteps(options: ArenaOptions, tries: number): Promise<Conclusion> {
  const folder = await mkdtemp(join(tmpdir(), "quarterdeck-chaos-clock-"));
  const file = join(folder, "off");
  const setClock = (offMs: number): void => writeFileSync(file, String(offMs));
  setClock(0);
  try {
    // Gates that wait for so long do not expire by a step of a day.
    await using arena = await Arena.open({
      ...options,
      expires: "90d",
      environment: { NODE_OPTIONS: `--import=${PRELOAD}`, CHAOS_CLOCK_FILE: file },
    });
    let killed = 0;
    await amid(arena, async () => {
      for (let number = 0; number < tries; number += 1) {
        await systemClock.sleep(arena.fractions() * LONGEST_STAY_MS);
        setClock(STEPS_MS[Math.floor(arena.fractions() * STEPS_MS.length)] ?? 0);
        if (number % 4 !== 3) continue;
        await systemClock.sleep(arena.fractions() * SECOND_MS);
        await arena.killServer();
        arena.startServer();
        await arena.server.ready;
        killed += 1;
      }
      setClock(0);
    });
    return { ...(await arena.conclude()), killed: { server: killed }, arena: arena.report() };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
