import type { Configuration } from "../config/configuration.ts";
import type { Environment } from "../config/environment.ts";
import { allowedProgram } from "../doctor/allowed-program.ts";
import type { Finding } from "../doctor/finding.ts";
import { errorCode, errorMessage } from "../platform/errors.ts";
import { findProgram } from "../programs/find-program.ts";
import { verifyProgram } from "../steps/tools/verify-program.ts";

interface Deps {
  readonly environment: Pick<Environment, "redisUrl">;
  readonly configuration: Configuration | undefined;
}

/** Looks for each program that the configuration names, and whether it is the one whose digest stands there. */
export async function examinePrograms({ environment, configuration }: Deps): Promise<readonly Finding[]> {
  const isElsewhere = environment.redisUrl !== undefined;
  const asked = Object.entries(configuration?.programs ?? {}).map(async ([name, { path, sha256 }]) => {
    const fault = await faultOf({ path, sha256 });
    return allowedProgram({ name, path, fault, isElsewhere });
  });
  return await Promise.all(asked);
}

async function faultOf(
  program: Parameters<typeof verifyProgram>[0],
): Promise<Parameters<typeof allowedProgram>[0]["fault"]> {
  try {
    await findProgram(program.path);
    await verifyProgram(program);
    return undefined;
  } catch (error) {
    return { isAltered: errorCode(error) === "program.altered", message: errorMessage(error) };
  }
}
