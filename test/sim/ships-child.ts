import { playShips } from "./kinds/ships/play-ships.ts";
import { playWorlds } from "./play-worlds.ts";

playWorlds(playShips);
