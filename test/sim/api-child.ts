import { playApi } from "./kinds/api/play-api.ts";
import { playWorlds } from "./play-worlds.ts";

playWorlds(playApi);
