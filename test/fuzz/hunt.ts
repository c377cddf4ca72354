import { seededFractions } from "../support/seeded-fractions.ts";
import type { Coverage } from "./coverage.ts";
import { type Finding, sortOf } from "./finding.ts";
import type { FuzzTarget } from "./fuzz-target.ts";
import { mutate } from "./mutate.ts";
import { tryInput, tryTwice } from "./try-input.ts";

export interface Hunted {
  readonly inputs: number;
  /** How many inputs reached something that none before had reached. */
  readonly kept: number;
  /** How many functions of the product were executed. */
  readonly functions: number;
  readonly findings: readonly Finding[];
  /** Inputs that took long here, where everything is watched; the slowest first. */
  readonly suspects: readonly string[];
}

interface HuntDeps {
  readonly target: FuzzTarget;
  readonly coverage: Coverage;
  readonly seed: number;
  readonly endsAt: number;
  /** Told of the inputs before they are tried. */
  readonly note: (inputs: readonly string[]) => Promise<void>;
}

// Looking takes a millisecond, and finding out which input it was takes the batch again.
const BATCH_MS = 60;
const FEWEST = 5;
const MOST = 150;
// Watching makes everything slower.
const SUSPICIOUS_MS = 10;
const MOST_SUSPECTS = 8;
const MOST_FINDINGS = 10;
// A time is no reason to keep an input unless it stands out.
const STANDS_OUT = 1.3;

/** Makes inputs out of inputs for as long as it is let, and keeps those that reach what none reached before, or take longer than all. */
export class Hunt {
  readonly #deps: HuntDeps;
  readonly #fraction: () => number;
  readonly #kept: string[];
  readonly #findings = new Map<string, Finding>();
  #suspects: { readonly input: string; readonly cpuMs: number }[] = [];
  #slowestMs = 0.5;
  #inputs = 0;
  readonly #startedAt = performance.now();

  constructor(deps: HuntDeps, known: readonly string[]) {
    this.#deps = deps;
    this.#fraction = seededFractions(deps.seed);
    this.#kept = [...deps.target.seeds, ...known];
  }

  async run(): Promise<Hunted> {
    const { endsAt, coverage } = this.#deps;
    await this.#batch(this.#kept.slice());
    while (performance.now() < endsAt) {
      await this.#batch(Array.from({ length: this.#batchSize() }, () => this.#next()));
    }
    const suspects = this.#suspects.map(({ input }) => input);
    const findings = [...this.#findings.values()];
    return { inputs: this.#inputs, kept: this.#kept.length, functions: coverage.functions, findings, suspects };
  }

  /** As many as take about as long as looking what they reached is worth. */
  #batchSize(): number {
    const eachMs = (performance.now() - this.#startedAt) / Math.max(1, this.#inputs);
    return Math.max(FEWEST, Math.min(MOST, Math.round(BATCH_MS / eachMs)));
  }

  #next(): string {
    const { target } = this.#deps;
    const kept = this.#kept;
    // What was found last has been tried the least.
    const age = this.#fraction() < 0.5 ? this.#fraction() : this.#fraction() ** 3;
    const input = kept[kept.length - 1 - Math.floor(age * kept.length)] ?? "";
    return mutate(input, { fraction: this.#fraction, kept, words: target.words, longest: target.longest });
  }

  async #batch(inputs: readonly string[]): Promise<void> {
    const { coverage, endsAt, note } = this.#deps;
    await note(inputs);
    for (const input of inputs) {
      await this.#try(input);
      if (performance.now() > endsAt) return;
    }
    if (!coverage.sawNew()) return;
    for (const input of inputs) {
      await tryInput(this.#deps.target, input);
      if (coverage.grew()) await this.#keep(input);
      if (performance.now() > endsAt) return;
    }
  }

  async #try(input: string): Promise<void> {
    this.#inputs += 1;
    const { cpuMs, cause } = await tryInput(this.#deps.target, input);
    if (cause !== undefined) this.#found({ kind: "threw", message: cause, input });
    if (cpuMs > SUSPICIOUS_MS) this.#suspect(input, cpuMs);
    if (cpuMs <= this.#slowestMs * STANDS_OUT) return;
    this.#slowestMs = cpuMs;
    this.#kept.push(input);
  }

  async #keep(input: string): Promise<void> {
    if (!this.#kept.includes(input)) this.#kept.push(input);
    const { isSame } = await tryTwice(this.#deps.target, input);
    if (!isSame) this.#found({ kind: "differs", message: "gives something else the second time (differs)", input });
  }

  #suspect(input: string, cpuMs: number): void {
    const all = [...this.#suspects, { input, cpuMs }].toSorted((left, right) => right.cpuMs - left.cpuMs);
    this.#suspects = all.slice(0, MOST_SUSPECTS);
  }

  #found(finding: Finding): void {
    const sort = sortOf(finding.message);
    const known = this.#findings.get(sort);
    const isBetter =
      known === undefined ? this.#findings.size < MOST_FINDINGS : finding.input.length < known.input.length;
    if (isBetter) this.#findings.set(sort, finding);
  }
}
