import { context, message, section, type MessageContent } from "../blocks.ts";
import { code, inert, userMention } from "../mrkdwn.ts";

/** Something that a person asked for and does not get, or an answer in one or two sentences. */
export interface Notice {
  /** Stable, such as `gate.stale`; decides the picture and, where the message cannot know it, the advice. */
  readonly code: string;
  /** What happened, why, and what to do. */
  readonly message: string;
  /** What could be typed instead, best first. */
  readonly suggestions?: readonly string[] | undefined;
  /** The Slack user that it is about. */
  readonly about?: string | undefined;
}

const QUIET = new Set([
  "resolving",
  "run.started",
  "run.joined",
  "run.cancelling",
  "run.retried",
  "signal.sent",
  "lock.set",
  "lock.lifted",
]);

/** A private answer: what, why, and what to do. */
export function renderNotice(notice: Notice): MessageContent {
  const what = inert(notice.message, 1500);
  const about = notice.about === undefined ? "" : ` (${userMention(notice.about)})`;
  const offers = (notice.suggestions ?? []).slice(0, 5);
  const next = ADVICE[notice.code] ?? ADVICE[familyOf(notice.code)] ?? "";
  const lines = [
    `${emojiOf(notice.code)} ${what}${about}`,
    ...(offers.length > 0 ? [`Did you mean ${offers.map((text) => code(text, 300)).join(" or ")}?`] : []),
    ...(next === "" ? [] : [next]),
  ];
  const words = offers.length === 0 ? "" : ` Did you mean ${offers.map((text) => inert(text, 300)).join(" or ")}?`;
  const fallback = `${what}${about}${words} ${next}`.trim();
  const body = section(lines.join("\n"));
  // The code is for looking a refusal up; a success needs none.
  return message(fallback, QUIET.has(notice.code) ? [body] : [body, context(code(notice.code, 60))]);
}

function familyOf(errorCode: string): string {
  return errorCode.slice(0, Math.max(0, errorCode.indexOf(".")));
}

function emojiOf(errorCode: string): string {
  return EMOJI[errorCode] ?? EMOJI[familyOf(errorCode)] ?? ":warning:";
}

/** Pictures by code, or by what stands before its dot. */
const EMOJI: Readonly<Record<string, string>> = {
  resolving: ":mag:",
  "run.started": ":arrow_forward:",
  "run.joined": ":information_source:",
  "run.cancelling": ":no_entry_sign:",
  "run.retried": ":arrows_counterclockwise:",
  "signal.sent": ":white_check_mark:",
  "cancel.ended": ":information_source:",
  "lock.set": ":lock:",
  "lock.lifted": ":unlock:",
  "lock.none": ":information_source:",
  "gate.decided": ":information_source:",
  "gate.closed": ":information_source:",
  usage: ":question:",
  input: ":question:",
  revision: ":question:",
  access: ":no_entry_sign:",
  approval: ":no_entry_sign:",
  gate: ":no_entry_sign:",
};

/** What to do where the message itself, made far from people, does not say it. */
const ADVICE: Readonly<Record<string, string>> = {
  "approval.requester": "The attempt was recorded.",
  "approval.not-in-group": "The attempt was recorded.",
  "approval.guest": "The attempt was recorded.",
  "approval.stranger": "The attempt was recorded.",
  "store.full": "The disk of Quarterdeck is full; tell whoever runs it.",
  "store.read-only": "Quarterdeck cannot write its log; tell whoever runs it.",
  "store.busy": "Try again in a moment.",
  store: "Try again; if it goes on, tell whoever runs Quarterdeck.",
  internal: "Try again; if it goes on, tell whoever runs Quarterdeck.",
  "slack.form-expired": "Press Reject again: Slack lets a form be opened only within three seconds.",
  "slack.not-recorded": "If nothing appears within a minute, try again; the same thing is never started twice.",
  "slack.unreadable": "Try again; if it goes on, tell whoever runs Quarterdeck.",
};
