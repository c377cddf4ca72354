import { playSchedules } from "./kinds/schedules/play-schedules.ts";
import { playWorlds } from "./play-worlds.ts";

playWorlds(playSchedules);
