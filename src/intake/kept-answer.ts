import type { Answer } from "../engine/answer.ts";
import { candidatesText } from "../engine/candidates-text.ts";

const LONGEST_KEPT = 500;
const MOST_SUGGESTIONS = 5;

/** What came of something that was asked, as the log keeps it. */
interface KeptAnswer {
  readonly kind: string;
  /** Empty for what is kept no further: it was done, or read by whoever asked. */
  readonly code: string;
  readonly message: string;
  readonly run?: string;
  readonly suggestions?: readonly string[];
}

/**
 * An answer as the log keeps it. People have seen what was wrong with their words; machines ask again what came of theirs, and are
 * told the same then, so that they are told nothing but this.
 */
export function keptAnswer(answer: Answer | undefined, isMachine: boolean): KeptAnswer {
  if (answer?.kind === "notice") {
    const { kind, code, message, run, suggestions } = answer;
    return { kind, code, message, ...(run !== undefined && { run }), ...(isMachine && kept(suggestions)) };
  }
  if (answer?.kind === "locked") {
    const message = answer.locks.map(({ key, reason }) => `${key} is locked: ${reason}`).join("; ");
    return { kind: "locked", code: "lock.taken", message };
  }
  const wrong = isMachine ? wrongWith(answer) : undefined;
  return wrong ?? { kind: answer?.kind ?? "done", code: "", message: "" };
}

function wrongWith(answer: Answer | undefined): KeptAnswer | undefined {
  if (answer?.kind === "text") {
    const { kind, text, suggestions } = answer;
    return { kind, code: kind, message: text.slice(0, LONGEST_KEPT), ...kept(suggestions) };
  }
  if (answer?.kind !== "candidates") return undefined;
  const message = candidatesText(answer).slice(0, LONGEST_KEPT);
  return { kind: answer.kind, code: answer.kind, message, ...kept(answer.commits.map(({ sha }) => sha)) };
}

function kept(suggestions: readonly string[] = []): Pick<KeptAnswer, "suggestions"> {
  const shown = suggestions.slice(0, MOST_SUGGESTIONS).map((text) => text.slice(0, LONGEST_KEPT));
  return shown.length === 0 ? {} : { suggestions: shown };
}
