import { playShips } from "./kinds/ships/play-ships.ts";

const [, , from = "1", worlds = "1"] = process.argv;

for (let world = 0; world < Number(worlds); world += 1) {
  const seed = Number(from) + world;
  const faults = await playShips(String(seed));
  if (faults.length === 0) continue;
  process.stdout.write(`${JSON.stringify({ seed, world: world + 1, faults })}\n`);
  process.exit(0);
}
process.stdout.write(`${JSON.stringify({ seed: null, world: Number(worlds), faults: [] })}\n`);
