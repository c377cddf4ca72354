import { type Backoff, backoffMs } from "../platform/backoff.ts";
import type { ArgocdError } from "./argocd-errors.ts";

const AGAIN: Backoff = { firstMs: 2000, factor: 2, longestMs: 30_000 };

/** A token that has expired is replaced by people: so long they have for it. */
export const TOKEN_PATIENCE_MS = 10 * 60_000;

/** How long Argo CD has been away for somebody who waits, and when it is asked again. */
export class Outage {
  #failures = 0;
  #sinceMs: number | undefined;
  #tokenRefusedSinceMs: number | undefined;

  /** Since when it has not answered as it should; undefined while it does. */
  get sinceMs(): number | undefined {
    return this.#sinceMs;
  }

  /** It does answer, but does not accept the token. */
  get isTokenRefused(): boolean {
    return this.#tokenRefusedSinceMs !== undefined;
  }

  /** How long after the last failure it is asked again; undefined while nothing has failed. */
  get againAfterMs(): number | undefined {
    return this.#failures === 0 ? undefined : backoffMs(AGAIN, this.#failures + 1);
  }

  end(): void {
    this.#failures = 0;
    this.#sinceMs = undefined;
    this.#tokenRefusedSinceMs = undefined;
  }

  /** Takes down a failed call. Throws it once a token has been refused for longer than people need to replace it. */
  note(error: ArgocdError, nowMs: number): void {
    if (error.class !== "auth") this.#tokenRefusedSinceMs = undefined;
    else if (nowMs - (this.#tokenRefusedSinceMs ??= nowMs) >= TOKEN_PATIENCE_MS) throw error;
    this.#failures += 1;
    this.#sinceMs ??= nowMs;
  }
}
