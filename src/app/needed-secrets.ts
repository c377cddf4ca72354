import type { Configuration } from "../config/configuration.ts";
import type { Environment } from "../config/environment.ts";
import { ownSecrets } from "../config/own-secrets.ts";

/** The secrets that the server itself has to have; undefined for all of them. Where workers execute the steps they have those of steps. */
export function neededHere({
  environment,
  configuration,
}: {
  readonly environment: Pick<Environment, "redisUrl">;
  readonly configuration: Configuration | undefined;
}): ReadonlySet<string> | undefined {
  if (environment.redisUrl === undefined || configuration === undefined) return undefined;
  return ownSecrets(configuration);
}
