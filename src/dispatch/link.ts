/**
 * Messages between a server and its workers, and whether they can be heard at all. Nothing that is sent here is kept: whoever needs
 * an answer asks again.
 */
export interface Link extends AsyncDisposable {
  /** Why nothing can be sent or heard now; undefined while it can. */
  readonly trouble: string | undefined;
  /** Since when (monotonic) messages are heard without a gap; undefined while they are not. */
  readonly heardSince: number | undefined;
  /** From the next connection on; call it before anything is awaited. */
  listen(channel: string, listener: (text: string) => void): void;
  /** Calls `action` whenever everything is connected and heard, also after it was away; call it before anything is awaited. */
  onReady(action: () => void): void;
  /** Throws `redis.unavailable` when it could not be sent. */
  publish(channel: string, text: string): Promise<void>;
}
