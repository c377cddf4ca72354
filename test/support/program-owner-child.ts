import { systemClock } from "../../src/platform/clock.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { LocalPrograms } from "../../src/programs/local-programs.ts";

// Runs what the arguments name, below the folder that they name first, and says how much memory that took.
const [folder = "", program = "", ...args] = process.argv.slice(2);

const alive = setInterval(() => undefined, 1000);
const environment = { PATH: process.env["PATH"] };
const programs = new LocalPrograms({ folder, environment, clock: systemClock, logger: silentLogger });
// What is loaded and compiled by the first one is not what a program takes.
await programs.run({ program: "true", args: [], folder, signal: new AbortController().signal });
const before = process.memoryUsage().rss;
let peak = before;
let lines = 0;
const look = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 10);
process.stdout.write("started\n");
const end = await programs.run({
  program,
  args,
  folder,
  signal: new AbortController().signal,
  onLine: () => (lines += 1),
});
clearInterval(look);
clearInterval(alive);
const mib = (peak - before) / 1024 / 1024;
process.stdout.write(`${JSON.stringify({ exitCode: end.exitCode, isCut: end.isCut, lines, mib })}\n`);
