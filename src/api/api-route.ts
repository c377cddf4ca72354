import type { HttpAnswer, HttpHead, HttpRoute, ServerRefusal } from "../http/http-route.ts";
import { errorCode, errorMessage } from "../platform/errors.ts";
import { RefusalLog } from "../platform/refusal-log.ts";
import { type Refusal, refusalAnswer } from "./api-answer.ts";
import type { ApiDeps, ApiRefusal } from "./api-deps.ts";
import type { ApiToken, Scope } from "./api-token.ts";
import type { Operation } from "./operation.ts";
import { OPERATIONS } from "./operations.ts";

const API_PATH = "/api/";

const MOST_BODY_BYTES = 64 * 1024;
const LONGEST_TOKEN = 200;

const WHY: Readonly<Record<ApiRefusal, string>> = {
  "no-token": "it carries no token",
  "unknown-token": "its token is not known, or was revoked",
  "expired-token": "its token has expired",
  scope: "its token has not the scope for that",
};

// Of a run that was redacted, or that another version of the program wrote.
const GONE = new Set(["store.redacted", "store.unreadable"]);

const NOT_BELIEVED: Refusal = {
  status: 401,
  code: "token.not-believed",
  message: "This takes a token that is good: Authorization: Bearer qd_...",
};
const NOT_THERE: Refusal = { status: 404, code: "request.path", message: "There is nothing here." };
const NOT_JSON: Refusal = {
  status: 415,
  code: "request.type",
  message: "A body is sent with content-type: application/json, and not compressed.",
};

const NOT_YET: Refusal = {
  status: 503,
  code: "server.not-ready",
  message: "The server is just starting. Try again in a moment.",
};

const TOO_LONG = "The body is longer than 64 KiB.";

// Of what the server refuses before anybody here is asked.
const CODES: Readonly<Record<ServerRefusal["status"], string>> = {
  405: "request.method",
  413: "request.too-long",
  500: "internal",
  503: "server.busy",
};

type Admission =
  | { readonly kind: "admitted"; readonly token: ApiToken; readonly found: Found }
  | { readonly kind: "refused"; readonly answer: HttpAnswer };

interface Found {
  readonly operation: Operation;
  readonly params: Readonly<Record<string, string>>;
}

/** The API over HTTP. Who asks is known, and whether the token goes so far, before a byte of a body is read. */
export function apiRoute(deps: ApiDeps): HttpRoute {
  const refusals = new RefusalLog({
    clock: deps.clock,
    say: (fields) => deps.logger.warn("a request to the API was refused", fields),
  });
  const refused: NoteRefusal = (reason, token) => {
    deps.onRefused(reason);
    refusals.note(WHY[reason], token === undefined ? {} : { token });
  };
  return {
    method: "any",
    path: API_PATH,
    mostBodyBytes: MOST_BODY_BYTES,
    refuse: ({ status, message }) =>
      refusalAnswer({ status, code: CODES[status], message: status === 413 ? TOO_LONG : message }),
    admit: (head) => {
      if (!deps.isOpen()) return refusalAnswer(NOT_YET, { "retry-after": "1" });
      const admission = admit(deps, head, refused);
      return admission.kind === "refused" ? admission.answer : undefined;
    },
    answer: async (request) => {
      // The token may have been revoked while the body came.
      const admission = admit(deps, request, refused);
      if (admission.kind === "refused") return admission.answer;
      const { token, found } = admission;
      try {
        return await found.operation.answer(deps, { token, head: request, params: found.params, body: request.body });
      } catch (error) {
        if (!GONE.has(errorCode(error))) throw error;
        return refusalAnswer({ status: 410, code: errorCode(error), message: errorMessage(error) });
      }
    },
  };
}

type NoteRefusal = (reason: ApiRefusal, token?: string) => void;

function admit({ tokens }: ApiDeps, head: HttpHead, refused: NoteRefusal): Admission {
  const secret = bearerOf(head);
  if (secret === undefined) {
    refused("no-token");
    return notBelieved();
  }
  const believed = tokens.find(secret);
  if (believed.kind !== "good") {
    refused(believed.kind === "expired" ? "expired-token" : "unknown-token");
    return notBelieved();
  }
  const { token } = believed;
  const found = findOperation(head);
  if (found === undefined) return notFound(head);
  const { scope } = found.operation;
  if (scope !== undefined && !token.scopes.includes(scope)) {
    refused("scope", token.name);
    return { kind: "refused", answer: refusalAnswer(notAllowed(scope, token)) };
  }
  if (found.operation.method === "POST" && hasBody(head) && !isPlainJson(head)) {
    return { kind: "refused", answer: refusalAnswer(NOT_JSON) };
  }
  return { kind: "admitted", token, found };
}

function notAllowed(scope: Scope, { scopes }: ApiToken): Refusal {
  const has = scopes.map((each) => `"${each}"`).join(" and ");
  const message = `This takes a token with the scope "${scope}". This one has ${has === "" ? "none" : has}.`;
  return { status: 403, code: "token.scope", message };
}

function bearerOf({ headers }: HttpHead): string | undefined {
  const [, secret = ""] = /^Bearer +([\w-]+)$/iu.exec(headers.authorization ?? "") ?? [];
  return secret === "" || secret.length > LONGEST_TOKEN ? undefined : secret;
}

/** The same whatever is wrong with a token: whoever has none that is good learns nothing, also not what is where. */
function notBelieved(): Admission {
  return { kind: "refused", answer: refusalAnswer(NOT_BELIEVED, { "www-authenticate": "Bearer" }) };
}

function notFound({ path }: HttpHead): Admission {
  const allow = [...new Set(OPERATIONS.flatMap((each) => (paramsOf(each, path) === undefined ? [] : [each.method])))];
  if (allow.length === 0) return { kind: "refused", answer: refusalAnswer(NOT_THERE) };
  const methods = allow.toSorted().join(", ");
  const refusal = { status: 405, code: "request.method", message: `Only ${methods}.` };
  return { kind: "refused", answer: refusalAnswer(refusal, { allow: methods }) };
}

/** Without one nothing is sent whose type could be wrong. */
function hasBody({ headers }: HttpHead): boolean {
  return headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
}

function isPlainJson({ headers }: HttpHead): boolean {
  const isJson = /^application\/json(?: *; *charset="?utf-8"?)?$/iu.test(headers["content-type"] ?? "");
  return isJson && headers["content-encoding"] === undefined;
}

function findOperation({ method, path }: HttpHead): Found | undefined {
  const asked = method === "HEAD" ? "GET" : method;
  for (const operation of OPERATIONS) {
    const params = operation.method === asked ? paramsOf(operation, path) : undefined;
    if (params !== undefined) return { operation, params };
  }
  return undefined;
}

/** The parts of the path that vary, decoded; undefined for the path of something else. */
function paramsOf({ path: template }: Operation, path: string): Readonly<Record<string, string>> | undefined {
  const [wanted, given] = [template.split("/"), path.split("/")];
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const [, name] = /^\{(\w+)\}$/u.exec(part) ?? [];
    const text = decoded(given[index] ?? "");
    if (text === undefined || text === "") {
      if (part !== given[index]) return undefined;
    } else if (name !== undefined) params[name] = text;
    else if (part !== text) return undefined;
  }
  return params;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
