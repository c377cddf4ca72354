import { describe } from "vitest";

import { systemClock } from "../../src/platform/clock.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { findProgram } from "../../src/programs/find-program.ts";
import { LocalPrograms } from "../../src/programs/local-programs.ts";
import type { Programs } from "../../src/programs/program-order.ts";
import type { Program } from "../../src/steps/terraform/terraform-input.ts";

const path = process.env["PATH"];

// Both understand the same configurations, so what is true of one is tried with the other as well.
const FAMILY: readonly { readonly program: Program; readonly title: string; readonly has: boolean }[] = [
  { program: "terraform", title: "Terraform", has: await isInstalled("terraform") },
  { program: "tofu", title: "OpenTofu", has: await isInstalled("tofu") },
];

for (const { program, title } of FAMILY.filter(({ has }) => !has)) {
  console.warn(`NO ${program} IS INSTALLED: nothing is tried with ${title}. Install 1.9 or newer.`);
}

/** Whether this machine has one of them to try with. */
export const [hasTerraform = false, hasTofu = false] = FAMILY.map(({ has }) => has);

/** The same tests with each program of the family, skipped for one that this machine has not. */
export function describeFamily(what: string, tests: (program: Program) => void): void {
  for (const { program, title, has } of FAMILY) {
    describe.skipIf(!has)(`${title} ${what}`, () => {
      tests(program);
    });
  }
}

/** Whether a version is as new as `since`, such as `1.11`. */
export function isAtLeast(version: string, since: string): boolean {
  return version.localeCompare(since, "en", { numeric: true }) >= 0;
}

/** Runs the programs of this machine, as the server does. */
export function machinePrograms(folder: string): Programs & AsyncDisposable {
  return new LocalPrograms({ folder, environment: { PATH: path }, clock: systemClock, logger: silentLogger });
}

async function isInstalled(program: Program): Promise<boolean> {
  return await findProgram(program, path).then(
    () => true,
    () => false,
  );
}
