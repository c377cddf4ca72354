import type { Clock } from "../platform/clock.ts";
import type { ForgeGit } from "./forge-git.ts";
import { ForgeRefusal } from "./forge-router.ts";

/** A pull request, or a merge request. */
export interface ForgePull {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly head: string;
  readonly base: string;
  readonly draft: boolean;
  readonly state: "open" | "closed" | "merged";
  /** The newest commit of the branch, kept as it was once it is merged. */
  readonly sha: string;
  readonly mergeSha: string | undefined;
  readonly mergedBy: string | undefined;
  readonly reviews: readonly ForgeReview[];
}

interface ForgeReview {
  readonly id: number;
  readonly user: string;
  readonly state: "APPROVED" | "CHANGES_REQUESTED" | "COMMENTED";
}

export type Mergeable = "unknown" | "clean" | "dirty";

/** The pull requests of one repository, over real branches. */
export class ForgeRequests {
  readonly #git: ForgeGit;
  readonly #clock: Clock;
  readonly #pulls = new Map<number, ForgePull>();
  /** The pair of commits for which a merge was tried, by number: a forge does that in the background. */
  readonly #tried = new Map<number, { readonly pair: string; readonly mergeable: Mergeable }>();

  constructor(git: ForgeGit, clock: Clock) {
    this.#git = git;
    this.#clock = clock;
  }

  /** The newest first. */
  async all(): Promise<readonly ForgePull[]> {
    const all = await Promise.all(Array.from(this.#pulls.keys(), (number) => this.get(number)));
    return all.filter((pull) => pull !== undefined).toReversed();
  }

  /** An open one has the newest commit of its branch. */
  async get(number: number): Promise<ForgePull | undefined> {
    const pull = this.#pulls.get(number);
    if (pull?.state !== "open") return pull;
    const now = { ...pull, sha: (await this.#git.head(pull.head)) ?? pull.sha };
    this.#pulls.set(number, now);
    return now;
  }

  async open(asked: Pick<ForgePull, "title" | "body" | "head" | "base" | "draft">): Promise<ForgePull> {
    const sha = (await this.#git.head(asked.head)) ?? "";
    const number = this.#pulls.size + 1;
    const fresh = { state: "open", mergeSha: undefined, mergedBy: undefined, reviews: [] } as const;
    const pull: ForgePull = { ...asked, number, sha, ...fresh };
    this.#pulls.set(number, pull);
    return pull;
  }

  review(number: number, user: string, state: ForgeReview["state"]): void {
    const pull = this.#require(number);
    const review = { id: pull.reviews.length + 1, user, state };
    this.#pulls.set(number, { ...pull, reviews: [...pull.reviews, review] });
  }

  close(number: number): void {
    this.#pulls.set(number, { ...this.#require(number), state: "closed" });
  }

  /** Whether it can be merged. The first look after one of its branches has moved does not know yet. */
  async mergeable(pull: ForgePull): Promise<Mergeable> {
    const base = await this.#git.head(pull.base);
    const pair = `${base ?? ""} ${pull.sha}`;
    const known = this.#tried.get(pull.number);
    if (known?.pair === pair) return known.mergeable;
    const tried = base === undefined ? undefined : await this.#git.tryMerge(base, pull.sha);
    const mergeable = tried?.kind === "conflict" ? "dirty" : "clean";
    this.#tried.set(pull.number, { pair, mergeable });
    return "unknown";
  }

  /** Merges it; undefined where there are conflicts. */
  async merge(
    number: number,
    { user, message, squash }: { readonly user: string; readonly message: string; readonly squash: boolean },
  ): Promise<string | undefined> {
    const pull = await this.get(number);
    if (pull?.state !== "open") return undefined;
    const { head, base } = pull;
    const atSeconds = Math.floor(this.#clock.now() / 1000);
    const mergeSha = await this.#git.merge({ base, head, message, squash, atSeconds });
    if (mergeSha !== undefined) this.#pulls.set(number, { ...pull, state: "merged", mergeSha, mergedBy: user });
    return mergeSha;
  }

  #require(number: number): ForgePull {
    const pull = this.#pulls.get(number);
    if (pull === undefined) throw new ForgeRefusal(404, { message: "Not Found" });
    return pull;
  }
}
