/** Something that must never happen, and has. */
export interface Violation {
  /** The name of the check that found it. */
  readonly check: string;
  /** One sentence for a person: what, where. */
  readonly what: string;
  /** The run that it is about; empty when it is about none. */
  readonly run: string;
  /** The rows of the log and the acts in the worlds that show it, one a line. */
  readonly proof: readonly string[];
  /** True time at which it was noticed. */
  readonly seenAt: number;
}

export interface Finding {
  readonly check: string;
  readonly what: string;
  readonly run?: string | undefined;
  readonly proof?: readonly string[] | undefined;
}

/** Takes findings, each of them once. */
export type Report = (finding: Finding) => void;

/** A violation as it is printed. */
export function violationText({ check, what, run, proof }: Violation): string {
  const about = run === "" ? "" : ` (${run})`;
  return [`${check}: ${what}${about}`, ...proof.map((line) => `    ${line}`)].join("\n");
}
