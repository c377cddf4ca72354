import type { Configuration } from "../config/configuration.ts";
import type { Environment } from "../config/environment.ts";
import { allowedProgram } from "../doctor/allowed-program.ts";
import type { Finding } from "../doctor/finding.ts";
import { errorMessage } from "../platform/errors.ts";
import { findProgram } from "../programs/find-program.ts";

interface Deps {
  readonly environment: Pick<Environment, "redisUrl">;
  readonly configuration: Configuration | undefined;
}

/** Looks for each program that the configuration allows steps to run. */
export async function examinePrograms({ environment, configuration }: Deps): Promise<readonly Finding[]> {
  const isElsewhere = environment.redisUrl !== undefined;
  const asked = Object.entries(configuration?.programs ?? {}).map(async ([name, { path }]) => {
    const fault = await findProgram(path).then(
      () => undefined,
      (error: unknown) => errorMessage(error),
    );
    return allowedProgram({ name, path, fault, isElsewhere });
  });
  return await Promise.all(asked);
}
