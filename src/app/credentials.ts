import { type Environment, requireSlackTokens } from "../config/environment.ts";
import type { Secrets } from "../config/secrets.ts";
import { AppError, errorText } from "../platform/errors.ts";

/** Throws `credentials.missing` with everything that is missing at once: tokens of Slack, and secrets of the configuration. */
export function requireCredentials(environment: Environment, secrets: Secrets): void {
  const problems = [...slackProblems(environment), ...secrets.problems()];
  if (problems.length > 0) throw new AppError(problems.join("\n"), { code: "credentials.missing" });
}

function slackProblems(environment: Environment): readonly string[] {
  try {
    requireSlackTokens(environment);
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : errorText(error)];
  }
}
