import type { Dice } from "../../dice.ts";
import { CheckBook } from "./check-book.ts";
import type { Focus } from "./focus.ts";
import { type GitServer, MAIN, OTHERS } from "./git-server.ts";
import { PipelineBook } from "./pipeline-book.ts";
import { Timeline } from "./timeline.ts";

/** Which step asks, as the address says that it was given. */
export interface Asker {
  readonly run: string;
  readonly step: string;
}

type State = "open" | "locked" | "merged" | "closed";

export interface Review {
  readonly id: number;
  readonly user: string;
  readonly state: "APPROVED" | "CHANGES_REQUESTED" | "COMMENTED" | "DISMISSED";
}

/** A pull request with everything that became of it. */
export interface Request {
  readonly number: number;
  readonly head: string;
  readonly base: string;
  readonly title: string;
  readonly body: string;
  readonly isDraft: Timeline<boolean>;
  /** Undefined for one that somebody else has opened. */
  readonly opener: Asker | undefined;
  readonly state: Timeline<State>;
  readonly reviews: Review[];
  /** The head as it was when it was closed or merged. */
  last: string | undefined;
  merged: Merged | undefined;
  /** Until then the forge is finding out whether it can be merged. */
  checkedAt: number;
}

export interface Merged {
  readonly sha: string;
  readonly head: string;
  readonly by: string;
  /** The step that has asked for it; undefined where a person did. */
  readonly asker: Asker | undefined;
}

/** Something that a step had done on the forge. */
export interface ForgeEffect {
  readonly kind: "opened" | "merged";
  readonly asker: Asker;
  readonly request: Request;
  readonly head: string;
  readonly sentAt: number;
  readonly at: number;
}

export const BOT = "quarterdeck-bot";

interface Deps {
  readonly git: GitServer;
  readonly dice: Dice;
  readonly kind: "github" | "gitlab";
  /** What is more often so than in other worlds. */
  readonly focus: Focus;
}

/** A forge with pull requests of one repository: it merges what may be merged, and knows who asked for what. */
export class ForgeServer {
  readonly git: GitServer;
  readonly kind: "github" | "gitlab";
  readonly checks: CheckBook;
  readonly pipelines: PipelineBook;
  readonly requests: Request[] = [];
  readonly effects: ForgeEffect[] = [];
  /** What the rules of the main branch ask for. */
  readonly needs: { readonly approval: boolean; readonly green: boolean };
  readonly #dice: Dice;
  /** For so many commits something is run. */
  readonly #begunShare: number;
  readonly #known = new Map<string, string>();
  readonly #due: { readonly at: number; readonly act: () => void }[] = [];
  #last = 0;

  constructor({ git, dice, kind, focus }: Deps) {
    this.git = git;
    this.kind = kind;
    this.#dice = dice.fork("luck");
    this.checks = new CheckBook(dice.fork("checks"), focus === "suites");
    this.#begunShare = focus === "bare" ? 0.4 : 0.92;
    this.pipelines = new PipelineBook(dice.fork("pipelines"));
    this.needs = { approval: dice.chance(0.2), green: dice.chance(0.15) };
  }

  /** What has come to pass by now: merges that take their time, and CI of commits that are new. */
  catchUp(now: number): void {
    for (const due of this.#due.splice(0))
      if (due.at <= now) due.act();
      else this.#due.push(due);
    for (const { branch, to, at } of this.git.moves) {
      if (this.#known.has(to)) continue;
      this.#known.set(to, branch);
      // Now and then nothing is run for a commit, until somebody asks for it.
      if (!this.isTroubled || this.#dice.chance(this.#begunShare)) this.begin(to, at);
    }
    for (const request of this.requests) {
      const head = this.headOf(request);
      if (request.last === head || request.state.now !== "open") continue;
      request.last = head;
      request.checkedAt = now + this.#dice.between(0, 6000);
    }
  }

  set isTroubled(isTroubled: boolean) {
    this.checks.isTroubled = isTroubled;
    this.pipelines.isTroubled = isTroubled;
  }

  get isTroubled(): boolean {
    return this.checks.isTroubled;
  }

  /** CI begins with a commit. */
  begin(sha: string, at: number): void {
    if (this.kind === "github") this.checks.begin(sha, at);
    else if (this.pipelines.of(sha, Infinity).length === 0)
      this.pipelines.begin(sha, { ref: this.#known.get(sha) ?? MAIN, source: "push", now: at });
  }

  again(sha: string, now: number): void {
    this.begin(sha, now);
    if (this.kind === "github") this.checks.again(sha, now);
    else this.pipelines.again(sha, now);
  }

  get(number: number): Request | undefined {
    return this.requests.find((request) => request.number === number);
  }

  headOf({ head, state, last }: Request): string {
    return (state.now === "open" ? this.git.head(head).now : last) ?? "";
  }

  open(
    order: Pick<Request, "head" | "base" | "title" | "body"> & { readonly isDraft: boolean },
    { asker, sentAt, now }: { readonly asker: Asker | undefined; readonly sentAt: number; readonly now: number },
  ): Request | "no-branch" | "nothing" | "there" {
    const { head, base, title, body, isDraft } = order;
    const [sha, into] = [this.git.head(head).now, this.git.head(base).now];
    if (sha === undefined || into === undefined) return "no-branch";
    if (this.git.history(into).has(sha)) return "nothing";
    if (this.requests.some((one) => one.head === head && one.base === base && one.state.now === "open")) return "there";
    this.#last += 1;
    const request: Request = {
      number: this.#last,
      head,
      base,
      title,
      body,
      opener: asker,
      reviews: [],
      isDraft: new Timeline(isDraft),
      state: new Timeline<State>("open"),
      last: sha,
      merged: undefined,
      checkedAt: now + this.#dice.between(0, 6000),
    };
    this.requests.push(request);
    if (asker !== undefined) this.effects.push({ kind: "opened", asker, request, head: sha, sentAt, at: now });
    return request;
  }

  close(request: Request, now: number): void {
    if (request.state.now !== "open") return;
    request.last = this.headOf(request);
    request.state.set(now, "closed");
  }

  reopen(request: Request, now: number): void {
    const isTaken = this.requests.some((one) => one.head === request.head && one.state.now === "open");
    if (request.state.now === "closed" && !isTaken) request.state.set(now, "open");
  }

  hasConflict(request: Request): boolean {
    const into = this.git.head(request.base).now ?? "";
    const head = this.headOf(request);
    return head === "" || this.git.merged(head, into) === undefined;
  }

  /** Why a rule of the branch keeps it from being merged; empty where none does. */
  missing(request: Request, now: number): "" | "draft" | "review" | "checks" {
    if (request.isDraft.now) return "draft";
    const last = lastReviews(request);
    if (this.needs.approval && ![...last.values()].includes("APPROVED")) return "review";
    return this.needs.green && !this.isGreen(this.headOf(request), now) ? "checks" : "";
  }

  /** Whether everything that there is of a commit is over and good. */
  isGreen(sha: string, now: number): boolean {
    if (this.kind === "gitlab") {
      const [newest] = this.pipelines.of(sha, now);
      return newest !== undefined && this.pipelines.status(newest, now) === "success";
    }
    const runs = this.checks.runs(sha, now);
    const isOver = runs.every(({ conclusion }) => ["success", "neutral", "skipped"].includes(conclusion ?? ""));
    return runs.length > 0 && isOver && this.checks.statuses(sha, now).every(({ state }) => state === "success");
  }

  /** Merges it, or says why not. GitLab may take its time. */
  merge(
    request: Request,
    order: { readonly by: string; readonly asker: Asker | undefined; readonly sentAt: number; readonly now: number },
  ): boolean {
    const { by, asker, sentAt, now } = order;
    if (request.state.now !== "open" || this.missing(request, now) !== "" || this.hasConflict(request)) return false;
    const head = this.headOf(request);
    request.last = head;
    const isLater = this.kind === "gitlab" && this.#dice.chance(0.3);
    const finish = (at: number): void => {
      const into = this.git.head(request.base).now ?? "";
      const files = this.git.merged(head, into);
      // Somebody was quicker with something that does not go with it.
      if (files === undefined) return request.state.set(at, "open");
      const message = `Merge ${request.number}\n`;
      const { sha } = this.git.add({ parents: [into, head], files, message, author: OTHERS, at });
      this.git.move({ branch: request.base, to: sha, by: "forge", sentAt, at });
      request.merged = { sha, head, by, asker };
      request.state.set(at, "merged");
      if (asker !== undefined) this.effects.push({ kind: "merged", asker, request, head, sentAt, at });
    };
    if (!isLater) finish(now);
    else {
      request.state.set(now, "locked");
      const at = now + this.#dice.between(500, 20_000);
      this.#due.push({ at, act: () => finish(at) });
    }
    return true;
  }
}

/** What each person said last; a comment takes nothing back. */
export function lastReviews({ reviews }: Request): ReadonlyMap<string, Review["state"]> {
  return new Map(reviews.flatMap(({ user, state }) => (state === "COMMENTED" ? [] : [[user, state] as const])));
}
