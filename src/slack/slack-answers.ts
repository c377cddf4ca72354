import { z } from "zod";

import type { Clock } from "../platform/clock.ts";
import { errorText } from "../platform/errors.ts";
import type { Logger } from "../platform/logger.ts";
import { timeLimit } from "../platform/time-limit.ts";
import { tryJson } from "../platform/try-json.ts";
import type { MessageContent } from "./blocks.ts";
import { simplify } from "./degrade.ts";
import type { Sender } from "./front-door.ts";
import { type PostAnswer, postAnswer } from "./post-answer.ts";
import type { SlackGateway } from "./slack-gateway.ts";

export interface SlackAnswersDeps {
  readonly gateway: Pick<SlackGateway, "ephemeral">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The address of the Web API when it is not Slack's own: answers go there too then. */
  readonly apiUrl: string | undefined;
  /** Over the network of this machine unless given. */
  readonly post?: PostAnswer | undefined;
}

const TRIES = 3;
const TRY_AGAIN_MS = 1000;
const TIMEOUT_MS = 5000;

const Refused = z.looseObject({ ok: z.literal(false), error: z.string().default("") });

interface PlacedContent extends MessageContent {
  readonly threadTs: string | undefined;
  /** Whether it takes the place of what was said through the same address before. */
  readonly replaces: boolean;
}

/** Private answers to people: through the address that came with what they did, otherwise as an ephemeral message. */
export class SlackAnswers {
  readonly #deps: SlackAnswersDeps;
  /** By response address. */
  readonly #held = new Map<string, Promise<void>>();

  constructor(deps: SlackAnswersDeps) {
    this.#deps = deps;
  }

  /**
   * Answers through this address wait until then: one that takes the place of what an acknowledgement says must not come
   * before it.
   */
  hold(url: string, until: Promise<void>): void {
    this.#held.set(url, until);
    void until.finally(() => this.#held.delete(url));
  }

  /** True when Slack took it. An answer that cannot be given is logged and never thrown: it is never the only record. */
  async send(to: Sender, content: MessageContent, how: { readonly replaces?: boolean } = {}): Promise<boolean> {
    const { clock, gateway, logger } = this.#deps;
    const safe = simplify(content, 0);
    const { responseUrl: url, threadTs } = to;
    if (how.replaces === true) await this.#held.get(url ?? "");
    if (url !== undefined && clock.now() < to.answerUntil && isSlackAddress(url, this.#deps.apiUrl)) {
      if (await this.#respond(url, { ...safe, threadTs, replaces: how.replaces ?? false })) return true;
    }
    const result = await gateway.ephemeral({ channel: to.channel, threadTs, user: to.user, content: safe });
    if (result.status === "done") return true;
    const reason = result.status === "limited" ? "ratelimited" : result.code;
    logger.warn("a private answer could not be given", { user: to.user, channel: to.channel, reason });
    return false;
  }

  async #respond(url: string, content: PlacedContent): Promise<boolean> {
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      const outcome = await this.#post(url, content);
      if (outcome !== "again") return outcome === "taken";
      if (attempt < TRIES) await this.#deps.clock.sleep(TRY_AGAIN_MS * attempt);
    }
    return false;
  }

  async #post(
    url: string,
    { text, blocks, threadTs, replaces }: PlacedContent,
  ): Promise<"taken" | "refused" | "again"> {
    using limit = timeLimit(this.#deps.clock, TIMEOUT_MS);
    try {
      const kind = { response_type: "ephemeral", replace_original: replaces, thread_ts: threadTs };
      const { post = postAnswer } = this.#deps;
      const receipt = await post(url, { text, blocks, ...kind }, limit.signal);
      if (receipt.status === 429 || receipt.status >= 500) return "again";
      // Slack answers 200 with {"ok":false} as well as 404 when the address is used up.
      const isOk = receipt.status >= 200 && receipt.status < 300;
      return isOk && !Refused.safeParse(tryJson(receipt.text)).success ? "taken" : "refused";
    } catch (error) {
      this.#deps.logger.debug("an answer to a response address failed", { error: errorText(error) });
      return "again";
    }
  }
}

/** Answers go to Slack and nowhere else, whatever address a payload names. */
export function isSlackAddress(url: string, apiUrl: string | undefined): boolean {
  const parsed = URL.parse(url);
  if (parsed === null) return false;
  const { origin, hostname, protocol } = parsed;
  if (apiUrl !== undefined && URL.parse(apiUrl)?.origin === origin) return true;
  return protocol === "https:" && /(?:^|\.)slack(?:-gov)?\.com$/u.test(hostname);
}
