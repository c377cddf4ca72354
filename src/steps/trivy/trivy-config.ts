import { mkdir, realpath } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import { Artifact } from "../../domain/artifact.ts";
import type { ExportFolder } from "../../engine/folder-export.ts";
import { type ActionContext, defineAction, type StepKind, type StepResult } from "../../engine/step-kind.ts";
import { unpackArchive } from "../../programs/unpack-archive.ts";
import { AppError } from "../../platform/errors.ts";
import { CheckResult } from "../image/check-result.ts";
import { folderText, GitFolder } from "../image/git-folder.ts";
import { withOwnFolder } from "../image/own-folder.ts";
import { chosenTool, ToolChoice, type ToolDeps } from "../image/tool-choice.ts";
import { RunLog } from "../tools/run-log.ts";
import {
  DEFAULT_TIMEOUT_MS,
  expiredEntries,
  judgeFindings,
  SCAN_INPUT,
  SCAN_OUTPUT,
  tooMany,
} from "./judge-findings.ts";
import { gitFolderFaults } from "../written-faults.ts";
import { scan } from "./trivy-call.ts";
import { CONFIG_NOTES } from "./trivy-notes.ts";
import { misconfigurationsOf, type TrivyReport, unreadable } from "./trivy-report.ts";

const Input = z.strictObject({
  directory: GitFolder.meta({ description: "What is looked at, in Git" }),
  ...SCAN_INPUT,
  database: z
    .strictObject({
      offline: z.boolean().optional().meta({ description: "Uses the checks that are there already, and asks nobody" }),
      "checks-repository": z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,300}$/u)
        .optional()
        .meta({ description: "A mirror of the checks" }),
    })
    .optional(),
});
type Input = z.infer<typeof Input>;

const Output = z.strictObject({
  ...SCAN_OUTPUT,
  /** How many checks were made. */
  checks: z.int(),
  report: Artifact,
  /** For the `checks` of an approval. */
  check: CheckResult,
});
type Output = z.infer<typeof Output>;

const Prepared = z.strictObject({ tool: ToolChoice.optional(), source: Artifact.optional() });

/** Looks for mistakes in a folder of manifests, Dockerfiles and Terraform configurations. */
export function trivyConfig(deps: ToolDeps): StepKind {
  const { preparation } = deps;
  return defineAction({
    kind: "trivy/config",
    summary: "Looks for mistakes in manifests, Dockerfiles and Terraform configurations of a folder from Git.",
    input: Input,
    output: Output,
    givenFaults: gitFolderFaults("directory"),
    notes: CONFIG_NOTES,
    repeat: "safe",
    prepare:
      preparation &&
      (async (input, { signal }) => ({
        ...chosenTool(preparation, "trivy"),
        source: await exported(preparation.exportFolder, input, signal),
      })),
    run: (input, context) => run(deps, input, context),
  });
}

function exported(exportFolder: ExportFolder, { directory }: Input, signal: AbortSignal): Promise<Artifact> {
  return exportFolder({ ...directory, signal });
}

async function run(deps: ToolDeps, input: Input, context: ActionContext): Promise<StepResult<Output>> {
  const expiry = expiredEntries(input.ignore, deps.clock.now());
  if (expiry !== undefined) return { status: "failed", failure: expiry };
  const log = new RunLog([]);
  const wanted = { kind: "trivy/config", log };
  return await withOwnFolder(deps.folders, context, wanted, (folder) =>
    scanFolder(deps, { input, context, folder, log }),
  );
}

interface Work {
  readonly input: Input;
  readonly context: ActionContext;
  readonly folder: string;
  readonly log: RunLog;
}

async function scanFolder(deps: ToolDeps, { input, context, folder, log }: Work): Promise<StepResult<Output>> {
  const name = folderText(input.directory);
  const { tool, source } = Prepared.parse(context.prepared ?? {});
  if (source === undefined) throw new TypeError("the folder from Git did not come with the job");
  const files = await unpacked(await context.artifacts.read(source), folder);
  context.progress({ text: `Looking at ${name}` });
  const { report, file } = await scan(
    deps,
    {
      what: name,
      args: ["config", files],
      tool,
      database: input.database ?? {},
      timeoutMs: input["give-up-after"] ?? DEFAULT_TIMEOUT_MS,
      folder,
      env: {},
      log,
    },
    context,
  );
  const checks = checksMade(report, name);
  const judged = judgeFindings(misconfigurationsOf(report), input);
  context.progress({ text: `${name}: ${judged.text}` });
  const failure = tooMany(name, judged);
  if (failure !== undefined) return { status: "failed", failure };
  const { counts, ignored, worst, text } = judged;
  const check = { name: `trivy/config ${name}`.slice(0, 200), result: `${text}, of ${checks} checks`.slice(0, 500) };
  return { status: "succeeded", output: { counts, ignored, worst, checks, report: file, check } };
}

async function unpacked(content: Uint8Array, folder: string): Promise<string> {
  // Beside the working folder, in which the program looks for settings of its own.
  const files = join(await realpath(folder), "files");
  await mkdir(files, { mode: 0o700 });
  await unpackArchive(content, files);
  return files;
}

function checksMade(report: TrivyReport, name: string): number {
  if (report.ArtifactType === "container_image") throw unreadable("it is about an image");
  const summaries = report.Results.map(({ MisconfSummary }) => MisconfSummary);
  const checks = summaries.reduce((sum, one) => sum + (one?.Successes ?? 0) + (one?.Failures ?? 0), 0);
  if (checks > 0) return checks;
  const message = `Trivy found nothing in ${name} that it has checks for, so nothing is known about it. Name a folder with manifests, Dockerfiles or Terraform configurations`;
  throw new AppError(message, { code: "trivy.nothing-scanned" });
}
