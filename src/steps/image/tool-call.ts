import type { ProgramNote } from "../../engine/step-notes.ts";
import type { ProgramEnd, Programs } from "../../programs/program-order.ts";
import { endText } from "../tools/end-text.ts";
import { runInstalled } from "../tools/run-installed.ts";
import type { RunLog } from "../tools/run-log.ts";
import { awayTexts } from "../tools/says-away.ts";
import { verifyProgram } from "../tools/verify-program.ts";
import type { ToolChoice } from "./tool-choice.ts";

export interface ToolCall {
  readonly program: ProgramNote;
  /** What the configuration says of it. */
  readonly tool: ToolChoice | undefined;
  readonly args: readonly string[];
  /** Where it works, and all that it has of this machine. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Gets what it says of what it does: its standard error. */
  readonly log: RunLog;
  /** The most that is read of its standard output. */
  readonly keepBytes: number;
}

/**
 * Runs a program whose standard output is its result. Throws `program.missing`, saying how to get it, `program.altered`, and the
 * signal's reason.
 */
export async function callTool(programs: Programs, call: ToolCall): Promise<ProgramEnd> {
  const { program, tool, args, folder, env, signal, log, keepBytes } = call;
  if (tool !== undefined) await verifyProgram(tool);
  const { name, atLeast, get } = program;
  const order = {
    program: tool?.path ?? name,
    args: [...(tool?.args ?? []), ...args],
    folder,
    env: { ...tool?.env, ...env },
    signal,
    keepBytes,
    onLine: (line: string, from: "stdout" | "stderr") => {
      if (from === "stderr") log.add(line);
    },
  };
  return await runInstalled(programs, order, `Install ${name} ${atLeast} or newer: ${get}`);
}

/** How a program ended, and what it said last, for people. */
export function lastWords(end: ProgramEnd, log: Pick<RunLog, "masked">): string {
  const lines = end.stderr.split("\n").map((line) => line.trim());
  const said = lines.findLast((line) => line !== "") ?? "";
  return said === "" ? `${endText(end)} and said nothing` : log.masked(said).slice(0, 600);
}

/** Whether it says that something could not be reached, which passes by itself. */
export const saysAway = awayTexts([
  "unexpected EOF",
  "TOOMANYREQUESTS",
  "(?:status code|StatusCode|status):? ?500",
  "500 Internal Server Error",
]);
