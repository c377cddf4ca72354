import type { SlackDelivery, SlackDeliveryOutcome } from "./slack-delivery.ts";
import type { JsonObject } from "./slack-messages.ts";
import type { SlackWorld } from "./slack-world.ts";

/** Slack behaviour: an event that is not acknowledged comes again at once, after a minute and after five. */
const RETRY_DELAYS_MS = [0, 60_000, 300_000];

/** Delivers events to the app, when it has subscribed to them. */
export class SlackEvents {
  readonly #world: SlackWorld;
  readonly #delivery: () => SlackDelivery;
  readonly #signal: AbortSignal;

  /** `signal` ends the waiting for the next attempt. */
  constructor(deps: {
    readonly world: SlackWorld;
    readonly delivery: () => SlackDelivery;
    readonly signal: AbortSignal;
  }) {
    this.#world = deps.world;
    this.#delivery = deps.delivery;
    this.#signal = deps.signal;
  }

  /** Starts the delivery of the event; undefined when the app has not subscribed to it as `subscription`. */
  emit(
    event: JsonObject & { readonly type: string },
    subscription: string = event.type,
  ): Promise<SlackDeliveryOutcome> | undefined {
    if (!this.#world.workspace.app.botEvents.includes(subscription)) return undefined;
    return this.#deliver(this.#envelope(event));
  }

  async #deliver(payload: JsonObject): Promise<SlackDeliveryOutcome> {
    let outcome = await this.#delivery().deliver({ type: "events_api", payload });
    for (const [index, delayMs] of RETRY_DELAYS_MS.entries()) {
      if (outcome.status === "acknowledged" || this.#signal.aborted) return outcome;
      const reason = outcome.status === "timeout" ? "http_timeout" : "connection_failed";
      const over = await this.#world.clock.sleep(delayMs, this.#signal).then(
        () => false,
        () => true,
      );
      if (over) return outcome;
      outcome = await this.#delivery().deliver({ type: "events_api", payload, retry: { attempt: index + 1, reason } });
    }
    return outcome;
  }

  #envelope(event: JsonObject): JsonObject {
    const { workspace, ids, clock } = this.#world;
    return {
      token: "deprecated",
      team_id: workspace.team.id,
      context_team_id: workspace.team.id,
      api_app_id: workspace.app.appId,
      event,
      type: "event_callback",
      event_id: ids.next("Ev"),
      event_time: Math.floor(clock.now() / 1000),
      authorizations: [
        {
          enterprise_id: null,
          team_id: workspace.team.id,
          user_id: workspace.app.botUserId,
          is_bot: true,
          is_enterprise_install: false,
        },
      ],
      is_ext_shared_channel: false,
      event_context: ids.hex(8),
    };
  }
}
