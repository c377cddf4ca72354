import type { SettingsOf, Stage } from "./play.ts";
import { SimDisk } from "./sim-disk.ts";
import { readSimSettings } from "./sim-settings.ts";

/** What every play of this process needs. Configurations are read when the first scenario with them is played. */
export async function openStage(): Promise<Stage> {
  const read = new Map<boolean, Promise<SettingsOf>>();
  const settings = (hasFleets: boolean): Promise<SettingsOf> => {
    const known = read.get(hasFleets) ?? readSimSettings(hasFleets);
    read.set(hasFleets, known);
    return known;
  };
  await settings(false);
  return { settings, disk: new SimDisk() };
}
