import { join } from "node:path";

import { z } from "zod";

import { type ActionContext, defineAction, type StepKind, type StepResult } from "../../engine/step-kind.ts";
import { errorMessage } from "../../platform/errors.ts";
import { applyArguments } from "./apply-arguments.ts";
import { ApplyPreparation, applyRefusal, outdated, prepareApply } from "./apply-clearance.ts";
import { appliedText, ApplyWatch } from "./apply-watch.ts";
import { errorsText } from "./diagnostic-text.ts";
import { beforeEffect, call, initialise, type NotDone, type Session } from "./initialise.ts";
import { PlanSetup } from "./plan-setup.ts";
import { RunLog } from "../tools/run-log.ts";
import { SavedPlan, planStepId } from "./saved-plan.ts";
import { OUTPUTS, readOutputs, readStateIdentity, StateIdentity } from "./state-outputs.ts";
import { earlyEnd, isStale } from "./stopped-early.ts";
import type { CallEnd } from "./terraform-call.ts";
import type { TerraformDeps } from "./terraform-deps.ts";
import { PROGRAM_INPUT, workArguments, WORK_INPUT } from "./terraform-input.ts";
import { APPLY_NOTES } from "./terraform-notes.ts";
import { unsavedState } from "./unsaved-state.ts";
import { variableFiles } from "./variable-files.ts";
import { LOCK_FILE, type Place, readLockFile, withWorkbench, writePrivate } from "./workbench.ts";

const Input = z.strictObject({
  plan: SavedPlan.meta({ description: "The output `plan` of the plan step, as it is", whole: true }),
  app: z.string().optional().meta({
    description:
      "`server/namespace/name` of an application in whose environment it is, so that its rule for approvals counts",
  }),
  env: PROGRAM_INPUT.env,
  ...WORK_INPUT,
});
type Input = z.infer<typeof Input>;

const count = z.int().min(0);

const Output = z.strictObject({
  added: count,
  changed: count,
  destroyed: count,
  notes: z.array(z.string()).meta({ description: "What people are told of it" }),
  ...OUTPUTS,
  state: StateIdentity.meta({ description: "Which state it is, and how often it was written" }),
});
type Output = z.infer<typeof Output>;

const Counts = z.strictObject({ added: count, changed: count, destroyed: count });
type Counts = z.infer<typeof Counts>;

/** How far an execution has come with a plan: `idle` when it was given up before anything was done. */
const Checkpoint = z.discriminatedUnion("phase", [
  z.strictObject({ plan: z.string(), phase: z.enum(["applying", "idle"]) }),
  z.strictObject({ plan: z.string(), phase: z.literal("applied"), counts: Counts }),
]);
type Checkpoint = z.infer<typeof Checkpoint>;

/**
 * Applies exactly the plan that its step saved and people approved. It is told to stop with the signal that lets it save its state.
 * A plan that was begun is never applied a second time: its state has moved on, so it is planned and approved anew.
 */
export function terraformApply(deps: TerraformDeps): StepKind {
  const { preparation } = deps;
  return defineAction({
    kind: "terraform/apply",
    summary: "Applies a saved plan of Terraform or OpenTofu, exactly as it was approved.",
    input: Input,
    output: Output,
    notes: APPLY_NOTES,
    repeat: "ask",
    protects: true,
    prepare: preparation && ((input, context) => Promise.resolve(prepareApply(preparation, input.app, context))),
    run: (input, context) => apply(deps, input, context),
  });
}

async function apply(deps: TerraformDeps, input: Input, context: ActionContext): Promise<StepResult<Output>> {
  const { plan, env = {} } = input;
  const { rule } = ApplyPreparation.parse(context.prepared ?? {});
  const before = Checkpoint.safeParse(context.checkpointed).data;
  const own = before?.plan === plan.digest ? before : undefined;
  const refusal = applyRefusal({ plan, facts: context.facts, rule, isBegun: own?.phase === "applying" });
  if (refusal !== undefined) return refusal;
  const setup = await readSetup(plan, context);
  const secrets = [env, setup.backendConfig, setup.variables].flatMap(Object.values);
  const { name } = plan.folder;
  const wanted = { name, place: placeOf(plan), log: new RunLog(secrets) };
  const result = await withWorkbench(deps, context, wanted, async (bench): Promise<StepResult<Output>> => {
    if (bench.folder !== plan.folder.path) return otherFolder(plan, bench.folder);
    if (setup.lockFile !== undefined && (await readLockFile(bench)) === undefined) {
      await writePrivate(join(bench.cwd, LOCK_FILE), setup.lockFile);
    }
    const { program, workspace } = plan;
    const all = { ...env, ...setup.variables };
    const given = { variables: setup.values, "var-files": setup.varFiles };
    const files = await variableFiles(bench, given);
    const session = { deps, bench, program, workspace, log: wanted.log, env: all, files, context };
    const notReady = await initialise(session, setup.backendConfig);
    if (notReady !== undefined) return notReady;
    const applied = own?.phase === "applied" ? own.counts : await applyIn(session, input, context);
    return "status" in applied ? applied : await outputsOf(session, applied);
  });
  return withoutSecrets(result, wanted.log);
}

/** What the plan was made with is known here alone: the process that executes this step need not have made the plan. */
function withoutSecrets(result: StepResult<Output>, log: Pick<RunLog, "masked">): StepResult<Output> {
  if (result.status !== "succeeded") return log.masked(result);
  const { secrets, ...shown } = result.output;
  return { ...result, output: { ...log.masked(shown), secrets } };
}

async function readSetup({ setup }: SavedPlan, { artifacts }: ActionContext): Promise<PlanSetup> {
  return PlanSetup.parse(JSON.parse(Buffer.from(await artifacts.read(setup)).toString("utf8")));
}

function placeOf({ source, path }: SavedPlan): Place {
  return source === undefined ? { kind: "local", path } : { kind: "git", source, path };
}

function otherFolder(plan: SavedPlan, folder: string): NotDone {
  const message =
    `The plan was made in ${plan.folder.path}, and here it would be applied in ${folder}: a plan holds absolute paths. ` +
    "Give all workers the same folder to work in (QUARTERDECK_WORK), and run it again";
  return { status: "failed", failure: { code: "terraform.other-folder", message, retry: "never" } };
}

/** Applies the plan; what it did, or how the step goes on instead. */
async function applyIn(session: Session, input: Input, context: ActionContext): Promise<Counts | NotDone> {
  const { plan } = input;
  // Read as late as possible, so that what is applied is what the digest is of.
  const file = await writePrivate(
    join(session.bench.folder, "plan.tfplan"),
    await context.artifacts.read(plan.artifact),
  );
  const watch = new ApplyWatch(plan);
  await note(context, { plan: plan.digest, phase: "applying" });
  const args = [
    "apply",
    "-input=false",
    "-no-color",
    "-json",
    ...workArguments(input),
    ...applyArguments(session, plan),
    file,
  ];
  context.progress(watch.progress());
  let end: CallEnd;
  try {
    end = await call(session, args, { noise: "ignored", onMessage: (message) => watch.see(message) });
  } catch (error) {
    if (!watch.hasBegun) throw error;
    const unsaved = await unsavedState(session, context);
    if (unsaved !== undefined) return unsaved;
    return partial({ plan, watch, why: `it was stopped: ${errorMessage(error)}` });
  }
  const counts = end.exitCode === 0 ? countsOf(end) : undefined;
  if (counts !== undefined) {
    await note(context, { plan: plan.digest, phase: "applied", counts });
    return counts;
  }
  const unsaved = await unsavedState(session, context);
  if (unsaved !== undefined) return unsaved;
  if (isStale(end.bad)) return outdated({ plan, facts: context.facts }, STALE);
  if (watch.hasBegun) return partial({ plan, watch, why: errorsText(end.bad.diagnostics, reasonOf(end)) });
  const early = earlyEnd(end.bad, `${plan.program} apply for ${plan.directory}`);
  if (early.kind !== "failed") await note(context, { plan: plan.digest, phase: "idle" });
  return beforeEffect(early);
}

const STALE = "the state was changed by something else after the plan was made";

async function note(context: ActionContext, checkpoint: Checkpoint): Promise<void> {
  await context.checkpoint(checkpoint);
}

function countsOf({ messages }: CallEnd): Counts | undefined {
  for (const message of messages) {
    if (message.type !== "change_summary" || message.changes.operation === "plan") continue;
    const { add, change, remove } = message.changes;
    return { added: add, changed: change, destroyed: remove };
  }
  return undefined;
}

function reasonOf({ exitCode, bad }: CallEnd): string {
  if (exitCode === 0) return "it ended without its summary";
  return bad.lastWords === "" ? `it ended with ${exitCode ?? bad.endedBy ?? "no exit code"}` : bad.lastWords;
}

function partial({
  plan,
  watch,
  why,
}: {
  readonly plan: SavedPlan;
  readonly watch: ApplyWatch;
  readonly why: string;
}): NotDone {
  const applied = watch.applied();
  const message = `Only a part of the plan for ${plan.directory} was applied: ${appliedText(applied)}. ${why}. Retry the run: it is planned and approved anew`;
  const details = {
    done: cut(applied.done),
    failed: cut(applied.failed),
    unfinished: cut(applied.unfinished),
    notBegun: cut(applied.notBegun),
    anew: planStepId(plan),
  };
  return { status: "failed", failure: { code: "terraform.partial-apply", message, retry: "never", details } };
}

function cut(names: readonly string[]): string[] {
  return names.slice(0, 100);
}

/** What the configuration puts out now. The plan is applied by then, so nothing here is a reason to apply it again. */
async function outputsOf(session: Session, counts: Counts): Promise<StepResult<Output>> {
  session.context.progress({ text: "Reading outputs" });
  const outputs = await readOutputs(session);
  const state = await readStateIdentity(session);
  if (outputs.kind === "read" && state.kind === "read") {
    const notes = [`${counts.added} added, ${counts.changed} changed, ${counts.destroyed} destroyed`];
    return { status: "succeeded", output: { ...counts, notes, ...outputs.value, state: state.value } };
  }
  const end = outputs.kind === "not" ? outputs.end : state.kind === "not" ? state.end : undefined;
  if (end !== undefined && end.kind !== "failed") return beforeEffect(end);
  const why = end === undefined ? "" : `: ${end.failure.message}`;
  const message = `The plan was applied, but what it puts out could not be read${why}. Retry the run: it is planned anew, which finds nothing left to do`;
  return { status: "failed", failure: { code: "terraform.outputs-unread", message, retry: "never" } };
}
