import type { Failure, RetryClass } from "../../domain/outcome.ts";
import { visible } from "../../platform/visible-text.ts";
import type { HttpAnswer } from "../network/http-call.ts";
import { type AnswerWanted, bodyProblems, isStatusWanted, type ReadBody } from "../network/answer-check.ts";
import type { RequestRepeat } from "./once-sent.ts";

const PASSING: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);
const LONGEST_PAUSE_S = 600;
const LONGEST_EXCERPT = 200;

interface Judged {
  /** Names the request. */
  readonly what: string;
  readonly repeat: RequestRepeat;
  /** Nothing of the body may be repeated. */
  readonly isSecret: boolean;
}

/** Why an answer is not what was wanted; undefined when it is. */
export function answerFailure(
  { answer, read, wanted }: { readonly answer: HttpAnswer; readonly read: ReadBody; readonly wanted: AnswerWanted },
  { what, repeat, isSecret }: Judged,
): Failure | undefined {
  const { status } = answer;
  if (!isStatusWanted(status, wanted.status)) {
    const message = `${what} answered with status ${status}${isSecret ? "." : excerptOf(read)}`;
    return { code: "http.status", message, retry: retryAfter(answer, repeat), details: { status } };
  }
  const problems = bodyProblems(answer, read, wanted);
  if (problems.length === 0) return undefined;
  if (isSecret) {
    const message = `${what} answered with status ${status}, but the body is not as "text" and "assert" want it.`;
    return { code: "http.assertion", message, retry: "never", details: { status } };
  }
  const message = `${what} answered with status ${status}, but ${problems.join("; ")}`;
  return { code: "http.assertion", message, retry: "never", details: { status, problems: [...problems] } };
}

/** Who was turned away for now may come back; what may have been done must not be done again by itself. */
function retryAfter({ status, headers }: HttpAnswer, repeat: RequestRepeat): RetryClass {
  const mayPass = repeat === "ask" ? status === 429 : PASSING.has(status);
  if (!mayPass) return "never";
  const seconds = /^\d{1,6}$/u.test(headers["retry-after"] ?? "") ? Number(headers["retry-after"]) : 0;
  return seconds > 0 ? { afterMs: Math.min(seconds, LONGEST_PAUSE_S) * 1000 } : "backoff";
}

function excerptOf({ text }: ReadBody): string {
  const words = visible(text.slice(0, LONGEST_EXCERPT * 2))
    .replaceAll(/\s+/gu, " ")
    .trim();
  if (words === "") return ".";
  return `: ${words.length > LONGEST_EXCERPT ? `${words.slice(0, LONGEST_EXCERPT)}...` : words}`;
}
