import { context, message, section, type MessageContent } from "../blocks.ts";
import { code, inert } from "../mrkdwn.ts";

/** Something that a person asked for and does not get, or an answer in one sentence. */
export interface Notice {
  /** Stable, such as `gate.stale`; decides the advice. */
  readonly code: string;
  /** What happened and why, for people. */
  readonly message: string;
  /** What could be typed or pressed instead, best first. */
  readonly suggestions?: readonly string[] | undefined;
}

/** A private answer: what, why, and what to do. */
export function renderNotice(notice: Notice): MessageContent {
  const { emoji, next } = advice(notice.code);
  const what = inert(notice.message, 1500);
  const suggestions = (notice.suggestions ?? []).slice(0, 5);
  const offers =
    suggestions.length === 0 ? "" : `\nDid you mean ${suggestions.map((text) => code(text, 300)).join(" or ")}?`;
  const plainOffers =
    suggestions.length === 0 ? "" : ` Did you mean ${suggestions.map((text) => inert(text, 300)).join(" or ")}?`;
  const small = [next, notice.code].map((text) => inert(text, 500));
  return message(`${what}${plainOffers} ${next}`.trim(), [section(`${emoji} ${what}${offers}`), context(...small)]);
}

interface Advice {
  readonly emoji: string;
  readonly next: string;
}

function advice(errorCode: string): Advice {
  const exact = ADVICE[errorCode];
  if (exact !== undefined) return exact;
  const family = FAMILIES[errorCode.slice(0, Math.max(0, errorCode.indexOf(".")))];
  return (
    family ?? {
      emoji: ":warning:",
      next: "Nothing was changed. Try again; if it goes on, tell whoever runs Quarterdeck.",
    }
  );
}

const refused = (next: string): Advice => ({ emoji: ":no_entry_sign:", next });
const unsure = (next: string): Advice => ({ emoji: ":warning:", next });

const ADVICE: Readonly<Record<string, Advice>> = {
  resolving: { emoji: ":mag:", next: "The answer follows here." },
  "run.started": { emoji: ":white_check_mark:", next: "Follow it in the card." },
  "run.joined": { emoji: ":information_source:", next: "Nothing was started twice: follow the run that is there." },
  "gate.approved": { emoji: ":white_check_mark:", next: "The run goes on." },
  "gate.rejected": { emoji: ":no_entry:", next: "The run ends; nothing was changed." },
  "gate.requester": refused("Ask somebody else who may approve. The attempt was recorded."),
  "gate.not-approver": refused("Only the people and groups named in the request may decide. The attempt was recorded."),
  "gate.guest": refused("Guests may not decide. Ask a full member who may. The attempt was recorded."),
  "gate.stranger": refused("People from other workspaces may not decide. The attempt was recorded."),
  "gate.decided": { emoji: ":information_source:", next: "Nothing is left to decide here." },
  "gate.closed": { emoji: ":information_source:", next: "Nothing is left to decide here." },
  "gate.stale": refused("Look for the newest request in the thread and decide on that one."),
  "gate.changed": refused("A new request follows in the thread; look at it and decide anew."),
  "gate.expired": refused("Start the command again when it is still wanted."),
  "directory.unverifiable": unsure("Nothing was decided. Press the button again in a moment."),
  "directory.no-such-group": unsure(
    "Nothing was decided. Whoever runs Quarterdeck has to mend the group in quarterdeck.yaml.",
  ),
  "store.full": unsure("Nothing was recorded and nothing was done. Quarterdeck's disk is full; tell whoever runs it."),
  "store.read-only": unsure(
    "Nothing was recorded and nothing was done. Quarterdeck cannot write its log; tell whoever runs it.",
  ),
  "store.busy": unsure("Nothing was recorded and nothing was done. Try again in a moment."),
  "slack.form-expired": unsure("Press Reject again: Slack lets a form be opened only within three seconds."),
  "slack.not-recorded": unsure(
    "If nothing appears within a minute, try again; the same promotion is never started twice.",
  ),
  "slack.not-ours": unsure("Type the help word after the command to see what there is."),
};

const FAMILIES: Readonly<Record<string, Advice>> = {
  usage: refused("Nothing was started. Type the command with the word help to see how it goes."),
  input: refused("Nothing was started. Mend the word and send it again."),
  revision: refused("Nothing was started. Name a branch, a tag or at least four digits of a commit."),
  access: refused("Nothing was started. Ask somebody who may; the attempt was recorded."),
  gate: refused("The attempt was recorded."),
  git: unsure("Nothing was started. The Git repository could not be read; try again in a moment."),
  argocd: unsure("Nothing was started. Argo CD could not be asked; try again in a moment."),
  store: unsure("Nothing was recorded and nothing was done. Tell whoever runs Quarterdeck."),
};
