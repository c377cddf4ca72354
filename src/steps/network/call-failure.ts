import { AppError, errorText, type Retry } from "../../platform/errors.ts";

export type CallFault =
  | "network.unreachable"
  | "network.broken"
  | "network.timeout"
  | "network.tls"
  | "network.tls-file"
  | "http.bad-answer"
  | "http.redirect-refused"
  | "http.too-many-redirects"
  | "http.too-large";

const RETRY: Readonly<Record<CallFault, Retry>> = {
  "network.unreachable": "backoff",
  "network.broken": "backoff",
  "network.timeout": "backoff",
  "network.tls": "never",
  "network.tls-file": "never",
  "http.bad-answer": "never",
  "http.redirect-refused": "never",
  "http.too-many-redirects": "never",
  "http.too-large": "never",
};

/** A call that got no answer, or none that can be used. */
export class CallError extends AppError {
  /** Whether a connection was there, so that the other side may have acted on what was sent. */
  readonly wasConnected: boolean;

  constructor(
    message: string,
    {
      code,
      wasConnected,
      cause,
    }: { readonly code: CallFault; readonly wasConnected: boolean; readonly cause?: unknown },
  ) {
    super(message, { code, retry: RETRY[code], cause });
    this.wasConnected = wasConnected;
  }
}

const TLS_CODE =
  /^(?:CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_|ERR_SSL_|EPROTO$|ERROR_IN_CERT|INVALID_CA$|HOSTNAME_MISMATCH$)/u;
const UNREACHABLE = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
]);
const BROKEN = new Set(["ECONNRESET", "EPIPE", "ECONNABORTED", "UND_ERR_SOCKET", "UND_ERR_CLOSED"]);

/** What an error of Node or undici means, as a sentence about `to`. */
export function callError(
  thrown: unknown,
  { to, wasConnected }: { readonly to: string; readonly wasConnected: boolean },
): CallError {
  const codes = codesOf(thrown);
  const because = errorText(thrown) || codes.join(", ");
  const as = (code: CallFault, message: string): CallError =>
    new CallError(message, { code, wasConnected, cause: thrown });
  if (codes.some((code) => TLS_CODE.test(code))) {
    const hint = `Give the authority under "tls: ca", or the name of the certificate under "tls: server-name".`;
    return as("network.tls", `${to}: the certificate or the TLS connection was not accepted (${because}). ${hint}`);
  }
  if (codes.some((code) => UNREACHABLE.has(code))) {
    return as(
      "network.unreachable",
      `${to} could not be reached (${because}). Check that it runs and can be reached from here.`,
    );
  }
  if (codes.some((code) => BROKEN.has(code))) {
    return as("network.broken", `${to}: the connection ended before the answer was complete (${because}).`);
  }
  return as("http.bad-answer", `${to}: what came back cannot be read as HTTP (${because}).`);
}

/** The codes of an error, of its causes, and of the tries that it stands for. */
function codesOf(thrown: unknown): readonly string[] {
  if (!(thrown instanceof Error)) return [];
  const own = "code" in thrown && typeof thrown.code === "string" ? [thrown.code] : [];
  const tries = thrown instanceof AggregateError ? thrown.errors.flatMap(codesOf) : [];
  return [...own, ...tries, ...codesOf(thrown.cause)];
}
