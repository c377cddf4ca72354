import type { Clock } from "../platform/clock.ts";
import { SlackApiError } from "./slack-api-error.ts";
import type { SlackIds } from "./slack-ids.ts";

/** Slack limit: a trigger id opens one view, within three seconds. */
const TRIGGER_LIFE_MS = 3_000;

/** Hands out trigger ids and takes each back once. */
export class SlackTriggers {
  readonly #clock: Clock;
  readonly #ids: SlackIds;
  readonly #issued = new Map<string, { readonly user: string; readonly atMs: number; exchanged: boolean }>();

  constructor(deps: { readonly clock: Clock; readonly ids: SlackIds }) {
    this.#clock = deps.clock;
    this.#ids = deps.ids;
  }

  issue(user: string): string {
    const id = this.#ids.triggerId(this.#clock.now());
    this.#issued.set(id, { user, atMs: this.#clock.monotonic(), exchanged: false });
    return id;
  }

  /** The person who caused the trigger. Throws Slack's refusal of a wrong, used or expired one. */
  redeem(id: string): string {
    const trigger = this.#issued.get(id);
    if (trigger === undefined) throw new SlackApiError("invalid_trigger_id");
    if (trigger.exchanged) throw new SlackApiError("exchanged_trigger_id");
    if (this.#clock.monotonic() - trigger.atMs > TRIGGER_LIFE_MS) throw new SlackApiError("expired_trigger_id");
    trigger.exchanged = true;
    return trigger.user;
  }
}
