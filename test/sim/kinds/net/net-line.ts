import type { TimeLine } from "../../schedule.ts";
import { settleDisk } from "../ships/disk-clock.ts";

// What is done at one moment of the time line is far less.
const MOST_AT_ONCE = 2000;

/** Lets so much of the true time pass, and never while something is asked of the disk: real files take no simulated time. */
export async function passTime(line: TimeLine, durationMs: number): Promise<void> {
  const endAt = line.now() + durationMs;
  // There is always something at the end, so that the time gets there.
  line.after(durationMs, () => undefined);
  await settleDisk();
  let atOnce = 0;
  while (line.nextAt !== undefined && line.nextAt <= endAt) {
    atOnce = line.nextAt <= line.now() ? atOnce + 1 : 0;
    if (atOnce > MOST_AT_ONCE) throw new RangeError("something is done over and over, and no time passes");
    line.step();
    await settleDisk();
  }
}
