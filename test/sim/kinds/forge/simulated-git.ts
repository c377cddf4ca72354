import { gitFailure } from "../../../../src/git/git-failure.ts";
import type { GitCall, GitResult } from "../../../../src/git/git-program.ts";
import { AppError } from "../../../../src/platform/errors.ts";
import type { Dice } from "../../dice.ts";
import type { DiskClock } from "../ships/disk-clock.ts";
import { type GitCopy, type GitSaid, HEADS, served } from "./git-end.ts";
import { blobOf, type GitServer, idOf } from "./git-server.ts";

interface Deps {
  readonly server: GitServer;
  readonly clock: DiskClock;
  readonly dice: Dice;
  readonly isTroubled: () => boolean;
  /** Whether nobody reaches the server now. */
  readonly isAway: () => boolean;
}

interface Life {
  readonly isDead: boolean;
}

interface LocalCall {
  readonly call: GitCall;
  readonly copy: GitCopy;
}

const FILE = "100644";
const AWAY = "fatal: unable to access 'REPOSITORY/': Could not resolve host: git.test";
const HUNG_UP = "send-pack: unexpected disconnect\nfatal: the remote end hung up unexpectedly";
const REMOTE: ReadonlySet<string> = new Set(["ls-remote", "fetch", "push"]);

/** `git` as far as commits are added to branches with it: what it has of the server is in memory, and the way there takes time. */
export class SimulatedGit {
  /** When a call to the server came to nothing, or nobody heard what came of it. */
  readonly troubles: number[] = [];
  readonly #deps: Deps;
  readonly #trees = new Map<string, ReadonlyMap<string, string>>();
  readonly #counts = new Map<string, number>();
  readonly #commands: Readonly<Record<string, (local: LocalCall) => string>>;

  constructor(deps: Deps) {
    this.#deps = deps;
    const { server } = deps;
    this.#commands = {
      init: () => "",
      "rev-parse": ({ call, copy }) => `${copy.refs.get(call.operands?.[0] ?? "") ?? ""}\n`,
      log: ({ call }) => trailers(server, call.options ?? []),
      "ls-tree": ({ call }) => listed(server, call),
      "cat-file": ({ call, copy }) => objectText(server, call, copy),
      "hash-object": ({ call, copy }) => hashed(server, call, copy),
      "read-tree": ({ call, copy }) => {
        const { files } = server.get(call.options?.[0] ?? "");
        copy.index = new Map(Array.from(files, ([path, text]) => [path, blobOf(text)]));
        return "";
      },
      "update-index": ({ call, copy }) => indexed(call, copy),
      "write-tree": ({ copy }) => this.#tree(copy),
      "commit-tree": ({ call }) => this.#made(call),
    };
  }

  /** The program as one process of the application has it. */
  of(life: Life): { run: (call: GitCall) => Promise<GitResult>; [Symbol.asyncDispose]: () => Promise<void> } {
    const copies = new Map<string, GitCopy>();
    return {
      run: async (call) => {
        if (life.isDead) return await never();
        call.signal?.throwIfAborted();
        const folder = call.repository ?? call.operands?.[0] ?? "";
        const copy = copies.get(folder) ?? { branch: "", refs: new Map(), blobs: new Set(), index: new Map() };
        copies.set(folder, copy);
        const said = REMOTE.has(call.command) ? await this.#remote({ call, copy }, life) : this.#local({ call, copy });
        if (life.isDead) return await never();
        if ("stdout" in said) return { exitCode: 0, ...said };
        throw gitFailure({ what: `git ${call.command}`, about: call.about, stderr: said.stderr, exitCode: 128 });
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }

  /** A call to the server may fail before it is there, and its answer may be lost. */
  async #remote({ call, copy }: LocalCall, life: Life): Promise<GitSaid> {
    const { server, clock, isAway } = this.#deps;
    copy.branch = branchOf(call) ?? copy.branch;
    const luck = this.#luck(`${copy.branch} ${call.command}`);
    const sentAt = clock.now();
    const serve = (): GitSaid => served(server, { call, copy, sentAt, now: clock.now() });
    const isSent = await this.#pass(luck.between(5, 4000), call);
    if (!isSent || life.isDead) {
      // What was on its way may be taken all the same.
      if (luck.chance(0.5)) serve();
      return await gone(call);
    }
    if (isAway() || this.#hasTrouble(luck, 0.06)) return this.#failed(AWAY);
    const said = serve();
    const isSlow = this.#hasTrouble(luck, 0.03);
    if (!(await this.#pass(isSlow ? call.timeoutMs : luck.between(5, 4000), call))) return await gone(call);
    if (isSlow) this.#timedOut(call);
    return this.#hasTrouble(luck, call.command === "push" ? 0.25 : 0.04) ? this.#failed(HUNG_UP) : said;
  }

  #hasTrouble(luck: Dice, chance: number): boolean {
    return this.#deps.isTroubled() && luck.chance(chance);
  }

  #failed(stderr: string): GitSaid {
    this.troubles.push(this.#deps.clock.now());
    return { stderr };
  }

  #timedOut({ command }: GitCall): never {
    this.troubles.push(this.#deps.clock.now());
    throw new AppError(`git ${command} did not end`, { code: "git.timeout", retry: "backoff" });
  }

  /** False where it was told to end meanwhile. */
  async #pass(delayMs: number, { signal }: GitCall): Promise<boolean> {
    return await this.#deps.clock.sleep(delayMs, signal).then(
      () => true,
      () => false,
    );
  }

  /** What happens side by side has luck of its own. */
  #luck(name: string): Dice {
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    return this.#deps.dice.fork(`${name} ${count}`);
  }

  #local(local: LocalCall): GitSaid {
    const command = this.#commands[local.call.command];
    if (command === undefined) throw new RangeError(`nobody has thought of git ${local.call.command}`);
    return { stdout: command(local) };
  }

  #tree({ index }: GitCopy): string {
    const tree = idOf("tree", JSON.stringify([...index].toSorted(([one], [other]) => (one < other ? -1 : 1))));
    this.#trees.set(tree, new Map(index));
    return `${tree}\n`;
  }

  #made({ options = [], input = "", environment = {} }: GitCall): string {
    const { server } = this.#deps;
    const [tree = "", , parent = ""] = options;
    const objects = [...(this.#trees.get(tree) ?? [])];
    const files = new Map(objects.map(([path, object]) => [path, server.blobs.get(object) ?? ""]));
    const author = `${environment["GIT_AUTHOR_NAME"]} <${environment["GIT_AUTHOR_EMAIL"]}>`;
    const at = Date.parse(environment["GIT_COMMITTER_DATE"] ?? "");
    return `${server.add({ parents: [parent], files, message: input, author, at }).sha}\n`;
  }
}

function branchOf({ command, operands = [] }: GitCall): string | undefined {
  const [, operand = ""] = operands;
  if (command === "ls-remote") return operand.slice(HEADS.length);
  return /refs\/heads\/([^:]+)/u.exec(operand)?.[1];
}

/** Whoever has called does not wait for it any more. */
function gone({ signal }: GitCall): Promise<never> {
  signal?.throwIfAborted();
  return never();
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}

function listed(server: GitServer, { options = [], paths = [] }: GitCall): string {
  const { files } = server.get(options.at(-1) ?? "");
  const lines = paths.flatMap((path) => {
    const text = files.get(path);
    if (text !== undefined) return [`${FILE} blob ${blobOf(text)}\t${path}\0`];
    const isFolder = [...files.keys()].some((name) => name.startsWith(`${path}/`));
    return isFolder ? [`040000 tree ${idOf("folder", path)}\t${path}\0`] : [];
  });
  return lines.join("");
}

function objectText({ blobs }: GitServer, { options = [], input = "" }: GitCall, copy: GitCopy): string {
  const [option = "", object = ""] = options;
  if (option === "--batch-check") {
    const asked = input.split("\n").filter((line) => line !== "");
    return asked.map((name) => (copy.blobs.has(name) ? `${name} blob 1\n` : `${name} missing\n`)).join("");
  }
  const text = copy.blobs.has(object) ? blobs.get(object) : undefined;
  if (text === undefined) throw new RangeError(`the copy does not have ${object}`);
  return option === "-s" ? `${Buffer.byteLength(text)}\n` : text;
}

function hashed({ blobs }: GitServer, { input = "" }: GitCall, copy: GitCopy): string {
  const object = blobOf(input);
  blobs.set(object, input);
  copy.blobs.add(object);
  return `${object}\n`;
}

function indexed({ input = "" }: GitCall, { index }: GitCopy): string {
  for (const [, mode, object = "", path = ""] of input.matchAll(/(\d+) ([0-9a-f]+)\t([^\0]*)\0/gu))
    if (mode === "0") index.delete(path);
    else index.set(path, object);
  return "";
}

/** The newest commits first, as far back as it is asked for. */
function trailers(server: GitServer, options: readonly string[]): string {
  const most = Number(/\d+/u.exec(options[0] ?? "")?.[0]);
  const key = /trailers:key=([\w-]+)/u.exec(options[1] ?? "")?.[1] ?? "";
  const lines = [...server.history(options.at(-1) ?? "")].slice(0, most).map((sha) => {
    const last = server.get(sha).message.trimEnd().split("\n\n").at(-1) ?? "";
    const values = last
      .split("\n")
      .flatMap((line) => (line.startsWith(`${key}: `) ? [line.slice(key.length + 2)] : []));
    return `${sha} ${values.join(" ")}\n`;
  });
  return lines.join("");
}
