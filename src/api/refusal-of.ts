import type { Answer } from "../engine/answer.ts";
import { candidatesText } from "../engine/candidates-text.ts";
import type { Refusal } from "./api-answer.ts";

/** What was refused because something is as it is now, and not because of what was asked. */
const CONFLICTS = new Set([
  "lock.taken",
  "mode.observing",
  "intent.too-old",
  "run.unchanged",
  "run.ambiguous",
  "retry.succeeded",
  "retry.not-ended",
  "cancel.ended",
  "cancel.under-way",
]);
const ABSENT = new Set(["run.unknown", "command.unknown"]);

/** The status that fits a code. Whatever is not known better is about what was asked. */
export function statusOf(code: string): number {
  if (code === "access.unverifiable" || code === "machine.not-ready" || code.startsWith("store.")) return 503;
  if (code.startsWith("access.")) return 403;
  if (code === "internal") return 500;
  if (/\.(?:unavailable|unreachable|timeout|busy)$/u.test(code)) return 503;
  if (ABSENT.has(code)) return 404;
  return CONFLICTS.has(code) ? 409 : 422;
}

/** An answer that says why something was not done. */
export function refusalOf(answer: Answer): Refusal {
  switch (answer.kind) {
    case "notice": {
      const { code, message, suggestions } = answer;
      return { status: statusOf(code), code, message, suggestions };
    }
    case "locked": {
      const message = answer.locks.map(({ key, reason }) => `${key} is locked: ${reason}`).join("; ");
      return { status: 409, code: "lock.taken", message };
    }
    case "text":
      return { status: 422, code: "request.words", message: answer.text };
    case "form":
      return { status: 422, code: "request.words", message: answer.text };
    case "candidates": {
      const suggestions = answer.commits.map(({ sha }) => sha);
      return { status: 422, code: "request.revision", message: candidatesText(answer), suggestions };
    }
    case "where":
    case "who":
    case "machines":
    case "queue":
    case "diff":
    case "plan":
    case "page":
    case "history":
    case "status":
      return { status: 422, code: "request.question", message: "This command answers people, and starts nothing." };
  }
}
