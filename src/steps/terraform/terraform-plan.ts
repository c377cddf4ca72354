import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import { Artifact } from "../../domain/artifact.ts";
import { type ActionContext, defineAction, type StepKind, type StepResult } from "../../engine/step-kind.ts";
import { gitFolderFaults } from "../written-faults.ts";
import { directoryText, folderName, placeOf, prepareDirectory } from "./directory-source.ts";
import { beforeEffect, call, initialise, type Session } from "./initialise.ts";
import { PLAN_NOTES } from "./terraform-notes.ts";
import { planReport } from "./plan-report.ts";
import { type PlanSetup, variablesEnv } from "./plan-setup.ts";
import { countsText, planSummary, type PlanSummary } from "./plan-summary.ts";
import { RunLog } from "../tools/run-log.ts";
import { SavedPlan, sealPlan } from "./saved-plan.ts";
import { earlyEnd } from "./stopped-early.ts";
import type { StreamMessage } from "./stream-message.ts";
import type { TerraformDeps } from "./terraform-deps.ts";
import { STATE_INPUT, VARIABLES_INPUT, workArguments, WORK_INPUT } from "./terraform-input.ts";
import { fileArguments, variableFiles } from "./variable-files.ts";
import { hasProviders, type Place, readLockFile, withWorkbench } from "./workbench.ts";

const Input = z.strictObject({
  ...STATE_INPUT,
  ...VARIABLES_INPUT,
  ...WORK_INPUT,
  destroy: z.boolean().optional().meta({ description: "Plans to destroy everything" }),
  "refresh-only": z
    .boolean()
    .optional()
    .meta({ description: "Plans only to take over into the state what was changed outside of it" }),
});
type Input = z.infer<typeof Input>;

const Output = z.strictObject({
  plan: SavedPlan.meta({ description: "For `approval` and `terraform/apply`, passed on whole" }),
  changed: z.boolean().meta({ description: "False when there is nothing to do" }),
  notes: z.array(z.string()).meta({ description: "What people are told of it" }),
  report: Artifact.meta({ description: "The same with every resource, as a text; for `slack/file`" }),
});
type Output = z.infer<typeof Output>;

/** Makes a plan and saves it: what is approved is that plan, and what is applied is that plan. It changes nothing. */
export function terraformPlan(deps: TerraformDeps): StepKind {
  const { preparation } = deps;
  return defineAction({
    kind: "terraform/plan",
    summary: "Plans what Terraform or OpenTofu would change, and saves the plan.",
    input: Input,
    output: Output,
    givenFaults: gitFolderFaults("directory"),
    notes: PLAN_NOTES,
    repeat: "safe",
    prepare: preparation && ((input, context) => prepareDirectory(preparation, input.directory, context)),
    run: (input, context) => plan(deps, input, context),
  });
}

async function plan(deps: TerraformDeps, input: Input, context: ActionContext): Promise<StepResult<Output>> {
  const { directory, workspace = "default", program = "terraform", env = {} } = input;
  const name = folderName(directory, { workspace, run: context.effect.run });
  const place = placeOf(directory, context.prepared);
  const secrets = [env, input["backend-config"] ?? {}, input["secret-variables"] ?? {}].flatMap(Object.values);
  const wanted = { name, place, log: new RunLog(secrets) };
  return await withWorkbench(deps, context, wanted, async (bench) => {
    const all = { ...env, ...variablesEnv(input["secret-variables"] ?? {}) };
    const files = await variableFiles(bench, input);
    const session = { deps, bench, program, workspace, log: wanted.log, env: all, files, context };
    return await planIn(session, { input, context, name, place });
  });
}

interface Planning {
  readonly input: Input;
  readonly context: ActionContext;
  readonly name: string;
  readonly place: Place;
}

async function planIn(session: Session, planning: Planning): Promise<StepResult<Output>> {
  const { bench, program, context } = session;
  const { input } = planning;
  const hadLockFile = (await readLockFile(bench)) !== undefined;
  const args = planArguments(session, input);
  const notReady = await initialise(session, input["backend-config"] ?? {});
  if (notReady !== undefined) return notReady;
  context.progress({ text: "Planning" });
  const end = await call(session, args, { noise: "refused", onMessage: lookingText() });
  const { exitCode } = end;
  if (exitCode !== 0 && exitCode !== 2) {
    return beforeEffect(earlyEnd(end.bad, `${program} plan for ${directoryText(input.directory)}`));
  }
  if (end.damage !== undefined) throw end.damage;
  const { isChange, ...read } = planSummary({ messages: end.messages, exitCode });
  const own = hadLockFile || !(await hasProviders(bench)) ? [] : [NO_LOCK_FILE];
  const summary = { ...read, warnings: [...own, ...read.warnings] };
  const saved = await save(session, planning, { summary, version: versionOf(end.messages) });
  const note = isChange ? countsText(summary) : "nothing to do";
  const report = await planning.context.artifacts.put({
    name: "plan.txt",
    mediaType: "text/plain; charset=utf-8",
    content: Buffer.from(planReport(saved)),
  });
  return { status: "succeeded", output: { plan: saved, changed: isChange, notes: [note], report } };
}

const NO_LOCK_FILE =
  "The configuration has no lock file (.terraform.lock.hcl) in Git, so another plan may use other versions of its providers.";
const PLAN_FILE = "plan.tfplan";

function planArguments({ bench, files }: Session, input: Input): readonly string[] {
  return [
    "plan",
    "-input=false",
    "-no-color",
    "-json",
    "-detailed-exitcode",
    `-out=${join(bench.folder, PLAN_FILE)}`,
    ...workArguments(input),
    ...(input.destroy === true ? ["-destroy"] : []),
    ...(input["refresh-only"] === true ? ["-refresh-only"] : []),
    ...fileArguments(files),
  ];
}

function lookingText(): (message: StreamMessage) => { text: string } | undefined {
  let looked = 0;
  return (message) => {
    if (message.type !== "refresh_start") return undefined;
    looked += 1;
    return { text: `Looking at what is there: ${looked}, ${message.hook.resource.addr}` };
  };
}

async function save(
  { bench, program, workspace, log }: Session,
  { input, context, name, place }: Planning,
  made: { readonly summary: PlanSummary; readonly version: string },
): Promise<SavedPlan> {
  const { artifacts, effect, masked = (value) => value } = context;
  const setup: PlanSetup = {
    backendConfig: input["backend-config"] ?? {},
    variables: { ...variablesEnv(input.variables ?? {}), ...variablesEnv(input["secret-variables"] ?? {}) },
    lockFile: await readLockFile(bench),
    ...(program === "tofu" && { values: input.variables, varFiles: input["var-files"] }),
  };
  const [artifact, setupArtifact] = [
    await artifacts.put({
      name: PLAN_FILE,
      mediaType: "application/octet-stream",
      sealed: true,
      content: await readFile(join(bench.folder, PLAN_FILE)),
    }),
    await artifacts.put({
      name: "plan-setup.json",
      mediaType: "application/json",
      sealed: true,
      content: Buffer.from(JSON.stringify(setup)),
    }),
  ];
  const parts = {
    step: effect.path,
    artifact,
    ...(place.kind === "git" && { source: place.source }),
    setup: setupArtifact,
    program,
    version: made.version,
    directory: directoryText(input.directory),
    path: place.path,
    workspace,
    folder: { name, path: bench.folder },
    ...made.summary,
  };
  // Before it gets its digest: a secret may stand in a warning, and in the address of a resource.
  return sealPlan(masked(log.masked(parts)));
}

function versionOf(messages: readonly StreamMessage[]): string {
  const version = messages.find((message) => message.type === "version");
  return version?.terraform ?? version?.tofu ?? "unknown";
}
