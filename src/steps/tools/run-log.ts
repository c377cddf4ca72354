import type { Artifacts } from "../../engine/artifacts.ts";
import { SecretMask } from "../../platform/masking.ts";
import { ProgramLog } from "../../programs/program-log.ts";

/** Everything that the calls of one step printed, as people read it, without the secrets that the step was given. */
export class RunLog {
  readonly #mask = new SecretMask();
  readonly #log = new ProgramLog();

  constructor(secrets: Iterable<string>) {
    for (const secret of secrets) this.#mask.add(secret);
  }

  /** The same value without the secrets. */
  masked<Value>(value: Value): Value {
    return this.#mask.deep(value);
  }

  add(line: string): void {
    this.#log.add(this.#mask.text(line));
  }

  /** Leaves it with the step; nothing where nothing was printed. */
  async put(artifacts: Artifacts): Promise<void> {
    if (this.#log.isEmpty) return;
    await artifacts.put({ name: "log", mediaType: "text/plain; charset=utf-8", content: this.#log.content() });
  }
}
