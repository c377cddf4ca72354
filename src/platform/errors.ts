/** When it makes sense to try again: never, after the caller's own backoff, or after a time that the other side named. */
export type Retry = "never" | "backoff" | { readonly afterMs: number };

export interface AppErrorOptions {
  /** Stable and machine-readable, lower case with dots: `argocd.busy`. Callers match on this, never on the message. */
  readonly code: string;
  readonly retry?: Retry;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * The base of every error that Quarterdeck throws on purpose.
 * The message says what failed, on which thing, and what to do; it may be shown to an operator, never with a stack.
 */
export class AppError extends Error {
  readonly code: string;
  readonly retry: Retry;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(message: string, options: AppErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = options.code;
    this.retry = options.retry ?? "never";
    this.details = options.details ?? {};
  }
}

/** The text of anything that was thrown, with its chain of causes, on one line and without stacks. */
export function errorText(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const cause = thrown.cause === undefined ? "" : `: ${errorText(thrown.cause)}`;
  return `${thrown.message}${cause}`.replaceAll(/\s+/gu, " ");
}

/** What people are told of anything that was thrown: messages of ours are whole sentences, so their causes are left to the log. */
export function errorMessage(thrown: unknown): string {
  return thrown instanceof AppError ? thrown.message.replaceAll(/\s+/gu, " ") : errorText(thrown);
}

/** The stable code of anything that was thrown; `internal` for what is not ours. */
export function errorCode(thrown: unknown): string {
  return thrown instanceof AppError ? thrown.code : "internal";
}
