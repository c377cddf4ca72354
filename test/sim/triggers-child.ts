import { playTriggers } from "./kinds/triggers/play-triggers.ts";
import { playWorlds } from "./play-worlds.ts";

playWorlds(playTriggers);
