import { playKinds } from "./kinds/play-kinds.ts";
import { playWorlds } from "./play-worlds.ts";

playWorlds(playKinds);
