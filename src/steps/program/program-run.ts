import { repositoryFaults } from "../written-faults.ts";
import { parseProgram, programFaults, refuseOption, refuseVariable } from "./program-faults.ts";
import { z } from "zod";

import type { ExportFolder } from "../../engine/folder-export.ts";
import { SecretText } from "../../engine/secret-text.ts";
import {
  type ActionContext,
  defineAction,
  type StepContext,
  type StepKind,
  type StepResult,
} from "../../engine/step-kind.ts";
import { unpackArchive } from "../../programs/unpack-archive.ts";
import type { Clock } from "../../platform/clock.ts";
import { errorText } from "../../platform/errors.ts";
import { emptyFolder } from "../../programs/empty-folder.ts";
import { ProgramLog } from "../../programs/program-log.ts";
import type { ProgramEnd, Programs } from "../../programs/program-order.ts";
import type { WorkFolders } from "../../programs/work-folders.ts";
import { verifyProgram } from "../tools/verify-program.ts";
import { type AllowedProgram, PreparedProgram } from "./allowed-program.ts";
import { PROGRAM_NOTES } from "./program-notes.ts";

const Directory = z.strictObject({
  repository: z.string().meta({ description: "Address of the repository" }),
  revision: z
    .string()
    .regex(/^[0-9a-f]{40}$/u, "a full commit of 40 hexadecimal digits")
    .meta({ description: "The full commit" }),
  path: z.string().default("").meta({ description: "From the root of the repository, which it is unless said" }),
});

const Input = z.strictObject({
  program: z.string().meta({ description: "Its name under `programs` in the configuration" }),
  args: z.array(z.string()).default([]).meta({ description: "Arguments, one by one; no shell sees them" }),
  env: z
    .record(z.string(), SecretText)
    .default({})
    .meta({ description: "Variables that the configuration lets steps set" }),
  stdin: SecretText.optional().meta({ description: "What it reads from its standard input" }),
  directory: Directory.optional().meta({
    description: "A folder from Git in which it runs; an empty folder unless said",
  }),
  "success-codes": z
    .array(z.int().min(0).max(255))
    .min(1)
    .default([0])
    .meta({ description: "The exit codes that are a success" }),
});
type Input = z.infer<typeof Input>;

const Output = z.strictObject({
  text: z.string().meta({ description: "What it printed to its standard output, or the end of it: at most 16 KiB" }),
  exitCode: z.int(),
});
type Output = z.infer<typeof Output>;

export interface ProgramRunDeps {
  readonly programs: Programs;
  readonly folders: WorkFolders;
  readonly clock: Pick<Clock, "monotonic">;
  /** What only the server has; a worker gets what comes of it with the job. */
  readonly preparation: ProgramPreparation | undefined;
}

export interface ProgramPreparation {
  /** As the configuration has it now; undefined for a name that it does not have. */
  readonly allowedProgram: (name: string) => AllowedProgram | undefined;
  readonly exportFolder: ExportFolder;
}

/** Written down before the program is started. */
const Began = z.strictObject({ attempt: z.int() });

const MOST_TEXT_BYTES = 16 * 1024;
const TELL_EVERY_MS = 250;

/** Runs a program that the configuration allows, in a folder of its own and an environment that holds nothing of ours. */
export function programRun(deps: ProgramRunDeps): StepKind {
  const { preparation } = deps;
  return defineAction({
    kind: "program/run",
    summary: "Runs a program that the configuration allows.",
    input: Input,
    output: Output,
    givenFaults: (given) => [
      ...(preparation === undefined ? [] : programFaults(given, preparation.allowedProgram)),
      ...repositoryFaults(given, ["directory", "repository"]),
    ],
    notes: PROGRAM_NOTES,
    // Which programs must not be repeated the configuration says; of those it says itself whether they were begun.
    repeat: "keyed",
    isAwaited: (prepared) => PreparedProgram.safeParse(prepared).data?.program.repeat === "ask",
    prepare: preparation && ((input, context) => prepare(preparation, input, context)),
    run: (input, context) => run(deps, input, context),
  });
}

async function prepare(
  { allowedProgram, exportFolder }: ProgramPreparation,
  input: Input,
  { signal }: StepContext,
): Promise<PreparedProgram> {
  const program = parseProgram(allowedProgram, input.program);
  refuseInput(program, input);
  const { directory } = input;
  if (directory === undefined) return { program };
  return { program, source: await exportFolder({ ...directory, signal }) };
}

function refuseInput(program: AllowedProgram, input: Input): void {
  for (const argument of input.args) refuseOption(input.program, program, argument);
  for (const name of Object.keys(input.env)) refuseVariable(input.program, program, name);
}

async function run(deps: ProgramRunDeps, input: Input, context: ActionContext): Promise<StepResult<Output>> {
  const prepared = PreparedProgram.parse(context.prepared);
  const { effect, signal, checkpointed } = context;
  const began = Began.safeParse(checkpointed).data;
  if (prepared.program.repeat === "ask" && began?.attempt === effect.attempt) return interrupted(input);
  const name = `program ${effect.run} ${effect.path}`;
  return await deps.folders.use({ name, signal }, async (folder) => {
    const log = new ProgramLog();
    try {
      await emptyFolder(folder);
      if (prepared.source !== undefined) await unpackArchive(await context.artifacts.read(prepared.source), folder);
      await verifyProgram(prepared.program);
      const end = await execute(deps, { input, context, prepared, folder, log });
      return judged(end, { input, log });
    } finally {
      await emptyFolder(folder);
      await leave(log, context);
    }
  });
}

interface Execution {
  readonly input: Input;
  readonly context: ActionContext;
  readonly prepared: PreparedProgram;
  readonly folder: string;
  readonly log: ProgramLog;
}

async function execute({ programs, clock }: ProgramRunDeps, execution: Execution): Promise<ProgramEnd> {
  const { input, context, prepared, folder, log } = execution;
  const { path, args, env } = prepared.program;
  await context.checkpoint({ attempt: context.effect.attempt });
  let toldAt = Number.NEGATIVE_INFINITY;
  return await programs.run({
    program: path,
    args: [...args, ...input.args],
    folder,
    env: { ...env, ...input.env },
    input: input.stdin,
    signal: context.signal,
    keepBytes: MOST_TEXT_BYTES,
    onLine: (line) => {
      log.add(line);
      const now = clock.monotonic();
      if (now - toldAt < TELL_EVERY_MS) return;
      toldAt = now;
      context.progress({ text: `Running ${input.program}`, lines: log.lastLines });
    },
  });
}

function judged(end: ProgramEnd, { input, log }: Pick<Execution, "input" | "log">): StepResult<Output> {
  const { exitCode, endedBy, stdout } = end;
  if (exitCode !== undefined && input["success-codes"].includes(exitCode)) {
    return { status: "succeeded", output: { text: stdout.trimEnd(), exitCode } };
  }
  const last = log.lastLines.at(-1);
  const said = last === undefined ? "It printed nothing." : `It said last: ${last}`;
  const details = { lines: [...log.lastLines], ...(exitCode !== undefined && { exitCode }) };
  if (exitCode === undefined) {
    const message = `${input.program} was ended by ${endedBy ?? "a signal"} of somebody else. ${said}`;
    return { status: "failed", failure: { code: "program.killed", message, retry: "never", details } };
  }
  const message = `${input.program} ended with ${exitCode}. ${said}`;
  return { status: "failed", failure: { code: "program.failed", message, retry: "backoff", details } };
}

function interrupted({ program }: Input): StepResult<Output> {
  const message = `${program} was cut short by a crash, and the configuration does not say that it is safe to repeat. Look how far it came; a person decides whether it is tried again.`;
  return { status: "failed", failure: { code: "step.interrupted", message, retry: "never" } };
}

/** What it printed matters most where it failed; that it could not be kept is no reason to fail. */
async function leave(log: ProgramLog, context: ActionContext): Promise<void> {
  if (log.isEmpty) return;
  try {
    await context.artifacts.put({ name: "log", mediaType: "text/plain; charset=utf-8", content: log.content() });
  } catch (error) {
    context.progress({ text: `What the program printed could not be kept: ${errorText(error)}` });
  }
}
