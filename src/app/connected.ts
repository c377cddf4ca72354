import { ApiClient, REFUSED, UNREACHABLE } from "../api/client/api-client.ts";
import { EXIT } from "../api/client/run-ending.ts";
import { readClientEnvironment } from "../config/client-environment.ts";
import { AppError } from "../platform/errors.ts";
import { keepAlive } from "../platform/keep-alive.ts";
import { shutdownSignal } from "../platform/shutdown-signal.ts";
import { visible } from "../platform/visible-text.ts";

/** The options that everything has which asks a server. */
export const CONNECTION_OPTIONS = {
  url: { type: "string" },
  plaintext: { type: "boolean" },
  json: { type: "boolean" },
} as const;

export interface ConnectionChoice {
  readonly url?: string | undefined;
  readonly plaintext?: boolean | undefined;
}

export interface Connected {
  readonly client: ApiClient;
  /** Aborted by Ctrl-C, when the program is told to end, or when nobody reads what it says; a second Ctrl-C ends it at once. */
  readonly signal: AbortSignal;
}

/** Does something with a server, and says on the standard error what goes wrong; the exit code says what that was. */
export async function connected(
  choice: ConnectionChoice,
  task: (connected: Connected) => Promise<number>,
): Promise<number> {
  const interrupted = new AbortController();
  const stop = (): void => interrupted.abort(new Error("interrupted"));
  void shutdownSignal().then(stop);
  // Whoever reads what is said may have read enough, as `head` does.
  process.stdout.on("error", stop);
  // Between two tries nothing else does.
  const letGo = keepAlive();
  try {
    const client = new ApiClient(readClientEnvironment(choice));
    return await task({ client, signal: interrupted.signal });
  } catch (error) {
    if (interrupted.signal.aborted) return EXIT.interrupted;
    if (!(error instanceof AppError)) throw error;
    complain(error);
    return error.code === UNREACHABLE ? EXIT.unreachable : EXIT.refused;
  } finally {
    letGo();
  }
}

function complain({ code, message, details }: AppError): void {
  process.stderr.write(`${visible(message)}\n`);
  const told = code === REFUSED && Array.isArray(details["suggestions"]) ? details["suggestions"] : [];
  // What explains a mistake in the words has them already.
  const suggestions = told.filter((text) => !message.includes(`Did you mean: ${String(text)}`));
  if (suggestions.length > 0) process.stderr.write(`Did you mean: ${visible(suggestions.join(" or "))}\n`);
}

/** Writes a line that came from elsewhere: nothing in it moves the cursor or hides. */
export function tell(line: string): void {
  process.stdout.write(`${visible(line)}\n`);
}
