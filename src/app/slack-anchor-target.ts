import type { AnchorTarget } from "../audit/anchor-target.ts";
import { anchorText, type SignedHead } from "../audit/signed-head.ts";
import type { SlotStore } from "../engine/ports.ts";
import type { Clock } from "../platform/clock.ts";
import { AppError } from "../platform/errors.ts";
import { renderAnchorNotice } from "../slack/views/anchor-notice.ts";
import { ANCHOR_SLOTS } from "../store/anchor-store.ts";
import type { Slack } from "./slack.ts";

interface Deps {
  readonly name: string;
  readonly channel: string;
  readonly slack: Pick<Slack, "announce">;
  readonly slots: Pick<SlotStore, "slot">;
  readonly clock: Clock;
}

const LOOK_MS = 500;

/** Keeps each head as a message of its own in a channel. While Slack is away it waits: the outbox delivers it then. */
export class SlackAnchorTarget implements AnchorTarget {
  readonly name: string;
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.name = deps.name;
    this.#deps = deps;
  }

  get address(): string {
    return `slack ${this.#deps.channel}`;
  }

  async write(head: SignedHead, signal: AbortSignal): Promise<string> {
    const { channel, slack, slots, clock } = this.#deps;
    const slot = `${ANCHOR_SLOTS}${channel}/${head.sequence}`;
    const { sequence, at } = head;
    slack.announce({ slot, channel, content: renderAnchorNotice({ sequence, at, anchor: anchorText(head) }) });
    for (;;) {
      const record = slots.slot(slot);
      if (record?.ts !== undefined) return `${record.channel} ${record.ts}`;
      if (record?.lostReason !== undefined) throw refused(channel, record.lostReason);
      await clock.sleep(LOOK_MS, signal);
    }
  }
}

function refused(channel: string, reason: string): AppError {
  const message = `An anchor cannot be posted in ${channel} (${reason}). Invite the app there with /invite, or name another channel`;
  return new AppError(message, { code: "audit.anchor", retry: "backoff", details: { reason } });
}
