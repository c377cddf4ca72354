import { systemClock } from "../../src/platform/clock.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { findProgram } from "../../src/programs/find-program.ts";
import { LocalPrograms } from "../../src/programs/local-programs.ts";
import type { Programs } from "../../src/programs/program-order.ts";

const path = process.env["PATH"];

/** Whether this machine has a Terraform to try with. */
export const hasTerraform = await findProgram("terraform", path).then(
  () => true,
  () => false,
);

if (!hasTerraform) console.warn("NO terraform IS INSTALLED: nothing is tried with Terraform. Install 1.9 or newer.");

/** Runs the programs of this machine, as the server does. */
export function machinePrograms(folder: string): Programs & AsyncDisposable {
  return new LocalPrograms({ folder, environment: { PATH: path }, clock: systemClock, logger: silentLogger });
}
