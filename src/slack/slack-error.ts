import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } from "@slack/web-api";

import { errorText } from "../platform/errors.ts";
import { refusal, type SlackFailure } from "./slack-failure.ts";

const LIMITED_WITHOUT_A_TIME_MS = 30_000;

/** What a call of the SDK that threw came to. Whatever is not known to be something else may have happened or not. */
export function failureOf(thrown: unknown): SlackFailure {
  if (thrown instanceof WebAPIRateLimitedError) return { status: "limited", afterMs: thrown.retryAfter * 1000 };
  if (thrown instanceof WebAPIPlatformError) return refusal(thrown.data.error.slice(0, 100));
  if (thrown instanceof WebAPIHTTPError) return { status: "unknown", code: `http_${thrown.statusCode}` };
  if (thrown instanceof WebAPIRequestError) {
    const code = networkCode(thrown.original);
    return { status: NEVER_SENT.test(code) ? "unsent" : "unknown", code };
  }
  const text = errorText(thrown);
  // The SDK has no error class for a 429 whose Retry-After is missing.
  if (text.startsWith("Retry header did not contain")) return { status: "limited", afterMs: LIMITED_WITHOUT_A_TIME_MS };
  return { status: "unknown", code: text.slice(0, 200) };
}

/** The code of the error at the bottom of a chain of causes, such as `ECONNREFUSED`. */
function networkCode(error: unknown): string {
  if (!(error instanceof Error)) return String(error).slice(0, 100);
  if (error.cause !== undefined) return networkCode(error.cause);
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  return code === "" ? "unknown" : code;
}

// No connection was made, so nothing of the request can have arrived.
const NEVER_SENT =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|CERT_.*|ERR_TLS_.*|.*SELF_SIGNED.*|UNABLE_TO_.*)$/u;
