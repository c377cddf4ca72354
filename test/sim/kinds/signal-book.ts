/** A fact as the log has it, read without anything of the program. */
export interface PlainFact {
  readonly type: string;
  readonly [member: string]: unknown;
}

interface Kept {
  readonly by: unknown;
  readonly at: unknown;
  readonly payload: unknown;
}

/** Keeps book of the signals of one run: each is taken once, by a step that waits for it, as it came. */
export class SignalBook {
  readonly #kept = new Map<string, Kept>();
  readonly #waiting = new Map<string, string>();
  #isClosed = false;

  /** What is wrong about the next fact. */
  next(fact: PlainFact): readonly string[] {
    const path = String(fact["path"]);
    switch (fact.type) {
      case "run.cancel-requested":
      case "run.finished":
        this.#isClosed = true;
        break;
      case "run.retried":
        this.#isClosed = false;
        break;
      case "signal.received":
        return this.#received(fact);
      case "step.started":
        if (fact["uses"] === "signal") this.#waiting.set(path, String(Reflect.get(Object(fact["input"]), "name")));
        return [];
      case "step.failed":
      case "step.cancelled":
        this.#waiting.delete(path);
        break;
      case "step.succeeded":
        if (this.#waiting.has(path)) return this.#taken(path, fact);
        break;
    }
    // By now nothing waits for what is there.
    const isStuck = [...this.#waiting.values()].some((name) => this.#kept.has(name));
    return isStuck ? ["a step waits for a signal that is there"] : [];
  }

  #received(fact: PlainFact): readonly string[] {
    const name = String(fact["name"]);
    const { payload } = fact;
    const faults: string[] = [];
    if (this.#isClosed) faults.push("a run that is over takes a signal");
    if (this.#kept.has(name)) faults.push("a second signal of a name is kept");
    if (!isAgreed(name, payload)) faults.push("a payload is not what was agreed on");
    this.#kept.set(name, { by: fact["actor"], at: fact["at"], payload });
    return faults;
  }

  #taken(path: string, { output }: PlainFact): readonly string[] {
    const name = this.#waiting.get(path) ?? "";
    const kept = this.#kept.get(name);
    this.#kept.delete(name);
    this.#waiting.delete(path);
    if (kept === undefined) return ["a step went on without its signal"];
    return isSame(output, kept) ? [] : ["a step says something else than was sent"];
  }
}

/** Tests come with the number of a build and perhaps a note, everything else with nothing. */
function isAgreed(name: string, payload: unknown): boolean {
  const { build, note, ...others } = Object(payload);
  if (Object.keys(others).length > 0) return false;
  if (name !== "tests-done") return build === undefined && note === undefined;
  return typeof build === "number" && (note === undefined || typeof note === "string");
}

function isSame(output: unknown, { by, at, payload }: Kept): boolean {
  const own = Object(output);
  return own.by === by && own.at === at && JSON.stringify(own.payload) === JSON.stringify(payload);
}
