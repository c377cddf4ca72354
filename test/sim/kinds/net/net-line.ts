import type { TimeLine } from "../../schedule.ts";
import { settleDisk } from "../ships/disk-clock.ts";

/** Lets so much of the true time pass, and never while something is asked of the disk: real files take no simulated time. */
export async function passTime(line: TimeLine, durationMs: number): Promise<void> {
  const endAt = line.now() + durationMs;
  // There is always something at the end, so that the time gets there.
  line.after(durationMs, () => undefined);
  await settleDisk();
  while (line.nextAt !== undefined && line.nextAt <= endAt) {
    line.step();
    await settleDisk();
  }
}
