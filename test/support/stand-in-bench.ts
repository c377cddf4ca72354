import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { onTestFinished } from "vitest";

import { type ProgramName, putOnPath } from "../../src/demo/programs-on-path.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { LocalPrograms } from "../../src/programs/local-programs.ts";
import type { Programs } from "../../src/programs/program-order.ts";

/** A folder that is gone when the test has ended. */
export async function temporaryFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "quarterdeck-stand-ins-")));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs programs as the server does, with stand-ins for some of them. */
export async function standInPrograms(names: readonly ProgramName[]): Promise<Programs> {
  const folder = await temporaryFolder();
  const path = process.env["PATH"] ?? "";
  await putOnPath({ names, folder: join(folder, "bin"), path, isPlayed: true });
  const environment = { PATH: [join(folder, "bin"), path].join(delimiter) };
  const programs = new LocalPrograms({
    folder: join(folder, "own"),
    environment,
    clock: systemClock,
    logger: silentLogger,
  });
  onTestFinished(() => programs[Symbol.asyncDispose]());
  return programs;
}
