import { AppError, type Retry } from "../platform/errors.ts";

/** The classes of what can go wrong in a call to Argo CD; the code of the error is `argocd.` and the class. */
export type ArgocdErrorClass =
  | "auth"
  | "window"
  | "rbac"
  | "hidden"
  | "server-rbac"
  | "gone"
  | "route"
  | "content-type"
  | "busy"
  | "auto-sync"
  | "auto-sync-rollback"
  | "deleting"
  | "bad-revision"
  | "transient-repo"
  | "no-operation"
  | "no-resource"
  | "bad-spec"
  | "project"
  | "bad-request"
  | "transient"
  | "server"
  | "unreachable"
  | "timeout"
  | "tls"
  | "redirect"
  | "not-json"
  | "too-large"
  | "bad-response"
  | "observing";

export interface ArgocdErrorOptions {
  readonly class: ArgocdErrorClass;
  readonly retry?: Retry;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** A call to Argo CD that did not give what was asked for. `class` says which sort of reaction fits. */
export class ArgocdError extends AppError {
  readonly class: ArgocdErrorClass;

  constructor(message: string, options: ArgocdErrorOptions) {
    super(message, { ...options, code: `argocd.${options.class}` });
    this.class = options.class;
  }
}

/** What Argo CD says when a repository, the repo-server or the network did not answer. */
export const TRANSIENT_TEXT =
  /DeadlineExceeded|code = Unavailable|connection refused|i\/o timeout|\bEOF\b|failed to list refs|TLS handshake|transport is closing|error reading server preface/u;

/** Whether a message of Argo CD speaks of something that passes by itself: a repository, repo-server or network that did not answer. */
export function isTransientText(message: string): boolean {
  return TRANSIENT_TEXT.test(message);
}

const TLS_CODES = /^(?:ERR_TLS_|ERR_SSL_|CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|ERR_OSSL|EPROTO)/u;

const BROKEN_OFF = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

/** The error that a failed connection stands for: no answer came at all, or it broke off. */
export function classifyFailure(what: string, cause: unknown): ArgocdError {
  const code = connectionCode(cause);
  if (TLS_CODES.test(code)) {
    return new ArgocdError(
      `${what}: the TLS connection failed (${code}). Give the certificate authority as ca, check the address, or set insecure where that is acceptable.`,
      { class: "tls", cause },
    );
  }
  if (BROKEN_OFF.has(code)) {
    return new ArgocdError(`${what}: the connection to Argo CD broke off (${code}). It usually passes.`, {
      class: "unreachable",
      retry: "backoff",
      cause,
    });
  }
  return new ArgocdError(
    `${what}: Argo CD cannot be reached${code === "" ? "" : ` (${code})`}. Check the address and the network.`,
    {
      class: "unreachable",
      retry: "backoff",
      cause,
    },
  );
}

function connectionCode(thrown: unknown): string {
  if (!(thrown instanceof Error)) return "";
  if ("code" in thrown && typeof thrown.code === "string" && thrown.code !== "UND_ERR_CONNECT") return thrown.code;
  return connectionCode(thrown.cause);
}
