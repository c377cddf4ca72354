import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { Cast } from "../../src/demo/cast.ts";
import { openDemoWorld } from "../../src/demo/demo-world.ts";
import { PLAYS } from "../../src/demo/play-list.ts";
import type { Play } from "../../src/demo/play.ts";
import { Story } from "../../src/demo/story.ts";
import { Transcript } from "../../src/demo/transcript.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { ENTRY, runProgram } from "./process-rig.ts";

/**
 * Plays every play, or those that are named, with the real server, and keeps the log of each as `audit export` writes it:
 * `node test/support/record-histories-child.ts 0.1.0 [PLAY...]`. To be run once for each release; what it wrote is never changed.
 */
const [version = "", ...names] = process.argv.slice(2);
const FOLDER = new URL(`../fixtures/histories/${version}/`, import.meta.url).pathname;

async function record(play: Play): Promise<void> {
  const surroundings = { clock: systemClock, random: systemRandom };
  await using world = await openDemoWorld({ ...play.settings, ...surroundings, speed: 3 });
  using transcript = new Transcript(world.slack, () => undefined);
  const options = { world, transport: "in-process", entry: ENTRY, onLog: () => undefined } as const;
  await using cast = await Cast.start({ ...options, surroundings: process.env });
  await play.tell(new Story({ world, transcript, between: () => Promise.resolve(), server: cast }));
  await cast.stopServer();
  const { code, stdout, stderr } = await runProgram(["audit", "export", world.dataFolder]);
  if (code !== 0) throw new Error(stderr);
  await writeFile(join(FOLDER, `${play.name}.jsonl`), stdout);
  process.stdout.write(`${play.name}: ${stdout.split("\n").length - 1} events, ${stdout.length} bytes\n`);
}

if (version === "") throw new Error("say of which release");
await mkdir(FOLDER, { recursive: true });
for (const play of PLAYS) if (names.length === 0 || names.includes(play.name)) await record(play);
