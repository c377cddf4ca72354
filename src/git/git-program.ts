import { execa } from "execa";

import type { Clock } from "../platform/clock.ts";
import { AppError } from "../platform/errors.ts";
import { SecretMask } from "../platform/masking.ts";
import { BoundedOutput } from "./bounded-output.ts";
import { gitEnvironment, type GitProtocol, type GitSetting } from "./git-environment.ts";
import { gitFailure } from "./git-failure.ts";
import { ProcessEnd } from "./process-end.ts";

export interface GitProgramDeps {
  /** The program to run, `git` unless the operator has another. */
  readonly program: string;
  /** An existing empty folder, given to git as its home. */
  readonly home: string;
  /** The surrounding environment; see `gitEnvironment` for the few names that are used. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
}

export interface GitCall {
  readonly command: string;
  /** Written by this code alone; nothing that came from outside. */
  readonly options?: readonly string[];
  /** May come from outside: refused when one could be read as an option. */
  readonly operands?: readonly string[];
  /** Follow a `--`. */
  readonly paths?: readonly string[];
  /** The bare repository to work in. */
  readonly repository?: string;
  /** How the repository is called in an error. */
  readonly about: string;
  readonly settings?: readonly GitSetting[];
  readonly environment?: Readonly<Record<string, string>>;
  /** None unless named: a call that only reads cannot reach out. */
  readonly protocols?: readonly GitProtocol[];
  readonly secrets?: readonly string[];
  readonly input?: string;
  /** Exit codes that are an answer; others are thrown. */
  readonly answers?: readonly number[];
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface GitResult {
  readonly exitCode: number;
  readonly stdout: string;
}

const LONGEST_OUTPUT = 16 * 1024 * 1024;
// Of what it says beside, the end is enough to say why it failed.
const LONGEST_COMPLAINTS = 4 * 1024 * 1024;
const COMPLAINT_KEPT = 64 * 1024;
// GIT_CONFIG_COUNT, by which settings and credentials travel, came with 2.31.
const OLDEST = [2, 31] as const;

/** The one way in which Quarterdeck runs `git`: an argument vector, a scrubbed environment, a time limit, and no child left behind. */
export class GitProgram {
  readonly #deps: GitProgramDeps;
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<unknown>>();
  #checked: Promise<void> | undefined;

  constructor(deps: GitProgramDeps) {
    this.#deps = deps;
  }

  /**
   * Runs git and returns what it wrote. Rejects with an AppError (`git.*`) when it is missing, too slow, too talkative
   * or ends with another exit code than `answers` (0 by default); with the signal's reason when it is aborted.
   */
  async run(call: GitCall): Promise<GitResult> {
    this.#checked ??= this.#checkVersion();
    await this.#checked;
    return this.#track(call);
  }

  /** Ends every git process at once and refuses new ones. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(
      new AppError("Reading from Git was stopped: Quarterdeck is shutting down", {
        code: "git.stopped",
        retry: "backoff",
      }),
    );
    await Promise.allSettled(this.#running);
  }

  async #checkVersion(): Promise<void> {
    try {
      const { stdout } = await this.#track({ command: "version", about: "this machine", timeoutMs: 10_000 });
      const [, major, minor] = /(\d+)\.(\d+)/u.exec(stdout) ?? [];
      const isOld = Number(major) < OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) < OLDEST[1]);
      if (!isOld) return;
    } catch (error) {
      this.#checked = undefined;
      throw error;
    }
    this.#checked = undefined;
    throw new AppError(
      `The program "${this.#deps.program}" is too old: Quarterdeck needs Git ${OLDEST.join(".")} or newer. Install a newer one`,
      { code: "git.too-old" },
    );
  }

  async #track(call: GitCall): Promise<GitResult> {
    const done = this.#execute(call);
    this.#running.add(done);
    try {
      return await done;
    } finally {
      this.#running.delete(done);
    }
  }

  async #execute(call: GitCall): Promise<GitResult> {
    const { program, clock } = this.#deps;
    const args = argumentVector(call);
    const signal = AbortSignal.any([this.#closing.signal, ...(call.signal === undefined ? [] : [call.signal])]);
    signal.throwIfAborted();
    const child = execa(program, args, this.#options(call));
    const end = new ProcessEnd(clock, child.pid);
    const onTooMuch = (): void => end.demand(tooMuch(call));
    const all = { mostWritten: LONGEST_OUTPUT, mostKept: LONGEST_OUTPUT };
    const some = { mostWritten: LONGEST_COMPLAINTS, mostKept: COMPLAINT_KEPT };
    const stdout = new BoundedOutput(child.stdout, { ...all, onTooMuch });
    const stderr = new BoundedOutput(child.stderr, { ...some, onTooMuch });
    const deadline = clock.setTimer(call.timeoutMs, () => end.demand(tooSlow(call)));
    const stop = (): void => end.demand(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    try {
      const result = await child;
      end.throwIfDemanded();
      if (result.code === "ENOENT" || result.code === "EACCES") throw missing(program, result.cause);
      const { exitCode, signal: endedBy } = result;
      return answerOf(call, { exitCode, endedBy, stdout: stdout.text(), stderr: stderr.text() });
    } finally {
      deadline.cancel();
      end.settle();
      signal.removeEventListener("abort", stop);
    }
  }

  #options(call: GitCall) {
    const { environment, home } = this.#deps;
    return {
      // Not the repository: a working folder that has vanished would look like a missing program.
      cwd: "/",
      env: gitEnvironment({ ...call, surrounding: environment, home }),
      extendEnv: false,
      // A process group of its own, because git starts helpers (git-remote-https, ssh, index-pack) that must end with it.
      detached: true,
      cleanup: false,
      reject: false,
      // What it writes is read here, within limits of memory.
      buffer: false,
      ...(call.input === undefined ? { stdin: "ignore" as const } : { input: call.input }),
    } as const;
  }
}

interface Ended {
  readonly exitCode: number | undefined;
  readonly endedBy: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

function answerOf(call: GitCall, { exitCode, endedBy, stdout, stderr }: Ended): GitResult {
  if (exitCode !== undefined && (call.answers ?? [0]).includes(exitCode)) return { exitCode, stdout };
  throw gitFailure({
    what: `git ${call.command}`,
    about: call.about,
    stderr: masked(endedBy === undefined ? stderr : `${stderr}\nended by ${endedBy}`, call.secrets),
    exitCode,
  });
}

function argumentVector(call: GitCall): readonly string[] {
  const operands = call.operands ?? [];
  for (const value of [...operands, ...(call.paths ?? [])]) {
    if (value.includes("\0")) throw new AppError("A NUL character cannot be given to git", { code: "git.argument" });
  }
  const option = operands.find((operand) => operand.startsWith("-"));
  if (option !== undefined) {
    throw new AppError(`git would read ${JSON.stringify(option)} as an option, so it is refused`, {
      code: "git.argument",
    });
  }
  return [
    call.command,
    ...(call.options ?? []),
    ...operands,
    ...(call.paths === undefined ? [] : ["--", ...call.paths]),
  ];
}

function masked(text: string, secrets: readonly string[] = []): string {
  const mask = new SecretMask();
  for (const secret of secrets) mask.add(secret);
  return mask.text(text);
}

function missing(program: string, cause: unknown): AppError {
  return new AppError(
    `The program "${program}" was not found, and Quarterdeck reads repositories with it. Install Git (Debian and Ubuntu: apt-get install git; Alpine: apk add git; macOS: brew install git), or name another program in the configuration`,
    { code: "git.missing-program", cause },
  );
}

function tooSlow(call: GitCall): AppError {
  const seconds = Math.round(call.timeoutMs / 1000);
  return new AppError(
    `git ${call.command} for ${call.about} did not end within ${seconds} s and was stopped. Check that the server is quick enough, or raise the time limit`,
    { code: "git.timeout", retry: "backoff", details: { repository: call.about, timeoutMs: call.timeoutMs } },
  );
}

function tooMuch(call: GitCall): AppError {
  return new AppError(
    `git ${call.command} for ${call.about} wrote more than ${LONGEST_OUTPUT / 1024 / 1024} MiB, or too many complaints, and was stopped. The repository has too many references, or its server misbehaves`,
    { code: "git.too-big", details: { repository: call.about } },
  );
}
