import type { LockedAnswer } from "../../engine/question-answers.ts";
import { context, message, section, type MessageContent } from "../blocks.ts";
import { code, inert } from "../mrkdwn.ts";
import { handLockText, unlockCommand } from "./hand-lock-text.ts";
import type { ViewLookups } from "./view-lookups.ts";

/** What was asked for is held up by people: who, since when, why, until when, and how to lift it. */
export function renderLocked({ locks }: LockedAnswer, lookups: ViewLookups): MessageContent {
  const lines = locks.map((lock) => handLockText(lock, lookups));
  const how = locks.map((lock) => unlockCommand(lock, lookups));
  const next = `Nothing was done. Whoever may lifts it with ${how.map((text) => code(text, 200)).join(" or ")}.`;
  return message(`${lines.join(". ")}. Nothing was done. To lift it: ${inert(how.join(" or "), 400)}`, [
    section([...lines.map((line) => `:lock: ${line}`), next].join("\n")),
    context(code("lock.taken", 60)),
  ]);
}
