import type { Progress } from "../../domain/outcome.ts";
import { AppError } from "../../platform/errors.ts";
import type { ProgramEnd, Programs, StopRule } from "../../programs/program-order.ts";
import { runInstalled } from "../tools/run-installed.ts";
import { diagnosticText } from "./diagnostic-text.ts";
import type { RunLog } from "../tools/run-log.ts";
import type { EndedBadly } from "./stopped-early.ts";
import { parseStreamLine, type StreamMessage, unreadable } from "./stream-message.ts";
import type { Program } from "./terraform-input.ts";

/** It saves the state of what it has done by then; a second signal, or none, would lose it. */
export const STOP: StopRule = { signal: "SIGINT", graceMs: 10 * 60_000 };

export interface Call {
  readonly program: Program;
  /** The first is the subcommand. */
  readonly args: readonly string[];
  /** Where the configuration stands. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly log: RunLog;
  /** What lines are no messages: an error, or something to be passed over. */
  readonly noise: "refused" | "ignored";
  readonly onMessage?: ((message: StreamMessage) => Progress | undefined) | undefined;
  readonly progress?: ((progress: Progress) => void) | undefined;
}

/** How a call ended, with what its stream said. */
export interface CallEnd {
  readonly messages: readonly StreamMessage[];
  readonly exitCode: number | undefined;
  readonly bad: EndedBadly;
  /** What was wrong with a line of the stream, where it has to be as it should be. */
  readonly damage: AppError | undefined;
}

/**
 * Runs a subcommand with `-json` and reads its stream. Throws `program.missing`, and the signal's reason when it was stopped, after it
 * has saved its state; `onMessage` has got everything by then.
 */
export async function callTerraform(programs: Programs, call: Call): Promise<CallEnd> {
  const messages: StreamMessage[] = [];
  const words: string[] = [];
  let damage: AppError | undefined;
  const read = (line: string): void => {
    const parsed = parseStreamLine(line);
    if (parsed.kind === "text") {
      if (parsed.text.trim() === "") return;
      words.push(parsed.text);
      call.log.add(parsed.text);
      if (call.noise === "refused") throw unreadable(`it printed ${JSON.stringify(line.slice(0, 100))}`);
      return;
    }
    // OpenTofu sets its sentences apart with empty lines.
    const said = logText(parsed).trim();
    if (said !== "") call.log.add(said);
    if (parsed.kind === "other") return;
    if (!PASSING.has(parsed.message.type)) messages.push(parsed.message);
    const news = call.onMessage?.(parsed.message);
    if (news !== undefined) call.progress?.(call.log.masked(news));
  };
  const end = await runProgram(programs, call, (line, from) => {
    if (from === "stderr") {
      if (line.trim() !== "") words.push(line);
      call.log.add(line);
      return;
    }
    try {
      read(line);
    } catch (error) {
      damage ??= error instanceof AppError ? error : unreadable(String(error));
    }
  });
  const diagnostics = messages.flatMap((message) => (message.type === "diagnostic" ? [message.diagnostic] : []));
  const { exitCode, endedBy } = end;
  const lastWords = call.log.masked(words.slice(-3).join(" ").slice(-400));
  return { messages, exitCode, damage, bad: { diagnostics, lastWords, exitCode, endedBy } };
}

// They come by the thousand, and decide nothing once they were shown.
const PASSING: ReadonlySet<StreamMessage["type"]> = new Set(["refresh_start", "apply_progress"]);

/** Runs a subcommand whose output is one text; nothing of it is logged, because it may hold secrets. */
export async function readTerraform(
  programs: Programs,
  call: Pick<Call, "program" | "args" | "cwd" | "env" | "signal">,
): Promise<ProgramEnd> {
  return await runProgram(programs, call, undefined);
}

// The state of thousands of resources is some megabytes.
const KEPT_BYTES = 64 * 1024 * 1024;

async function runProgram(
  programs: Programs,
  call: Pick<Call, "program" | "args" | "cwd" | "env" | "signal">,
  onLine: ((line: string, from: "stdout" | "stderr") => void) | undefined,
): Promise<ProgramEnd> {
  const { program, args, cwd, env, signal } = call;
  const keepBytes = onLine === undefined ? KEPT_BYTES : 0;
  const order = { program, args, folder: cwd, env, signal, stop: STOP, onLine, keepBytes };
  return await runInstalled(programs, order, GET[program]);
}

/** Where the programs are had. */
export const GET: Readonly<Record<Program, string>> = {
  terraform: "Install Terraform 1.9 or newer: https://developer.hashicorp.com/terraform/install",
  tofu: "Install OpenTofu 1.9 or newer: https://opentofu.org/docs/intro/install",
};

function logText(parsed: Exclude<ReturnType<typeof parseStreamLine>, { kind: "text" }>): string {
  if (parsed.kind === "message" && parsed.message.type === "diagnostic") {
    const { severity } = parsed.message.diagnostic;
    return `${severity === "error" ? "Error" : "Warning"}: ${diagnosticText(parsed.message.diagnostic)}`;
  }
  return parsed.text;
}
