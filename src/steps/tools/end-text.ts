import type { ProgramEnd } from "../../programs/program-order.ts";

/** How a program ended, for people: `it ended with 1`, `it was ended by SIGKILL`. */
export function endText({ exitCode, endedBy }: Pick<ProgramEnd, "exitCode" | "endedBy">): string {
  return endedBy === undefined ? `it ended with ${exitCode ?? "no exit code"}` : `it was ended by ${endedBy}`;
}
