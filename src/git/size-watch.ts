import type { Clock, Timer } from "../platform/clock.ts";
import { AppError } from "../platform/errors.ts";
import { objectBytes } from "./mirror-folder.ts";

export interface SizeWatchDeps {
  readonly repository: string;
  readonly about: string;
  readonly maxBytes: number;
  readonly everyMs: number;
  readonly clock: Clock;
}

/** Aborts its signal when the objects of a repository grow beyond the limit: git itself has no limit for a fetch. */
export class SizeWatch {
  readonly #deps: SizeWatchDeps;
  readonly #over = new AbortController();
  #timer: Timer | undefined;

  constructor(deps: SizeWatchDeps) {
    this.#deps = deps;
    this.#arm();
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  async check(): Promise<void> {
    const { repository, about, maxBytes } = this.#deps;
    if ((await objectBytes(repository)) <= maxBytes) return;
    const mebibytes = Math.round(maxBytes / 1024 / 1024);
    this.#over.abort(
      new AppError(
        `The repository ${about} is bigger than the limit of ${mebibytes} MiB (commits and folders, without files), so the fetch was stopped. Raise the limit if that is its real size, or let the server support partial clones`,
        { code: "git.too-big", details: { repository: about, maxBytes } },
      ),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(): void {
    this.#timer = this.#deps.clock.setTimer(this.#deps.everyMs, () => void this.#tick());
  }

  async #tick(): Promise<void> {
    await this.check();
    if (this.#timer !== undefined && !this.signal.aborted) this.#arm();
  }
}
