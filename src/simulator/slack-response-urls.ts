import type { Clock } from "../platform/clock.ts";
import type { SlackIds } from "./slack-ids.ts";

/** Slack limits: five uses within thirty minutes. */
const LONGEST_LIFE_MS = 30 * 60_000;
const MOST_USES = 5;

/** What a response URL was given out for. */
export interface SlackResponseTarget {
  readonly user: string;
  readonly channel: string;
  /** The message whose button was pressed; for a command, what it was answered with last. */
  readonly messageTs?: string | undefined;
}

export type SlackResponseUse =
  | { readonly status: "usable"; readonly target: SlackResponseTarget }
  | { readonly status: "used" | "expired" | "unknown" };

/** Hands out response URLs and counts their uses. */
export class SlackResponseUrls {
  readonly #clock: Clock;
  readonly #ids: SlackIds;
  readonly #base: () => string;
  readonly #issued = new Map<string, { target: SlackResponseTarget; readonly atMs: number; uses: number }>();

  /** `base` is what the path `/response/...` is appended to, known once the server listens. */
  constructor(deps: { readonly clock: Clock; readonly ids: SlackIds; readonly base: () => string }) {
    this.#clock = deps.clock;
    this.#ids = deps.ids;
    this.#base = deps.base;
  }

  issue(target: SlackResponseTarget): string {
    const key = this.#ids.hex(16);
    this.#issued.set(key, { target, atMs: this.#clock.monotonic(), uses: 0 });
    return `${this.#base()}/response/${key}`;
  }

  /** A command was answered with this message: an answer that replaces takes its place. */
  answered(url: string, messageTs: string): void {
    const issued = this.#issued.get(url.slice(url.lastIndexOf("/") + 1));
    if (issued !== undefined) issued.target = { ...issued.target, messageTs };
  }

  /** Counts one use when it is allowed. */
  use(key: string): SlackResponseUse {
    const issued = this.#issued.get(key);
    if (issued === undefined) return { status: "unknown" };
    if (this.#clock.monotonic() - issued.atMs > LONGEST_LIFE_MS) return { status: "expired" };
    if (issued.uses >= MOST_USES) return { status: "used" };
    issued.uses += 1;
    return { status: "usable", target: issued.target };
  }
}
