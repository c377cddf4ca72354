import type { Outage } from "./outage.ts";
import { isFinal, type OpenVerdict, type Verdict } from "./verdict.ts";

/** What a wait tells while it goes on. */
export interface WaitProgress {
  readonly verdict: OpenVerdict;
  /** Argo CD has not answered since then, on our clock; the verdict is the last one before. */
  readonly unreachableSinceMs?: number;
  /** It does answer, but does not accept the token. */
  readonly tokenRefused?: boolean;
}

interface Deps {
  readonly outage: Pick<Outage, "sinceMs" | "isTokenRefused">;
  readonly onProgress: ((progress: WaitProgress) => void) | undefined;
}

/** Tells of a wait what is worth showing, once it has changed. */
export class WaitNews {
  readonly #deps: Deps;
  #open: OpenVerdict | undefined;
  #told = "";

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  tell(verdict: Verdict | undefined): void {
    const { onProgress, outage } = this.#deps;
    // An end that no read has confirmed yet may turn out to be none.
    if (verdict !== undefined && !isFinal(verdict)) this.#open = verdict;
    if (onProgress === undefined || this.#open === undefined) return;
    const { recheckAfterMs: _time, ...shown }: OpenVerdict & { recheckAfterMs?: number | undefined } = this.#open;
    const { sinceMs: since, isTokenRefused: tokenRefused } = outage;
    const text = JSON.stringify([shown, since, tokenRefused]);
    if (text === this.#told) return;
    this.#told = text;
    onProgress({
      verdict: this.#open,
      ...(since === undefined ? {} : { unreachableSinceMs: since }),
      ...(tokenRefused ? { tokenRefused } : {}),
    });
  }
}
