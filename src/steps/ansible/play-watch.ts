import type { Progress } from "../../domain/outcome.ts";
import type { Json } from "../../platform/canonical-json.ts";
import { type HostCounts, type PlayEvent, unclear } from "./event-line.ts";
import type { OwedHandler } from "./play-record.ts";

/** A task that failed, or whose host could not be reached. */
export interface FailedTask {
  readonly host: string;
  readonly task: string;
  readonly message: string;
}

type EventOf<Type extends PlayEvent["type"]> = Extract<PlayEvent, { type: Type }>;

const MOST_FAILED = 200;

/** What the events of a play add up to, while it runs and when it has ended. */
export class PlayWatch {
  readonly hosts = new Map<string, HostCounts>();
  readonly failed: FailedTask[] = [];
  readonly #stats = new Map<string, Json>();
  readonly #hostStats = new Map<string, Map<string, Json>>();
  readonly #inventory = new Set<string>();
  readonly #meant = new Set<string>();
  readonly #begun = new Set<string>();
  readonly #owed = new Map<string, OwedHandler>();
  readonly #owedBefore: ReadonlySet<string>;
  #seen = 0;
  #plays = 0;
  #play = "";
  #batch = new Set<string>();
  #answered = new Set<string>();
  #task = "";
  #tasks = 0;
  #isCutShort = false;
  #isOver = false;

  /** `owed` are the handlers that earlier attempts owe. */
  constructor(owed: readonly OwedHandler[]) {
    for (const handler of owed) this.#owed.set(keyOf(handler), handler);
    this.#owedBefore = new Set(this.#owed.keys());
  }

  /** True when its last event has come, and none before it is missing. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get hasBegun(): boolean {
    return this.#tasks > 0;
  }

  get isWithoutHosts(): boolean {
    return this.#begun.size === 0;
  }

  /** Handlers that were notified and have not run, those of earlier attempts included. */
  get owed(): readonly OwedHandler[] {
    return [...this.#owed.values()];
  }

  /** Takes the next event. Throws `ansible.unclear` where one is missing before it, or it contradicts what came before. */
  see(event: PlayEvent): void {
    if (this.#isOver) throw unclear("something came after its last event");
    this.#seen += 1;
    if (event.n !== this.#seen) throw unclear(`event ${this.#seen} is missing`);
    this.#take(event);
  }

  /** What the playbook put out, by name. */
  get stats(): Record<string, Json> {
    return Object.fromEntries(this.#stats);
  }

  /** What it put out of each host. */
  get hostStats(): Record<string, Record<string, Json>> {
    return Object.fromEntries([...this.#hostStats].map(([host, values]) => [host, Object.fromEntries(values)]));
  }

  progress(): Progress {
    const [done, total] = [this.#answered.size, this.#batch.size];
    const where = this.#task === "" ? this.#play : this.#task;
    return { text: `${where}, on hosts`, done, total };
  }

  /** The hosts that need another attempt when this one was limited to `limit`; undefined when that is all of them. */
  left(limit: readonly string[] | undefined): readonly string[] | undefined {
    const unwell = [...this.hosts].filter(([, { failed, unreachable }]) => failed + unreachable > 0);
    const names = new Set(unwell.map(([name]) => name));
    // Plays after one that was given up have not begun, and nothing says of which hosts they are.
    const isWhole = this.#plays <= 1 && this.#batch.size === this.#meant.size;
    const isGivenUp = this.#isCutShort || [...this.#batch].every((name) => names.has(name));
    if (isGivenUp && !(isWhole && names.size === this.#meant.size)) return limit;
    for (const name of this.#meant) if (!this.#begun.has(name)) names.add(name);
    for (const { host } of this.#owed.values()) names.add(host);
    // A host that the play itself made known is not known before it has run, and a name may look like a pattern.
    const isNameable = [...names].every((name) => this.#inventory.has(name) && /^[\w.-]+$/u.test(name));
    return isNameable ? [...names].toSorted() : limit;
  }

  #take(event: PlayEvent): void {
    switch (event.type) {
      case "playbook":
        this.#plays = event.plays;
        return;
      case "inventory":
        return addAll(this.#inventory, event.hosts);
      case "play":
        this.#play = event.name;
        this.#task = "";
        this.#batch = new Set();
        this.#answered = new Set();
        return;
      case "play-hosts":
        return addAll(this.#meant, event.hosts);
      case "batch":
        addAll(this.#begun, event.hosts);
        return addAll(this.#batch, event.hosts);
      case "task":
        this.#task = event.name;
        this.#tasks += 1;
        this.#answered = new Set();
        return;
      case "result":
        return this.#result(event);
      case "notified": {
        const { host, handler } = event;
        const owed = { play: this.#play, host, handler };
        this.#owed.set(keyOf(owed), owed);
        return;
      }
      case "cut-short":
        this.#isCutShort = true;
        return;
      case "host": {
        const { ok, changed, failed, unreachable, skipped, rescued, ignored } = event;
        this.hosts.set(event.host, { ok, changed, failed, unreachable, skipped, rescued, ignored });
        return;
      }
      case "stat":
        return this.#stat(event);
      case "stat-too-large":
        throw unclear(`its statistic ${JSON.stringify(event.name)} has ${event.size} bytes, and 40000 are taken`);
      case "end":
        return this.#end(event);
      case "diff":
      case "no-hosts":
    }
  }

  #result({ status, host, task, message = "", isIgnored = false, handler }: EventOf<"result">): void {
    this.#answered.add(host);
    const isBad = (status === "failed" || status === "unreachable") && !isIgnored;
    if (isBad && this.failed.length < MOST_FAILED) this.failed.push({ host, task, message });
    if (handler !== undefined && !isBad) this.#owed.delete(keyOf({ play: this.#play, host, handler }));
  }

  #stat({ name, value, host }: EventOf<"stat">): void {
    if (host === undefined) {
      this.#stats.set(name, value);
      return;
    }
    const known = this.#hostStats.get(host) ?? new Map<string, Json>();
    this.#hostStats.set(host, known.set(name, value));
  }

  /** On a host that came to the end of its plays Ansible has run what this attempt notified, whatever it is called there. */
  #end({ hosts }: EventOf<"end">): void {
    if (hosts !== this.hosts.size) throw unclear(`it counts ${hosts} hosts and gave the results of ${this.hosts.size}`);
    this.#isOver = true;
    if (this.#isCutShort) return;
    for (const [key, { host }] of this.#owed) {
      const { failed = 1, unreachable = 1 } = this.hosts.get(host) ?? {};
      if (failed + unreachable === 0 && !this.#owedBefore.has(key)) this.#owed.delete(key);
    }
  }
}

function addAll(set: Set<string>, names: readonly string[]): void {
  for (const name of names) set.add(name);
}

function keyOf({ play, host, handler }: OwedHandler): string {
  return JSON.stringify([play, host, handler]);
}
