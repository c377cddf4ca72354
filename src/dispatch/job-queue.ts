/** A signed job on its way to whichever worker takes it. */
export interface Ticket {
  readonly id: string;
  readonly envelope: string;
}

/** The server's end of the queue. It may be emptied by anybody at any time: what is still wanted is added again. */
export interface JobQueue extends AsyncDisposable {
  /** Why the last addition failed; undefined when it did not. */
  readonly trouble: string | undefined;
  /** Adds what is not there yet. Throws `redis.unavailable`. */
  add(tickets: readonly Ticket[]): Promise<void>;
  /** Takes out what no worker has taken yet. That it fails does no harm: workers ask before they execute. */
  remove(ids: readonly string[]): Promise<void>;
}

/** What was found in the queue, where anybody may have put it. */
export interface Found {
  readonly id: string | undefined;
  readonly data: unknown;
}

/** A worker's end of the queue. */
export interface JobSource extends AsyncDisposable {
  /** Hands on one at a time, and the next one when `take` has resolved. To be called once, when the link is ready. */
  start(take: (found: Found) => Promise<void>): void;
}
