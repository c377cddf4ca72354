import type { Stage } from "./play.ts";
import { SimDisk } from "./sim-disk.ts";
import { readSimSettings } from "./sim-settings.ts";

/** What every play of this process needs. */
export async function openStage(): Promise<Stage> {
  return { settings: await readSimSettings(), disk: new SimDisk() };
}
