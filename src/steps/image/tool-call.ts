import type { ProgramNote } from "../../engine/step-notes.ts";
import { AppError, errorCode } from "../../platform/errors.ts";
import type { ProgramEnd, Programs } from "../../programs/program-order.ts";
import type { RunLog } from "../terraform/run-log.ts";
import { type ToolChoice, verifyTool } from "./tool-choice.ts";

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
  if (tool !== undefined) await verifyTool(tool);
  try {
    return await programs.run({
      program: tool?.path ?? program.name,
      args: [...(tool?.args ?? []), ...args],
      folder,
      env: { ...tool?.env, ...env },
      signal,
      keepBytes,
      onLine: (line, from) => {
        if (from === "stderr") log.add(line);
      },
    });
  } catch (error) {
    if (errorCode(error) !== "program.missing") throw error;
    const { name, atLeast, get } = program;
    const message = `The program "${tool?.path ?? name}" is not installed where this step is executed. Install ${name} ${atLeast} or newer: ${get}`;
    throw new AppError(message, { code: "program.missing", cause: error });
  }
}

/** How a program ended, and what it said last, for people. */
export function lastWords({ exitCode, endedBy, stderr }: ProgramEnd, log: Pick<RunLog, "masked">): string {
  const how = endedBy === undefined ? `it ended with ${exitCode ?? "no exit code"}` : `it was ended by ${endedBy}`;
  const lines = stderr.split("\n").map((line) => line.trim());
  const said = lines.findLast((line) => line !== "") ?? "";
  return said === "" ? `${how} and said nothing` : log.masked(said).slice(0, 600);
}

/** Whether it says that something could not be reached, which passes by itself. */
export function saysAway(text: string): boolean {
  return AWAY.test(text);
}

const AWAY = new RegExp(
  [
    "dial tcp",
    "connection refused",
    "connection reset",
    "no such host",
    "no route to host",
    "network is unreachable",
    "temporary failure in name resolution",
    "i/o timeout",
    "TLS handshake timeout",
    "context deadline exceeded",
    "Client\\.Timeout exceeded",
    "server misbehaving",
    "unexpected EOF",
    "TOOMANYREQUESTS",
    "(?:status code|StatusCode|status):? ?(?:429|50[0234])",
    "(?:429 Too Many Requests|500 Internal Server Error|502 Bad Gateway|503 Service Unavailable|504 Gateway Time-?out)",
  ].join("|"),
  "iu",
);
