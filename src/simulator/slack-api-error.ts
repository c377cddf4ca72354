import { AppError } from "../platform/errors.ts";

/** What a Web API method answers with when it refuses: `{ ok: false, error, ...extra }`. */
export class SlackApiError extends AppError {
  readonly error: string;
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(error: string, extra: Readonly<Record<string, unknown>> = {}) {
    super(`Slack refuses the call: ${error}`, { code: `slack-simulator.${error}`, details: extra });
    this.error = error;
    this.extra = extra;
  }
}

/** The refusal of arguments, with Slack's `[ERROR] ...` lines. */
export function invalidArguments(problems: readonly string[], error = "invalid_arguments"): SlackApiError {
  return new SlackApiError(error, { response_metadata: { messages: problems.map((problem) => `[ERROR] ${problem}`) } });
}
