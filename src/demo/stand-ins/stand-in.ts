import type { Clock } from "../../platform/clock.ts";

/** How a stand-in was called, and where what it says goes. */
export interface StandInCall {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
  readonly clock: Clock;
  /** Aborted when it is told to stop. */
  readonly signal: AbortSignal;
  /** Writes to standard output, as it is. */
  readonly out: (text: string) => void;
  /** Writes to standard error, as it is. */
  readonly err: (text: string) => void;
}

/** A program that is played where the real one is not installed: it understands what the steps ask of it, and computes its answers. */
export interface StandIn {
  readonly name: string;
  /** Resolves with the exit code. */
  run(call: StandInCall): Promise<number>;
}

/** What stands on each line that a stand-in prints, and in the messages of what it prints as JSON. */
export function markOf(name: string): string {
  return `[stand-in for ${name}]`;
}

/** Says something to people, on lines that each say who it is. */
export function say(name: string, write: (text: string) => void, text: string): void {
  for (const line of text.split("\n")) write(`${markOf(name)} ${line}\n`);
}

/** The value of `--name=value`; undefined where it was not given. */
export function optionOf(args: readonly string[], name: string): string | undefined {
  return args.find((argument) => argument.startsWith(`${name}=`))?.slice(name.length + 1);
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** `20s` in milliseconds. */
export function durationOf(text: string): number {
  const [, number = "0", unit = "s"] = /^(\d+)([smh])$/u.exec(text) ?? [];
  return Number(number) * (UNITS_MS[unit] ?? 1000);
}
