import { type Profiler, Session } from "node:inspector";

/** A piece of code by its offsets in the file. */
interface Piece {
  readonly start: number;
  readonly end: number;
}

/**
 * Which blocks of the product's code have been executed, as V8 counts them. It has to be made before what it watches is loaded.
 * Looking takes about a millisecond whatever was run, so it is done for many inputs at once.
 */
export class Coverage implements Disposable {
  readonly #session = new Session();
  readonly #isWatched: (url: string) => boolean;
  /** What was not yet executed of each function that was. */
  readonly #open = new Map<string, readonly Piece[]>();

  constructor(isWatched: (url: string) => boolean) {
    this.#isWatched = isWatched;
    this.#session.connect();
    this.#session.post("Profiler.enable");
    this.#session.post("Profiler.startPreciseCoverage", { callCount: false, detailed: true });
  }

  /** How many functions were executed at least once. */
  get functions(): number {
    return this.#open.size;
  }

  /** Whether anything was executed since the last look that never was before; from now on it was. */
  grew(): boolean {
    const news = this.#news();
    for (const [key, open] of news) this.#open.set(key, open);
    return news.size > 0;
  }

  /** The same, without remembering it. */
  sawNew(): boolean {
    return this.#news().size > 0;
  }

  /** What is left of each function of which something new was executed. */
  #news(): ReadonlyMap<string, readonly Piece[]> {
    const news = new Map<string, readonly Piece[]>();
    for (const { url, functions } of this.#take()) {
      if (!this.#isWatched(url)) continue;
      for (const { ranges, isBlockCoverage } of functions) {
        const [whole] = ranges;
        if (whole === undefined || whole.count === 0) continue;
        const key = `${url}:${whole.startOffset}`;
        const open = this.#left(key, isBlockCoverage ? ranges : []);
        if (open !== undefined) news.set(key, open);
      }
    }
    return news;
  }

  #left(key: string, ranges: readonly Profiler.CoverageRange[]): readonly Piece[] | undefined {
    const before = this.#open.get(key);
    const unreached = ranges.filter(({ count }) => count === 0);
    const now = unreached.map(({ startOffset, endOffset }) => ({ start: startOffset, end: endOffset }));
    if (before === undefined) return now;
    const open = common(before, now);
    return sizeOf(open) < sizeOf(before) ? open : undefined;
  }

  #take(): readonly Profiler.ScriptCoverage[] {
    let taken: readonly Profiler.ScriptCoverage[] = [];
    this.#session.post("Profiler.takePreciseCoverage", (error, { result }) => {
      if (error !== null) throw error;
      taken = result;
    });
    return taken;
  }

  [Symbol.dispose](): void {
    this.#session.disconnect();
  }
}

function sizeOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { start, end }) => sum + end - start, 0);
}

/** What is in both. */
function common(left: readonly Piece[], right: readonly Piece[]): readonly Piece[] {
  return left.flatMap((one) =>
    right.flatMap((other) => {
      const piece = { start: Math.max(one.start, other.start), end: Math.min(one.end, other.end) };
      return piece.start < piece.end ? [piece] : [];
    }),
  );
}
