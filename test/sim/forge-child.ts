import { playForge } from "./kinds/forge/play-forge.ts";
import { playWorlds } from "./play-worlds.ts";

playWorlds(playForge);
