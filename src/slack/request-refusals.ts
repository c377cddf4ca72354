import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";

/** Why a request that claims to come from Slack was not believed. */
export type RefusalReason = "unsigned" | "time" | "signature" | "replayed" | "type";

const EVERY_MS = 60_000;

const WORDS: Readonly<Record<RefusalReason, string>> = {
  unsigned: "it carries no signature",
  time: "it was signed more than five minutes before or after now; is the clock of this machine right?",
  signature: "its signature is wrong; is SLACK_SIGNING_SECRET the one of this app?",
  replayed: "the same request was accepted before",
  type: "its content is of a type that Slack does not send",
};

/** Says in the log that requests were refused, at most once a minute for each reason, however many there are. */
export class RequestRefusals {
  readonly #deps: { readonly clock: Clock; readonly logger: Logger };
  readonly #seen = new Map<RefusalReason, { saidAt: number; unsaid: number }>();

  constructor(deps: { readonly clock: Clock; readonly logger: Logger }) {
    this.#deps = deps;
  }

  note(reason: RefusalReason): void {
    const { clock, logger } = this.#deps;
    const now = clock.monotonic();
    const known = this.#seen.get(reason);
    if (known !== undefined && now - known.saidAt < EVERY_MS) {
      known.unsaid += 1;
      return;
    }
    this.#seen.set(reason, { saidAt: now, unsaid: 0 });
    logger.warn("a request to /slack/events was refused", {
      reason,
      why: WORDS[reason],
      ...(known !== undefined && known.unsaid > 0 && { others: known.unsaid }),
    });
  }
}
