import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Dice } from "../../dice.ts";
import type { DiskClock } from "../ships/disk-clock.ts";
import type { Focus } from "./focus.ts";
import { ForgeLine } from "./forge-line.ts";
import { ForgeServer, type Request } from "./forge-server.ts";
import { FILES, GitServer, MAIN } from "./git-server.ts";
import { SimulatedGit } from "./simulated-git.ts";

const MOMENT_MS = 15_000;
const PEOPLE = ["pat", "kim", "sam"];

/** Everything outside of the application: a Git server with a forge on it, CI, and the people who work there as well. */
export class ForgeWorld implements Disposable {
  readonly clock: DiskClock;
  /** Where the program keeps what it has of repositories. */
  readonly folder = mkdtempSync(join(tmpdir(), "qd-forge-"));
  readonly server: GitServer;
  readonly forge: ForgeServer;
  readonly line: ForgeLine;
  readonly git: SimulatedGit;
  #gitAwayUntil = 0;
  #forgeAwayUntil = 0;
  #reviews = 0;
  readonly focus: Focus;

  constructor({
    dice,
    clock,
    focus = "all",
  }: {
    readonly dice: Dice;
    readonly clock: DiskClock;
    readonly focus?: Focus;
  }) {
    this.clock = clock;
    this.focus = focus;
    const focused = dice.fork("focus");
    const isUsual = dice.chance(0.6) || focus === "suites" || focus === "bare";
    const kind = isUsual && focus !== "pushes" && focus !== "pipelines" ? "github" : "gitlab";
    this.server = new GitServer(clock.now());
    this.forge = new ForgeServer({ git: this.server, dice: dice.fork("forge"), kind, focus });
    const isTroubled = (): boolean => this.forge.isTroubled;
    const own = { clock, isTroubled };
    const isForgeAway = (): boolean => isTroubled() && this.#forgeAwayUntil > clock.now();
    const isGitAway = (): boolean => isTroubled() && this.#gitAwayUntil > clock.now();
    const onMerge = (number: number): void => this.#merging(number, focused);
    this.line = new ForgeLine({ ...own, forge: this.forge, dice: dice.fork("line"), isAway: isForgeAway, onMerge });
    this.git = new SimulatedGit({ ...own, server: this.server, dice: dice.fork("git"), isAway: isGitAway });
  }

  /** Something happens that nobody here has asked for. */
  stir(dice: Dice): void {
    const now = this.clock.now();
    this.forge.catchUp(now);
    const { requests } = this.forge;
    const request = requests.length === 0 || dice.chance(0.6) ? requests.at(-1) : dice.pick(requests);
    if (this.#isFocused(dice)) return this.#actInFocus(request, dice);
    const roll = dice.fraction();
    if (roll < 0.25) this.#push(dice, now);
    else if (roll < 0.4) this.#again(dice, now);
    else if (roll < 0.55) this.#fail(dice, now);
    else if (roll < 0.58) this.server.isProtected.set(now, !this.server.isProtected.now);
    else if (roll < 0.6) this.server.isDeclining.set(now, !this.server.isDeclining.now);
    else if (roll < 0.63) this.#intrude(dice, now);
    else if (request !== undefined) this.#handle(request, dice, now);
  }

  /** Somebody closes what was opened a moment ago, before anybody could take note of it, or does something else. */
  provoke(dice: Dice): void {
    const now = this.clock.now();
    const newest = this.forge.effects.findLast(({ kind, at }) => kind === "opened" && at > now - MOMENT_MS);
    if (newest === undefined || dice.chance(0.4)) this.stir(dice);
    else this.forge.close(newest.request, now);
  }

  /** Faults stop, and people mend what is wrong. */
  calm(): void {
    const now = this.clock.now();
    this.forge.isTroubled = false;
    this.forge.catchUp(now);
    this.line.quietUntil = 0;
    if (this.server.isProtected.now) this.server.isProtected.set(now, false);
    if (this.server.isDeclining.now) this.server.isDeclining.set(now, false);
    for (const sha of this.#shas()) this.forge.again(sha, now);
    if (this.focus === "pipelines") for (const sha of this.#shas()) this.forge.pipelines.eachAgain(sha, now);
    for (const request of this.forge.requests) {
      if (request.state.now !== "open") continue;
      if (request.opener === undefined) this.forge.close(request, now);
      request.isDraft.set(now, false);
      for (const user of PEOPLE) this.#review(request, { user, state: "APPROVED" });
      if (this.forge.hasConflict(request)) this.#mend(request, now);
    }
  }

  /** Somebody merges it as it is. */
  mergeByHand(request: Request, by: string): void {
    const now = this.clock.now();
    this.forge.merge(request, { by, asker: undefined, sentAt: now, now });
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** One of the servers cannot be reached for a while, or wants to be left alone. */
  #fail(dice: Dice, now: number): void {
    const roll = dice.fraction();
    if (roll < 0.25) this.#gitAwayUntil = now + dice.between(5000, 40_000);
    else if (roll < 0.6) this.#forgeAwayUntil = now + dice.between(5000, dice.chance(0.3) ? 200_000 : 30_000);
    else this.line.quietUntil = now + dice.between(10_000, 90_000);
  }

  #shas(): readonly string[] {
    return [...new Set(this.server.moves.map(({ to }) => to))];
  }

  /** Others add a commit to the main branch, or to one of ours, and perhaps to the very line that we set. */
  #push(dice: Dice, at: number): void {
    const branches = [MAIN, MAIN, MAIN, MAIN, ...this.forge.requests.map(({ head }) => head)];
    const edits = [
      (before: string) => before.replace(/replicas: \d+/u, `replicas: ${dice.between(1, 9)}`),
      (before: string) => (dice.chance(0.5) ? before.replace(/tag: \S+/u, `tag: o${dice.below(100)}`) : before),
      (before: string) => `${before}# ${dice.hex(4)}\n`,
    ];
    this.server.edit({
      branch: dice.pick(branches),
      file: dice.pick([...FILES, "README.md"]),
      text: dice.pick(edits),
      at,
    });
  }

  #again(dice: Dice, now: number): void {
    const sha = dice.pick(this.#shas().slice(-4));
    if (this.forge.kind === "github" || dice.chance(0.6)) this.forge.again(sha, now);
    else if (dice.chance(0.5)) this.forge.pipelines.cancel(sha, now);
    else this.#begin(sha, dice);
  }

  /** Somebody has a pipeline run, whether or not there was one. */
  #beginPipeline(dice: Dice): void {
    this.#begin(dice.pick(this.#shas().slice(-3)), dice);
  }

  #begin(sha: string, dice: Dice): void {
    const ref = this.server.moves.find(({ to }) => to === sha)?.branch ?? MAIN;
    this.forge.pipelines.begin(sha, { ref, source: dice.pick(["push", "web"]), now: this.clock.now() });
  }

  /** Somebody opens one from a branch of ours before we do, or where ours was closed. */
  #intrude(dice: Dice, now: number): void {
    const branches = this.server.moves.map(({ branch }) => branch).filter((branch) => branch !== MAIN);
    if (branches.length === 0) return;
    const order = { head: dice.pick(branches), base: MAIN, title: "mine", body: "", isDraft: false };
    this.forge.open(order, { asker: undefined, sentAt: now, now });
  }

  #isFocused(dice: Dice): boolean {
    return (this.focus === "reviews" || this.focus === "pipelines") && dice.chance(0.6);
  }

  #actInFocus(request: Request | undefined, dice: Dice): void {
    if (this.focus === "pipelines") this.#beginPipeline(dice);
    else if (request !== undefined) this.#changeMind(request, dice);
  }

  /** Somebody asks for changes and says something more, or is content with it. */
  #changeMind(request: Request, dice: Dice): void {
    const user = dice.pick(PEOPLE);
    this.#review(request, { user, state: "CHANGES_REQUESTED" });
    this.#review(request, { user, state: dice.pick(["COMMENTED", "COMMENTED", "APPROVED"]) });
  }

  /** A merge is about to be asked for: somebody pushes just then, or the forge wants to be left alone. */
  #merging(number: number, dice: Dice): void {
    if (!this.forge.isTroubled || this.focus === "all" || dice.chance(0.5)) return;
    const at = this.clock.now();
    const request = this.forge.get(number);
    if (this.focus === "limits") this.line.quietUntil = at + dice.between(10_000, 60_000);
    if (this.focus !== "pushes" || request === undefined) return;
    const text = (before: string): string => `${before}# ${dice.hex(4)}\n`;
    this.server.edit({ branch: request.head, file: "README.md", text, at });
    this.forge.catchUp(at);
  }

  #handle(request: Request, dice: Dice, now: number): void {
    const roll = dice.fraction();
    const user = dice.pick(PEOPLE);
    if (roll < 0.3)
      this.#review(request, {
        user,
        state: dice.pick(["APPROVED", "CHANGES_REQUESTED", "CHANGES_REQUESTED", "COMMENTED", "DISMISSED"]),
      });
    else if (roll < 0.52) this.mergeByHand(request, user);
    else if (roll < 0.6) this.forge.close(request, now);
    else if (roll < 0.75) this.forge.reopen(request, now);
    else if (roll < 0.9) request.isDraft.set(now, !request.isDraft.now);
    else if (this.forge.hasConflict(request)) this.#mend(request, now);
  }

  #review(request: Request, { user, state }: Pick<Request["reviews"][number], "user" | "state">): void {
    this.#reviews += 1;
    request.reviews.push({ id: this.#reviews, user, state });
  }

  /** Somebody brings the branch up to date, and keeps what it has. */
  #mend({ head, base }: Request, at: number): void {
    const [own, into] = [this.server.head(head).now ?? "", this.server.head(base).now ?? ""];
    const files = new Map([...this.server.get(into).files, ...this.server.get(own).files]);
    const { sha } = this.server.add({ parents: [own, into], files, message: "merge main\n", author: "pat", at });
    this.server.move({ branch: head, to: sha, by: "others", sentAt: at, at });
  }
}
