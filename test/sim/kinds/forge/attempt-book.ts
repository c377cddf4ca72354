import type { PlainFact } from "../signal-book.ts";
import type { Asker } from "./forge-server.ts";

/** An attempt of a step as the log has it. */
export interface Attempt {
  readonly run: string;
  readonly path: string;
  /** The last part of the path. */
  readonly key: string;
  readonly uses: string;
  readonly attempt: number;
  readonly input: unknown;
  readonly startedAt: number;
  /** When the step was reached, of which this is an attempt. */
  readonly reachedAt: number;
  /** When the first of the attempts began that followed one another by themselves. */
  readonly chainedAt: number;
  /** Undefined while it is under way. */
  readonly end: PlainFact | undefined;
  readonly endedAt: number;
}

const ENDS: ReadonlySet<string> = new Set(["step.succeeded", "step.failed", "step.cancelled"]);

/** All attempts of a run, in the order in which they were begun. */
export function attemptsOf(run: string, facts: readonly PlainFact[]): readonly Attempt[] {
  const reached = new Map<string, number>();
  const chained = new Map<string, number>();
  return facts.flatMap((fact, index) => {
    const path = String(fact["path"]);
    if (fact.type === "run.retried")
      for (const gone of listOf(fact["forgotten"])) {
        reached.delete(String(gone));
        chained.delete(String(gone));
      }
    if (fact.type !== "step.started") return [];
    const startedAt = Number(fact["at"]);
    const [reachedAt, chainedAt] = [reached.get(path) ?? startedAt, chained.get(path) ?? startedAt];
    reached.set(path, reachedAt);
    chained.set(path, chainedAt);
    const { attempt } = fact;
    const end = facts
      .slice(index)
      .find((other) => ENDS.has(other.type) && other["path"] === path && other["attempt"] === attempt);
    return [
      {
        run,
        path,
        key: path.split("/").at(-1) ?? "",
        uses: String(fact["uses"]),
        attempt: Number(attempt),
        input: fact["input"],
        startedAt,
        reachedAt,
        chainedAt,
        end,
        endedAt: end === undefined ? Infinity : Number(end["at"]),
      },
    ];
  });
}

export function askerOf({ run, key: step }: Attempt): Asker {
  return { run, step };
}

/** Why it failed; empty where it did not. */
export function failureCode({ end }: Attempt): string {
  return end?.type === "step.failed" ? String(member(end, "failure", "code")) : "";
}

export function member(value: unknown, ...names: readonly string[]): unknown {
  let found = value;
  for (const name of names) found = typeof found === "object" && found !== null ? Reflect.get(found, name) : undefined;
  return found;
}

/** Those that are so. */
export function faultsOf(list: Readonly<Record<string, boolean>>): readonly string[] {
  return Object.entries(list).flatMap(([what, isSo]) => (isSo ? [what] : []));
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A duration of an input, which is given in seconds or minutes; `otherwise` where it is not. */
export function durationOf(value: unknown, otherwise: number): number {
  const [, count, unit] = /^(\d+)([sm])$/u.exec(String(value)) ?? [];
  return count === undefined ? otherwise : Number(count) * (unit === "m" ? 60_000 : 1000);
}
