import { z } from "zod";

import { tryJson } from "../platform/try-json.ts";
import { ArgocdError } from "./argocd-errors.ts";
import { findRule } from "./refusal-rules.ts";

/** What came back of a call that is not a 2xx. */
export interface ErrorResponse {
  /** What was being done, for the message: `sync of argocd/checkout-prod`. */
  readonly what: string;
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  /** Where a 3xx points. */
  readonly location?: string;
}

const UnaryError = z.object({
  error: z.string().optional(),
  message: z.string().optional(),
  code: z.number().optional(),
});
const StreamError = z.object({
  error: z.object({
    message: z.string().default(""),
    grpc_code: z.number().optional(),
  }),
});

/** What to do about a web page in place of an answer. */
export const BEHIND_A_PAGE =
  "A proxy or sign-on page stands before the API: put the address of the Argo CD API itself into the configuration.";

/** The text and gRPC code of an error body, in the form of ordinary calls or of streams; undefined when it is not Argo CD's JSON. */
export function tryErrorBody(body: string): { readonly said: string; readonly code: number | undefined } | undefined {
  const json = tryJson(body);
  const stream = StreamError.safeParse(json);
  if (stream.success) return { said: stream.data.error.message, code: stream.data.error.grpc_code };
  const unary = UnaryError.safeParse(json);
  if (!unary.success) return undefined;
  const said = unary.data.message ?? unary.data.error;
  return said === undefined ? undefined : { said, code: unary.data.code };
}

const LONGEST_SAID = 1000;

/** The error that a response other than 2xx stands for. */
export function classifyResponse(response: ErrorResponse): ArgocdError {
  const { status, what } = response;
  if (status >= 300 && status < 400) return redirected(response);
  if (status === 415) {
    return new ArgocdError(
      `${what}: Argo CD refused the Content-Type. A proxy in between may have changed it: let it pass the header as it is.`,
      {
        class: "content-type",
      },
    );
  }
  const answered = tryErrorBody(response.body);
  if (answered === undefined) return withoutJson(response);
  // Nobody reads more, and some of the rules take the square of the length.
  const parsed = { ...answered, said: answered.said.slice(0, LONGEST_SAID) };
  const rule = findRule(status, parsed.said);
  const details = { status, grpcCode: parsed.code ?? null, said: shortened(parsed.said) };
  if (rule === undefined) {
    const said = shortened(parsed.said);
    return new ArgocdError(
      `${what}: Argo CD answered ${status}: ${said}. If it goes on, the log of argocd-server says more.`,
      {
        class: "server",
        retry: "backoff",
        details,
      },
    );
  }
  if (rule.class === "rbac") return denied(what, parsed.said, details);
  const message = `${what}: ${rule.says} (Argo CD: ${shortened(parsed.said)})`;
  return new ArgocdError(message, { class: rule.class, retry: rule.retry ?? "never", details });
}

const Denial = /^permission denied: ([^,]+), ([^,]+), ([^,]+), sub: ([^,]*)/u;

function denied(what: string, said: string, details: Readonly<Record<string, unknown>>): ArgocdError {
  const [, resource, action, object, subject] = Denial.exec(said) ?? [];
  if (resource === undefined || action === undefined || object === undefined) {
    return new ArgocdError(`${what}: the account lacks a right. (Argo CD: ${shortened(said)})`, {
      class: "rbac",
      details,
    });
  }
  const account = subject ? subject : "<account or role>";
  const line = `p, ${account}, ${resource}, ${action}, ${object}, allow`;
  return new ArgocdError(`${what}: the account may not ${action} ${object}. Missing policy line: ${line}`, {
    class: "rbac",
    details: { ...details, resource, action, object, subject: account, policy: line },
  });
}

function redirected({ what, status, location = "" }: ErrorResponse): ArgocdError {
  const advice = location.startsWith("https://") ? "If that is the same server, use its https address." : BEHIND_A_PAGE;
  return new ArgocdError(
    `${what}: the server redirects to ${shortened(location) || "another place"}, and the token is not sent there. ${advice}`,
    {
      class: "redirect",
      details: { status, location: shortened(location) },
    },
  );
}

function withoutJson({ what, status, body, contentType }: ErrorResponse): ArgocdError {
  const details = { status, contentType, said: shortened(body) };
  if (status === 502 || status === 503 || status === 504 || status === 408 || status === 429) {
    return new ArgocdError(`${what}: a proxy or Argo CD answered ${status}. It usually passes.`, {
      class: "transient",
      retry: "backoff",
      details,
    });
  }
  if (isHtml(contentType, body)) {
    return new ArgocdError(
      `${what}: got an HTML page (status ${status}) where Argo CD's JSON was expected. ${BEHIND_A_PAGE}`,
      {
        class: "not-json",
        details,
      },
    );
  }
  if (status === 404 || status === 405) {
    return new ArgocdError(
      `${what}: this address has no Argo CD API, or one too old for the call. Check the url in the configuration, its path included.`,
      {
        class: "route",
        details,
      },
    );
  }
  return new ArgocdError(`${what}: got status ${status} without Argo CD's JSON: ${shortened(body)}`, {
    class: status >= 500 ? "server" : "not-json",
    retry: status >= 500 ? "backoff" : "never",
    details,
  });
}

/** Whether a body is a web page, whatever its type says. */
export function isHtml(contentType: string, body: string): boolean {
  return contentType.includes("text/html") || /^\s*<(?:!doctype|html)/iu.test(body);
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/gu, " ").trim();
  return line.length <= 300 ? line : `${line.slice(0, 299)}…`;
}
