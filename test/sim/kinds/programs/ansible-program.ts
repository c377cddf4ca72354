import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import { type Ended, parseArguments, type ProgramCall, type SimulatedProgram } from "./program-stage.ts";

/** A play as the hosts saw it. */
export interface Play {
  /** The folder in which it ran: one for each step of each run. */
  readonly place: string;
  readonly at: number;
  /** What it was limited to, and all hosts of its inventory where it was not. */
  readonly hosts: readonly string[];
  /** How often each task was done on each host. */
  readonly done: Map<string, number>;
  readonly failed: Set<string>;
  readonly unreachable: Set<string>;
  /** Its last event came, and whoever ran it heard it. */
  isTold: boolean;
}

/** What Ansible did: a book of all plays, and the handlers that hosts still need. */
export class AnsibleBook {
  readonly plays: Play[] = [];
  /** Folder and host: its settings were changed there, which was heard of, and its service was not restarted since. */
  readonly unrestarted = new Set<string>();
  /** What each host has been set to. */
  readonly settings = new Map<string, string>();
}

interface World {
  readonly book: AnsibleBook;
  readonly isTroubled: () => boolean;
  readonly version: () => string;
}

const TASKS = ["Install", "Write settings", "Check"];
const HANDLER = "Restart";
const PLAY = "Configure";

/** ansible-playbook with the plug-in that writes a line for each event. */
export function ansibleProgram(world: World): SimulatedProgram {
  return async (call) => {
    const { words, options } = parseArguments(call.order.args, {
      flags: ["become", "check", "diff"],
      apart: ["inventory", "extra-vars", "limit", "tags", "forks"],
    });
    if (words.length !== 1 || basename(words[0] ?? "") !== "site.yml")
      return { exitCode: 1, stderr: "ERROR! no playbook" };
    const place = dirname(call.env["HOME"] ?? "");
    const all = Object.keys(JSON.parse(await readFile(options.get("inventory") ?? "", "utf8")).all.hosts);
    const limit = options.get("limit");
    const only =
      limit === undefined ? all : (await readFile(limit.slice(1), "utf8")).split("\n").filter((one) => one !== "");
    const hosts = all.filter((host) => only.includes(host));
    const secrets = JSON.parse(
      (await readFile((options.get("extra-vars") ?? "").slice(1), "utf8")).replaceAll("!unsafe ", ""),
    );
    const owed: readonly Owed[] = JSON.parse(
      await readFile(join(call.env["ANSIBLE_CALLBACK_PLUGINS"] ?? "", "owed.json"), "utf8"),
    );
    const play: Play = {
      place,
      at: call.now(),
      hosts,
      done: new Map(),
      failed: new Set(),
      unreachable: new Set(),
      isTold: false,
    };
    if (hosts.length === 0)
      return { exitCode: 1, stderr: "ERROR! Specified hosts and/or --limit does not match any hosts" };
    world.book.plays.push(play);
    return await new Playing({ call, world, play, all, password: String(secrets.password) }).run(owed);
  };
}

interface Owed {
  readonly play: string;
  readonly host: string;
  readonly handler: string;
}

interface Deps {
  readonly call: ProgramCall;
  readonly world: World;
  readonly play: Play;
  readonly all: readonly string[];
  /** What careless tasks say when they fail. */
  readonly password: string;
}

class Playing {
  readonly #deps: Deps;
  readonly #notified = new Set<string>();
  readonly #counts = new Map<string, { ok: number; changed: number; failed: number; unreachable: number }>();
  #events = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async run(owed: readonly Owed[]): Promise<Ended> {
    const { call, play, all } = this.#deps;
    this.#say("playbook", { plays: 1 });
    this.#say("inventory", { hosts: all });
    this.#say("play", { name: PLAY });
    this.#say("play-hosts", { hosts: play.hosts });
    this.#say("batch", { hosts: play.hosts });
    for (const { host, handler } of owed) {
      if (handler !== HANDLER || !play.hosts.includes(host)) continue;
      this.#notified.add(host);
      this.#say("notified", { host, handler, isAgain: true });
    }
    for (const task of TASKS) {
      const alive = play.hosts.filter((host) => !play.failed.has(host) && !play.unreachable.has(host));
      if (alive.length === 0) break;
      this.#say("task", { name: task, isHandler: false });
      for (const host of alive) await this.#do(task, host);
      if (call.isTold) return { exitCode: 99 };
    }
    if (play.hosts.every((host) => play.failed.has(host) || play.unreachable.has(host))) this.#say("cut-short", {});
    await this.#restart();
    return this.#end();
  }

  async #do(task: string, host: string): Promise<void> {
    const { call, world, play, password } = this.#deps;
    await call.pass(20, 2500);
    const troubled = world.isTroubled();
    if (troubled && call.dice.chance(0.07)) {
      play.unreachable.add(host);
      this.#count(host, "unreachable");
      const message = `Failed to connect to the host via ssh: ssh: connect to host ${host} port 22: Connection refused`;
      this.#say("result", { status: "unreachable", host, task, isChanged: false, isIgnored: false, message });
      return;
    }
    const key = `${host} ${task}`;
    play.done.set(key, (play.done.get(key) ?? 0) + 1);
    if (troubled && call.dice.chance(0.08)) {
      play.failed.add(host);
      this.#count(host, "failed");
      const message = `non-zero return code: psql ${password}`;
      this.#say("result", { status: "failed", host, task, isChanged: false, isIgnored: false, message });
      return;
    }
    const isChanged = task === "Write settings" && world.book.settings.get(host) !== world.version();
    if (isChanged) {
      world.book.settings.set(host, world.version());
      if (call.isHeard) world.book.unrestarted.add(`${play.place} ${host}`);
      this.#notified.add(host);
      this.#say("notified", { host, handler: HANDLER, isAgain: false });
    }
    this.#count(host, "ok", isChanged);
    this.#say("result", { status: "ok", host, task, isChanged });
    if (isChanged) this.#say("notified", { host, handler: HANDLER, isAgain: false });
  }

  /** Also where a task failed, as it is told to; not where the host is away. */
  async #restart(): Promise<void> {
    const { call, world, play } = this.#deps;
    const hosts = play.hosts.filter((host) => this.#notified.has(host) && !play.unreachable.has(host));
    if (hosts.length === 0) return;
    this.#say("task", { name: HANDLER, isHandler: true });
    for (const host of hosts) {
      await call.pass(20, 1500);
      world.book.unrestarted.delete(`${play.place} ${host}`);
      this.#count(host, "ok", true);
      this.#say("result", { status: "ok", host, task: HANDLER, isChanged: true, handler: HANDLER });
    }
  }

  #end(): Ended {
    const { play } = this.#deps;
    const hosts = [...this.#counts.keys()].toSorted();
    for (const host of hosts) {
      this.#say("host", { host, ...this.#counts.get(host), skipped: 0, rescued: 0, ignored: 0 });
    }
    this.#say("end", { hosts: hosts.length });
    play.isTold = this.#deps.call.isHeard;
    return { exitCode: (play.failed.size > 0 ? 2 : 0) + (play.unreachable.size > 0 ? 4 : 0) };
  }

  #count(host: string, what: "ok" | "failed" | "unreachable", isChanged = false): void {
    const counts = this.#counts.get(host) ?? { ok: 0, changed: 0, failed: 0, unreachable: 0 };
    counts[what] += 1;
    if (isChanged) counts.changed += 1;
    this.#counts.set(host, counts);
  }

  #say(type: string, members: Readonly<Record<string, unknown>>): void {
    this.#events += 1;
    this.#deps.call.print(JSON.stringify({ quarterdeck: 1, n: this.#events, type, ...members }));
  }
}
