/** What was scheduled; `cancel` may be called at any time and more than once. */
export interface Scheduled {
  cancel(): void;
}

/** The one true time line of a simulated world. Nothing moves but what was scheduled here. */
export interface Schedule {
  /** Milliseconds since the epoch. The clock of the application may be set to another time. */
  now(): number;
  /** Calls `action` after `delayMs`; equal moments in the order in which they were asked for. */
  after(delayMs: number, action: () => void): Scheduled;
}

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly action: () => void;
  isCancelled: boolean;
}

/** A time line that is moved by hand, one entry at a time. */
export class TimeLine implements Schedule {
  readonly #heap: Entry[] = [];
  #now: number;
  #order = 0;

  constructor(startAt: number) {
    this.#now = startAt;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, action: () => void): Scheduled {
    this.#order += 1;
    const entry: Entry = { at: this.#now + Math.max(0, delayMs), order: this.#order, action, isCancelled: false };
    this.#push(entry);
    return { cancel: () => void (entry.isCancelled = true) };
  }

  /** The moment of the next entry; undefined when nothing is scheduled. */
  get nextAt(): number | undefined {
    while (this.#heap[0]?.isCancelled === true) this.#pop();
    return this.#heap[0]?.at;
  }

  /** Moves to the next entry and calls it; false when there is none. */
  step(): boolean {
    if (this.nextAt === undefined) return false;
    const entry = this.#pop();
    if (entry === undefined) return false;
    this.#now = Math.max(this.#now, entry.at);
    entry.action();
    return true;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || isBefore(parent, entry)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const [top] = heap;
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let index = 0;
    for (;;) {
      const [left, right] = [2 * index + 1, 2 * index + 2];
      const [a, b] = [heap[left], heap[right]];
      const least = a !== undefined && b !== undefined && isBefore(b, a) ? right : left;
      const child = heap[least];
      if (child === undefined || isBefore(last, child)) break;
      heap[index] = child;
      index = least;
    }
    heap[index] = last;
    return top;
  }
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
