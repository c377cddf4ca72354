import type { JobQueue, Ticket } from "../../../src/dispatch/job-queue.ts";
import { AppError, errorMessage } from "../../../src/platform/errors.ts";
import type { SimLink } from "./sim-link.ts";

interface Deps {
  readonly link: SimLink;
  /** Throws what Redis says that does not take them. */
  readonly add: (tickets: readonly Ticket[]) => void;
  readonly remove: (ids: readonly string[]) => void;
  readonly drain: () => void;
}

/** The server's end of the simulated queue. */
export class SimJobQueue implements JobQueue {
  readonly #deps: Deps;
  #trouble: string | undefined;
  #isSwept = false;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  get trouble(): string | undefined {
    return this.#trouble;
  }

  async add(tickets: readonly Ticket[]): Promise<void> {
    const { link, drain, add } = this.#deps;
    try {
      if (!this.#isSwept) {
        await link.command(drain);
        this.#isSwept = true;
      }
      const refused = await link.command(() => refusalOf(() => add(tickets)));
      if (refused !== undefined) throw new Error(refused);
      this.#trouble = undefined;
    } catch (cause) {
      this.#trouble = errorMessage(cause);
      throw new AppError(`A job could not be put into Redis: ${this.#trouble}.`, {
        code: "redis.unavailable",
        retry: "backoff",
        cause,
      });
    }
  }

  async remove(ids: readonly string[]): Promise<void> {
    const { link, remove } = this.#deps;
    if (this.#isSwept && ids.length > 0) await link.command(() => remove(ids)).catch(() => undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

function refusalOf(act: () => void): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return errorMessage(error);
  }
}
