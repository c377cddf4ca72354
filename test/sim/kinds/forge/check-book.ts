import type { Dice } from "../../dice.ts";

/** A run of a check, from when it can be seen. */
interface CheckRun {
  readonly id: number;
  readonly name: string;
  readonly suite: number;
  readonly at: number;
  readonly endsAt: number;
  readonly conclusion: string;
}

interface Status {
  readonly id: number;
  readonly context: string;
  readonly at: number;
  readonly state: string;
}

interface Suite {
  readonly id: number;
  readonly app: string;
  readonly at: number;
  /** An App that never writes any: its suite never ends, and means nothing. */
  readonly isIdle: boolean;
}

/** What CI says of one commit. */
interface CommitBook {
  readonly suites: Suite[];
  readonly runs: CheckRun[];
  readonly statuses: Status[];
}

/** A check as GitHub shows it at some moment. */
export interface SeenRun {
  readonly id: number;
  readonly name: string;
  readonly suite: number;
  readonly status: "queued" | "in_progress" | "completed";
  readonly conclusion: string | null;
}

export interface SeenSuite {
  readonly id: number;
  readonly app: string;
  readonly status: string;
  readonly runs: number;
}

const BAD = ["failure", "cancelled", "timed_out", "action_required", "startup_failure"];
const GOOD = ["success", "success", "success", "neutral", "skipped"];

/** The checks of GitHub by commit: they appear, run, turn red and are run again, and all of it is known for every moment. */
export class CheckBook {
  readonly #dice: Dice;
  readonly #isAlike: boolean;
  readonly #books = new Map<string, CommitBook>();
  /** Once it is false, whatever runs succeeds. */
  isTroubled = true;
  #last = 100;

  /** `isAlike`: two suites always have a check of the same name. */
  constructor(dice: Dice, isAlike: boolean) {
    this.#dice = dice;
    this.#isAlike = isAlike;
  }

  has(sha: string): boolean {
    return (this.#books.get(sha)?.runs.length ?? 0) > 0;
  }

  /** CI begins with a commit, each job when those are over that it needs. */
  begin(sha: string, now: number): void {
    if (this.has(sha)) return;
    const dice = this.#dice.fork(`begin ${this.#books.size}`);
    const book: CommitBook = { suites: [], runs: [], statuses: [] };
    this.#books.set(sha, book);
    const at = now + dice.between(0, 20_000);
    const suite = this.#suite(book, { app: "Actions", at, isIdle: false });
    const build = this.#run(book, { name: "build", suite, at: at + dice.between(0, 5000) }, dice);
    const unit = this.#run(book, { name: "unit", suite, at: build + dice.between(0, 8000) }, dice);
    if (dice.chance(0.5)) this.#run(book, { name: "package", suite, at: unit + dice.between(0, 20_000) }, dice);
    if (dice.chance(0.5) || this.#isAlike) {
      const name = this.#isAlike ? "build" : undefined;
      const other = this.#suite(book, { app: "Bot", at: at + dice.between(0, 60_000), isIdle: false });
      this.#run(
        book,
        { name: name ?? dice.pick(["build", "lint"]), suite: other, at: at + dice.between(0, 60_000) },
        dice,
      );
    }
    this.#suite(book, { app: "Sleeper", at, isIdle: true });
    if (dice.chance(0.5)) this.#status(book, at + dice.between(0, 30_000), dice);
  }

  /** Somebody has what is red run again. */
  again(sha: string, now: number): void {
    const book = this.#books.get(sha);
    if (book === undefined) return;
    const dice = this.#dice.fork(`again ${this.#last}`);
    for (const { name, suite, status, conclusion } of this.runs(sha, now))
      if (status === "completed" && BAD.includes(conclusion ?? "")) this.#run(book, { name, suite, at: now }, dice);
    if (this.statuses(sha, now).some(({ state }) => state === "failure")) this.#status(book, now, dice);
  }

  /** The newest run of each check within its suite. */
  runs(sha: string, now: number): readonly SeenRun[] {
    const newest = new Map<string, CheckRun>();
    for (const run of this.#books.get(sha)?.runs ?? []) if (run.at <= now) newest.set(`${run.suite} ${run.name}`, run);
    return Array.from(newest.values(), ({ id, name, suite, endsAt, conclusion }) => {
      const isOver = endsAt <= now;
      const open = endsAt - now > 5000 ? "queued" : "in_progress";
      return { id, name, suite, status: isOver ? "completed" : open, conclusion: isOver ? conclusion : null };
    });
  }

  statuses(sha: string, now: number): readonly Status[] {
    const newest = new Map<string, Status>();
    for (const status of this.#books.get(sha)?.statuses ?? []) if (status.at <= now) newest.set(status.context, status);
    return [...newest.values()];
  }

  suites(sha: string, now: number): readonly SeenSuite[] {
    const book = this.#books.get(sha);
    const seen = (book?.suites ?? []).filter(({ at }) => at <= now);
    return seen.map(({ id, app, isIdle }) => {
      const own = (book?.runs ?? []).filter(({ suite }) => suite === id);
      const isOver = !isIdle && own.every(({ endsAt }) => endsAt <= now);
      const runs = new Set(own.flatMap(({ name, at }) => (at <= now ? [name] : []))).size;
      return { id, app, status: isOver ? "completed" : "queued", runs };
    });
  }

  /** Of GitHub Actions: one that is run again keeps its number. */
  workflow(
    sha: string,
    now: number,
  ): { readonly id: number; readonly status: string; readonly conclusion: string | null } | undefined {
    const suite = this.suites(sha, now).find(({ app }) => app === "Actions");
    if (suite === undefined) return undefined;
    const { id, status } = suite;
    const own = this.runs(sha, now).filter(({ suite: of }) => of === id);
    const isBad = own.some(({ conclusion }) => BAD.includes(conclusion ?? ""));
    if (status !== "completed") return { id, status: "in_progress", conclusion: null };
    return { id, status, conclusion: isBad ? "failure" : "success" };
  }

  #suite(book: CommitBook, suite: Omit<Suite, "id">): number {
    this.#last += 1;
    book.suites.push({ id: this.#last, ...suite });
    return this.#last;
  }

  /** Says when it is over. */
  #run(book: CommitBook, { name, suite, at }: Pick<CheckRun, "name" | "suite" | "at">, dice: Dice): number {
    this.#last += 1;
    const endsAt = at + dice.between(500, dice.pick([2000, 15_000, 15_000, 60_000]));
    book.runs.push({ id: this.#last, name, suite, at, endsAt, conclusion: this.#end(dice) });
    return endsAt;
  }

  #status(book: CommitBook, at: number, dice: Dice): void {
    this.#last += 2;
    const isGood = !this.isTroubled || dice.chance(0.7);
    book.statuses.push({ id: this.#last - 1, context: "ci/legacy", at, state: "pending" });
    const ended = { context: "ci/legacy", at: at + dice.between(1000, 60_000), state: isGood ? "success" : "failure" };
    book.statuses.push({ id: this.#last, ...ended });
  }

  #end(dice: Dice): string {
    const isGood = dice.chance(0.78);
    return dice.pick(isGood || !this.isTroubled ? GOOD : BAD);
  }
}
