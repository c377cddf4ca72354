import { join } from "node:path";

import type { StepContext, StepResult } from "../../engine/step-kind.ts";
import type { RunLog } from "../tools/run-log.ts";
import { type EarlyEnd, earlyEnd } from "./stopped-early.ts";
import { type Call, type CallEnd, callTerraform } from "./terraform-call.ts";
import type { TerraformDeps } from "./terraform-deps.ts";
import type { Program } from "./terraform-input.ts";
import { earlyArguments } from "./variable-files.ts";
import { isStateLost, readLockFile, type Workbench, writePrivate } from "./workbench.ts";

/** What all calls of one step have in common. */
export interface Session {
  readonly deps: TerraformDeps;
  readonly bench: Workbench;
  readonly program: Program;
  /** As the state and people name it. */
  readonly workspace: string;
  readonly log: RunLog;
  /** Credentials and variables. */
  readonly env: Readonly<Record<string, string>>;
  /** Of variables. */
  readonly files: readonly string[];
  readonly context: Pick<StepContext, "signal" | "progress">;
}

export type NotDone = Exclude<StepResult<never>, { status: "succeeded" }>;

// How soon it is tried again when the state is locked, or something that is needed is away.
const AGAIN_MS = { locked: 15_000, unreachable: 20_000 } as const;

/** How a step goes on that ended early before it changed anything: what passes by itself puts it off. */
export function beforeEffect(end: EarlyEnd): NotDone {
  if (end.kind === "failed") return { status: "failed", failure: end.failure };
  return { status: "postponed", code: end.code, message: end.message, afterMs: AGAIN_MS[end.kind] };
}

/** Runs a subcommand with `-json` in the session. */
export async function call(
  session: Session,
  args: readonly string[],
  more: Pick<Call, "noise" | "onMessage">,
): Promise<CallEnd> {
  const { deps, bench, program, log, context } = session;
  return await callTerraform(deps.programs, {
    ...more,
    program,
    args,
    cwd: bench.cwd,
    env: environmentOf(session),
    signal: context.signal,
    log,
    progress: (progress) => context.progress(progress),
  });
}

/** The environment of every call of a session. */
export function environmentOf({ deps, bench, workspace, env }: Session): Readonly<Record<string, string>> {
  const { pluginCache, cliConfig } = deps.terraform ?? {};
  return {
    ...env,
    HOME: bench.folder,
    TF_DATA_DIR: join(bench.folder, "data"),
    TF_IN_AUTOMATION: "1",
    TF_INPUT: "0",
    TF_WORKSPACE: workspace,
    CHECKPOINT_DISABLE: "1",
    ...(pluginCache !== undefined && { TF_PLUGIN_CACHE_DIR: pluginCache }),
    ...(cliConfig !== undefined && { TF_CLI_CONFIG_FILE: cliConfig }),
  };
}

/**
 * Makes the configuration ready: backend, modules and providers. A lock file is respected and never changed. Undefined when it is
 * ready; otherwise how the step goes on, and nothing was changed.
 */
export async function initialise(
  session: Session,
  backendConfig: Readonly<Record<string, string>>,
): Promise<NotDone | undefined> {
  const { deps, bench, program, context } = session;
  context.progress({ text: `Preparing ${program}` });
  const args = ["init", "-input=false", "-no-color", "-json"];
  if ((await readLockFile(bench)) !== undefined) args.push("-lockfile=readonly");
  if (Object.keys(backendConfig).length > 0) {
    const file = join(bench.folder, "backend.tfbackend.json");
    args.push(`-backend-config=${await writePrivate(file, JSON.stringify(backendConfig))}`);
  }
  args.push(...earlyArguments(session));
  const run = (): Promise<CallEnd> => call(session, args, { noise: "ignored" });
  const pluginCache = deps.terraform?.pluginCache;
  // Two of them at once damage the cache.
  const end =
    pluginCache === undefined
      ? await run()
      : await deps.folders.use({ name: `plugin-cache ${pluginCache}`, signal: context.signal }, run);
  if (end.exitCode !== 0) return beforeEffect(earlyEnd(end.bad, `${program} init`));
  if (!(await isStateLost(bench))) return undefined;
  const message =
    "The configuration keeps its state in a file beside it, which is lost when the step ends: everything would be made anew each time. " +
    "Give it a backend that others can reach, or a path outside with backend-config";
  return { status: "failed", failure: { code: "terraform.state-lost", message, retry: "never" } };
}
