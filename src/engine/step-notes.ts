import type { RetryClass } from "../domain/outcome.ts";
import type { StopRule } from "../programs/program-order.ts";

/** A program that a step kind runs. */
export interface ProgramNote {
  readonly name: string;
  /** The oldest version that will do, such as `1.5`. */
  readonly atLeast: string;
  /** The versions with which its tests were run. */
  readonly tried?: readonly string[] | undefined;
  /** Where it is had, for whoever reads that it is missing. */
  readonly get: string;
}

/** What people read about a step kind, beside its summary and its schemas: its page in the reference is made from it. */
export interface StepNotes {
  /** Every code with which the kind itself ends, with what it means and whether a retry may help. */
  readonly failures: Readonly<Record<string, { readonly retry: RetryClass; readonly meaning: string }>>;
  /** The files that it leaves, by name. */
  readonly artifacts?: Readonly<Record<string, string>> | undefined;
  readonly programs?: readonly ProgramNote[] | undefined;
  /** The input that names which one of `programs` is run, the first unless it does; any of them will do where this is absent. */
  readonly programInput?: string | undefined;
  /** How what it runs is told to end; SIGTERM and one second where it is absent. */
  readonly stop?: StopRule | undefined;
  /** A step of a command file, as YAML, that the loader takes as it is. */
  readonly example: string;
}
