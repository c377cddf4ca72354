import { z } from "zod";

import { type ActionContext, defineAction, type StepKind, type StepResult } from "../../engine/step-kind.ts";
import { gitFolderFaults } from "../written-faults.ts";
import { folderName, placeOf, prepareDirectory } from "./directory-source.ts";
import { beforeEffect, initialise } from "./initialise.ts";
import { variablesEnv } from "./plan-setup.ts";
import { RunLog } from "../tools/run-log.ts";
import { OUTPUTS, readOutputs, readStateIdentity, StateIdentity } from "./state-outputs.ts";
import type { TerraformDeps } from "./terraform-deps.ts";
import { EARLY_VARIABLES_INPUT, STATE_INPUT } from "./terraform-input.ts";
import { OUTPUT_NOTES } from "./terraform-notes.ts";
import { variableFiles } from "./variable-files.ts";
import { withWorkbench } from "./workbench.ts";

const Input = z.strictObject({ ...STATE_INPUT, ...EARLY_VARIABLES_INPUT });
type Input = z.infer<typeof Input>;

const Output = z.strictObject({
  ...OUTPUTS,
  state: StateIdentity.meta({ description: "Which state it is, and how often it was written" }),
});
type Output = z.infer<typeof Output>;

/** Reads the outputs of a configuration from its state. */
export function terraformOutput(deps: TerraformDeps): StepKind {
  const { preparation } = deps;
  return defineAction({
    kind: "terraform/output",
    summary: "Reads the outputs of a Terraform or OpenTofu configuration; sensitive ones stay secret.",
    input: Input,
    output: Output,
    givenFaults: gitFolderFaults("directory"),
    notes: OUTPUT_NOTES,
    repeat: "safe",
    prepare: preparation && ((input, context) => prepareDirectory(preparation, input.directory, context)),
    run: (input, context) => output(deps, input, context),
  });
}

async function output(deps: TerraformDeps, input: Input, context: ActionContext): Promise<StepResult<Output>> {
  const { directory, workspace = "default", program = "terraform", env = {} } = input;
  const { "backend-config": backend = {}, "secret-variables": secrets = {} } = input;
  const wanted = {
    name: folderName(directory, { workspace, run: context.effect.run }),
    place: placeOf(directory, context.prepared),
    log: new RunLog([env, backend, secrets].flatMap(Object.values)),
  };
  return await withWorkbench(deps, context, wanted, async (bench) => {
    const all = { ...env, ...variablesEnv(secrets) };
    const files = await variableFiles(bench, input);
    const session = { deps, bench, program, workspace, log: wanted.log, env: all, files, context };
    const notReady = await initialise(session, backend);
    if (notReady !== undefined) return notReady;
    context.progress({ text: "Reading outputs" });
    const outputs = await readOutputs(session);
    if (outputs.kind === "not") return beforeEffect(outputs.end);
    const state = await readStateIdentity(session);
    if (state.kind === "not") return beforeEffect(state.end);
    return { status: "succeeded", output: { ...outputs.value, state: state.value } };
  });
}
