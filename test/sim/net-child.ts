import { playNet } from "./kinds/net/play-net.ts";
import { playWorlds } from "./play-worlds.ts";

playWorlds(playNet);
