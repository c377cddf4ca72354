import { playKinds } from "./kinds/play-kinds.ts";

const [, , from = "1", worlds = "1"] = process.argv;

/** Plays worlds of the kinds that speak with tools until one violates something, and prints the first that does. */
async function main(): Promise<void> {
  for (let world = 0; world < Number(worlds); world += 1) {
    const seed = Number(from) + world;
    const faults = await playKinds(String(seed));
    if (faults.length === 0) continue;
    process.stdout.write(`${JSON.stringify({ seed, world: world + 1, faults })}\n`);
    process.exit(0);
  }
  process.stdout.write(`${JSON.stringify({ seed: null, world: Number(worlds), faults: [] })}\n`);
}

await main();
