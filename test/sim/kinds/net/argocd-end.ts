import { ApplicationCache } from "../../../../src/argocd/application-cache.ts";
import { Application } from "../../../../src/argocd/application.ts";
import { ArgocdClient } from "../../../../src/argocd/argocd-client.ts";
import { ArgocdError } from "../../../../src/argocd/argocd-errors.ts";
import type { HttpCall } from "../../../../src/argocd/argocd-http.ts";
import type { ArgocdServer } from "../../../../src/argocd/argocd-server.ts";
import { type Clock, isoTime } from "../../../../src/platform/clock.ts";
import type { Random } from "../../../../src/platform/ids.ts";
import { silentLogger } from "../../../../src/platform/logger.ts";
import type { Dice } from "../../dice.ts";
import type { Life } from "../../life.ts";
import type { TimeLine } from "../../schedule.ts";
import { ManifestBook } from "./manifest-book.ts";
import { Phases } from "./phases.ts";

const HEALTHS = ["Healthy", "Progressing", "Degraded", "Suspended", "Missing"] as const;
export const APP = "main/argocd/shop";

/** A process that asks Argo CD and watches it. */
interface Watcher {
  readonly number: number;
  readonly life: Life;
  readonly cache: ApplicationCache;
  connections: number;
  isConnected: boolean;
}

/** What an answer about the sync windows said, to which process. */
export interface WindowAnswer {
  readonly life: number;
  readonly at: number;
  readonly canSync: boolean;
}

interface Machine {
  readonly clock: Clock;
  readonly random: Random;
  readonly life: Life;
  readonly number: number;
}

/** Argo CD with one application, whose health comes and goes, and whose stream breaks off. */
export class ArgocdEnd {
  readonly #line: TimeLine;
  readonly #dice: Dice;
  readonly #isUp: Phases<boolean>;
  readonly #windows: Phases<boolean>;
  readonly manifests: ManifestBook;
  /** How the application was, the newest last. */
  readonly healths: { readonly from: number; readonly status: string }[] = [];
  readonly windowAnswers: WindowAnswer[] = [];
  /** When each process was connected. */
  readonly connections: { readonly life: number; readonly from: number; until: number }[] = [];
  /** When each process got no answer. */
  readonly outages: { readonly life: number; readonly from: number; readonly until: number }[] = [];
  #watcher: Watcher | undefined;
  #version = 100;
  #isCalm = false;

  constructor(dice: Dice, line: TimeLine) {
    this.#line = line;
    this.#dice = dice;
    this.manifests = new ManifestBook(dice.fork("manifests"));
    const own = { from: line.now() };
    const mostly = (share: number) => (luck: Dice) => luck.chance(share);
    this.#isUp = new Phases({ ...own, dice: dice.fork("up"), next: mostly(0.85), lasts: [3000, 90_000] });
    this.#windows = new Phases({ ...own, dice: dice.fork("windows"), next: mostly(0.5), lasts: [30_000, 1_200_000] });
    this.#become("Healthy");
    this.#stir();
  }

  calm(): void {
    this.#isCalm = true;
    const now = this.#line.now();
    this.#isUp.calm(now, true);
    this.#windows.calm(now, true);
    if (this.healths.at(-1)?.status !== "Healthy") this.#become("Healthy");
    this.#connect();
  }

  /** Argo CD as one process has it, which is the only one from now on. */
  serve({ clock, random, life, number }: Machine): ReadonlyMap<string, ArgocdServer> {
    const client = new ArgocdClient({ http: { json: (call) => this.#answer(call, { clock, number }) }, clock, random });
    const cache = new ApplicationCache({
      client,
      clock,
      random,
      logger: silentLogger,
      filter: {},
      compareEveryMs: 180_000,
      streamHealth: () => ({ connected: watcher.isConnected, connections: watcher.connections }),
    });
    const watcher: Watcher = { number, life, cache, connections: 0, isConnected: false };
    this.#watcher = watcher;
    cache.start();
    this.#line.after(this.#dice.between(10, 2000), () => this.#connect());
    const url = "https://argocd.test";
    return new Map([["main", { url, uiUrl: () => url, client, cache }]]);
  }

  #become(status: string): void {
    this.#version += 1;
    this.healths.push({ from: this.#line.now(), status });
    const application = this.#application();
    const watcher = this.#watcher;
    // What a stream has to tell is not seen at once.
    if (watcher?.isConnected === true)
      this.#line.after(this.#dice.between(5, 900), () => {
        if (watcher.isConnected && !watcher.life.isDead) watcher.cache.frame("MODIFIED", application);
      });
  }

  #stir(): void {
    const dice = this.#dice;
    this.#line.after(dice.between(5000, 120_000), () => {
      if (this.#isCalm) return;
      if (dice.chance(0.3)) this.#disconnect();
      else {
        const isHealthy = this.healths.at(-1)?.status === "Healthy";
        const next = isHealthy && dice.chance(0.5) ? dice.pick(HEALTHS) : "Healthy";
        if (next !== this.healths.at(-1)?.status) this.#become(next);
      }
      this.#stir();
    });
  }

  #connect(): void {
    const watcher = this.#watcher;
    if (watcher === undefined || watcher.isConnected || watcher.life.isDead) return;
    if (!this.#isUp.at(this.#line.now())) {
      this.#line.after(3000, () => this.#connect());
      return;
    }
    watcher.isConnected = true;
    watcher.connections += 1;
    this.connections.push({ life: watcher.number, from: this.#line.now(), until: Infinity });
    watcher.cache.opened();
    watcher.cache.frame("ADDED", this.#application());
  }

  #disconnect(): void {
    const watcher = this.#watcher;
    if (watcher === undefined || !watcher.isConnected || watcher.life.isDead) return;
    watcher.isConnected = false;
    const last = this.connections.at(-1);
    if (last !== undefined) last.until = this.#line.now();
    watcher.cache.closed();
    this.#line.after(this.#dice.between(1000, 180_000), () => this.#connect());
  }

  async #answer(
    { path, signal, timeoutMs }: HttpCall,
    { clock, number }: Pick<Machine, "clock" | "number">,
  ): Promise<unknown> {
    const dice = this.#dice;
    const from = this.#line.now();
    await clock.sleep(dice.between(2, 60), signal);
    if (!this.#isUp.at(this.#line.now())) {
      const isSilent = dice.chance(0.3);
      const lastsMs = isSilent ? timeoutMs : 5;
      this.outages.push({ life: number, from, until: this.#line.now() + lastsMs });
      await clock.sleep(lastsMs, signal);
      throw new ArgocdError("no answer", { class: isSilent ? "timeout" : "unreachable", retry: "backoff" });
    }
    const { pathname, searchParams } = new URL(path, "https://argocd.test");
    const answer = this.#say(pathname, searchParams.get("revision") ?? "", number);
    await clock.sleep(dice.between(2, dice.chance(0.1) ? 3000 : 60), signal);
    return answer;
  }

  #say(pathname: string, revision: string, life: number): unknown {
    if (pathname.endsWith("/syncwindows")) {
      const canSync = this.#windows.at(this.#line.now());
      this.windowAnswers.push({ life, at: this.#line.now(), canSync });
      return { canSync };
    }
    if (pathname.endsWith("/manifests")) return { manifests: this.manifests.render(revision, this.#line.now()) };
    if (pathname === "/api/v1/applications") return { items: [this.#application()] };
    return this.#application();
  }

  #application(): Application {
    const { from = 0, status = "Healthy" } = this.healths.at(-1) ?? {};
    return Application.parse({
      metadata: { name: "shop", namespace: "argocd", uid: "uid-1", resourceVersion: String(this.#version) },
      spec: {
        project: "team",
        source: { repoURL: "https://git.test/deploy.git", path: "shop", targetRevision: "main" },
        destination: { namespace: "shop" },
      },
      status: {
        sync: { status: "Synced", revision: "a".repeat(40) },
        health: { status, lastTransitionTime: isoTime(Math.floor(from / 1000) * 1000) },
        reconciledAt: isoTime(from),
        resources: [],
      },
    });
  }
}
