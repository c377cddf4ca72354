const MOST_REMEMBERED = 500;

/** Tells, for each open form, which change of it is the newest: what older ones still wait for is not shown any more. */
export class FormTurns {
  readonly #newest = new Map<string, AbortController>();

  /** Begins a change; the signal of the one before is aborted. */
  begin(viewId: string): AbortSignal {
    this.#newest.get(viewId)?.abort();
    const turn = new AbortController();
    this.#newest.delete(viewId);
    this.#newest.set(viewId, turn);
    const [oldest] = this.#newest.keys();
    if (this.#newest.size > MOST_REMEMBERED && oldest !== undefined) this.end(oldest);
    return turn.signal;
  }

  /** The form was sent. */
  end(viewId: string): void {
    this.#newest.get(viewId)?.abort();
    this.#newest.delete(viewId);
  }
}
