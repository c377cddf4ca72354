import type { PlainFact } from "../signal-book.ts";

/** How an attempt ended, at the true time, and in which process. */
export interface End {
  readonly type: "step.succeeded" | "step.failed" | "step.cancelled";
  readonly at: number;
  /** The same moment by the clock on the wall. */
  readonly shown: number;
  readonly life: number;
  readonly fact: PlainFact;
}

/** When a fact came to the log, and in which process. */
export type When = Pick<End, "at" | "shown" | "life">;

/** One attempt of a step, as the log has it. */
export interface Attempt {
  readonly path: string;
  readonly key: string;
  readonly uses: string;
  readonly attempt: number;
  readonly input: Readonly<Record<string, unknown>>;
  readonly startedAt: number;
  /** The same moment by the clock on the wall. */
  readonly startedShown: number;
  end: End | undefined;
}

/** Keeps book of the attempts of one run. */
export class NetBook {
  readonly attempts: Attempt[] = [];
  readonly #faults: string[] = [];
  readonly #done = new Set<string>();
  /** Since when it has been asked to end; undefined where it was not, or goes on. */
  cancelledAt: number | undefined;

  /** Takes down the next fact; gives the attempt that it ends. */
  next(fact: PlainFact, when: When): Attempt | undefined {
    const path = String(fact["path"]);
    switch (fact.type) {
      case "step.started": {
        if (this.#done.has(path)) this.#faults.push(`${path} is done over`);
        const input = Object(fact["input"]);
        const key = path.split("/").at(-1) ?? "";
        const attempt = Number(fact["attempt"]);
        this.attempts.push({
          path,
          key,
          uses: String(fact["uses"]),
          attempt,
          input,
          startedAt: when.at,
          startedShown: when.shown,
          end: undefined,
        });
        break;
      }
      case "step.succeeded":
      case "step.failed":
      case "step.cancelled":
        return this.#end({ ...when, type: fact.type, fact }, path);
      case "run.cancel-requested":
        this.cancelledAt = when.at;
        break;
      case "run.retried":
        this.cancelledAt = undefined;
        for (const gone of Array.isArray(fact["forgotten"]) ? fact["forgotten"] : []) this.#done.delete(String(gone));
        break;
    }
    return undefined;
  }

  get running(): readonly Attempt[] {
    return this.attempts.filter(({ end }) => end === undefined);
  }

  /** What was wrong about the order of things. */
  takeFaults(): readonly string[] {
    return this.#faults.splice(0);
  }

  #end(end: End, path: string): Attempt | undefined {
    if (end.type === "step.succeeded") this.#done.add(path);
    const attempt = this.attempts.findLast((each) => each.path === path);
    if (attempt === undefined) this.#faults.push(`${path} ends before it began`);
    else if (attempt.end === undefined) attempt.end = end;
    else if (attempt.end.type !== "step.failed" || end.type !== "step.cancelled")
      this.#faults.push(`${path} ends twice`);
    return attempt?.end === end ? attempt : undefined;
  }
}
