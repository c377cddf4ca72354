import type { Configuration } from "../config/configuration.ts";
import type { Environment } from "../config/environment.ts";
import type { Secrets } from "../config/secrets.ts";
import { requireSlackAccess } from "../config/slack-access.ts";
import { AppError, errorText } from "../platform/errors.ts";
import { neededHere } from "./needed-secrets.ts";

/** Throws `credentials.missing` with everything that is missing at once: tokens of Slack, and secrets of the configuration. */
export function requireCredentials(deps: {
  readonly environment: Environment;
  readonly configuration: Configuration;
  readonly secrets: Secrets;
}): void {
  const { environment, configuration, secrets } = deps;
  const problems = [...slackProblems(deps), ...secrets.problems(neededHere({ environment, configuration }))];
  if (problems.length > 0) throw new AppError(problems.join("\n"), { code: "credentials.missing" });
}

function slackProblems({ environment, configuration }: Parameters<typeof requireCredentials>[0]): readonly string[] {
  try {
    requireSlackAccess(environment, configuration.slack.receive);
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : errorText(error)];
  }
}
