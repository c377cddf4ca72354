import { errorText } from "../platform/errors.ts";
import type { Logger } from "../platform/logger.ts";
import { type EnvelopeKey, sealEnvelope } from "./envelope.ts";
import type { Link } from "./link.ts";
import type { AnswerContent, Places } from "./wire.ts";

interface Deps {
  readonly key: EnvelopeKey;
  /** This start of the server. */
  readonly epoch: string;
  readonly places: Places;
  readonly link: Pick<Link, "publish">;
  readonly logger: Logger;
}

/** What the server tells its workers. Nothing is kept: who waits for an answer asks again, and beats show who missed a stop. */
export class WorkerPost {
  readonly #deps: Deps;
  /** Requests whose outcomes were received, of which their workers have not been told; by worker. */
  readonly #received = new Map<string, string[]>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Tells one worker, or all of them (`*`). Resolves when it was sent, or could not be. */
  async tell(worker: string, content: AnswerContent): Promise<void> {
    const { key, epoch, places, link, logger } = this.#deps;
    const received = this.#received.get(worker) ?? [];
    this.#received.delete(worker);
    const text = sealEnvelope(key, { epoch, worker, received, content });
    const channel = worker === "*" ? places.everybody : places.worker(worker);
    try {
      await link.publish(channel, text);
    } catch (error) {
      logger.debug("a worker could not be told", { worker, error: errorText(error) });
    }
  }

  /** The outcome of this request counts, which is told along with whatever is said next. */
  received(worker: string, request: string): void {
    const noted = this.#received.get(worker);
    if (noted === undefined) this.#received.set(worker, [request]);
    else noted.push(request);
  }

  /** Tells now what nothing else was said after. */
  async flush(): Promise<void> {
    await Promise.all(Array.from(this.#received.keys(), (worker) => this.tell(worker, { type: "received" })));
  }
}
