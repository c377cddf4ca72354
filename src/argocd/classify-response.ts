import { z } from "zod";

import type { Retry } from "../platform/errors.ts";
import { tryJson } from "../platform/try-json.ts";
import { ArgocdError, type ArgocdErrorClass, TRANSIENT_TEXT } from "./argocd-errors.ts";

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
  const rule = RULES.find(
    (candidate) =>
      (candidate.status === undefined || candidate.status.includes(status)) &&
      (candidate.text === undefined || candidate.text.test(parsed.said)),
  );
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

interface Rule {
  readonly status?: readonly number[];
  readonly text?: RegExp;
  readonly class: ArgocdErrorClass;
  readonly retry?: Retry;
  /** What it means and what to do. */
  readonly says: string;
}

// The first rule that fits counts. Argo CD's texts are stable from 2.14 on; the status alone says too little.
const RULES: readonly Rule[] = [
  {
    status: [401],
    class: "auth",
    says: "Argo CD does not accept the token. Check that the account has an API key, is enabled, and that the key has not expired.",
  },
  {
    status: [403],
    text: /sync window/u,
    class: "window",
    retry: { afterMs: 60_000 },
    says: "a sync window forbids it now. Wait until the window opens, or change the window.",
  },
  { status: [403], text: /^permission denied: /u, class: "rbac", says: "" },
  {
    status: [403],
    text: /^permission denied$/u,
    class: "hidden",
    says: "it does not exist, or the account may not see it, or its namespace is not enabled in Argo CD. Check the name, the account's rights, and that the token is that of the right account.",
  },
  {
    status: [403],
    class: "server-rbac",
    says: "Argo CD's own service account may not do this in Kubernetes. Check the rights of argocd-server.",
  },
  {
    status: [404],
    class: "gone",
    says: "it does not exist in Argo CD (any more). Check its name, and whether somebody deleted it.",
  },
  {
    status: [400],
    text: /another operation is already in progress/u,
    class: "busy",
    retry: { afterMs: 10_000 },
    says: "another operation is in progress.",
  },
  {
    status: [400],
    text: /auto-sync currently set to/u,
    class: "auto-sync",
    says: "auto-sync is on, so only its target revision can be synced. Deploy by a commit, or switch auto-sync off.",
  },
  {
    status: [400],
    text: /rollback cannot be initiated when auto-sync is enabled/u,
    class: "auto-sync-rollback",
    says: "auto-sync is on and would undo a rollback. Revert in Git, or switch auto-sync off first.",
  },
  { status: [400], text: /application is deleting/u, class: "deleting", says: "the application is being deleted." },
  {
    status: [400],
    text: /unable to resolve '.*' to a commit SHA/u,
    class: "bad-revision",
    says: "the revision does not exist in the repository that Argo CD reads.",
  },
  {
    status: [400, 500],
    text: new RegExp(`(?:error resolving repo revision|error getting repository).*(?:${TRANSIENT_TEXT.source})`, "u"),
    class: "transient-repo",
    retry: "backoff",
    says: "the repository did not answer Argo CD. It usually passes.",
  },
  { status: [400], text: /No operation is in progress/u, class: "no-operation", says: "no operation is running." },
  {
    status: [400],
    text: /not found as part of application/u,
    class: "no-resource",
    says: "the resource does not belong to the application.",
  },
  {
    status: [400],
    text: /application spec for .* is invalid/u,
    class: "bad-spec",
    says: "the application's specification is invalid.",
  },
  {
    status: [400],
    text: /is not allowed in project/u,
    class: "project",
    says: "the application's project forbids it.",
  },
  { status: [400, 412, 501], class: "bad-request", says: "Argo CD refused the request." },
  {
    status: [408, 409, 429, 502, 503, 504],
    class: "transient",
    retry: "backoff",
    says: "Argo CD is busy or restarting. It usually passes.",
  },
];

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
