import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

import { z } from "zod";

import { durationOf, optionOf, say, type StandIn, type StandInCall } from "../stand-in.ts";
import { apply } from "./apply.ts";
import { addressOf, type Change, World } from "./changes.ts";
import { readConfiguration, readVariables } from "./configuration.ts";
import { typeOf } from "./expression.ts";
import { readPlan, writePlan } from "./saved-plan-file.ts";
import { lockState, readState, StateLocked } from "./state-file.ts";
import { MARK, NAME, VERSION, Voice } from "./voice.ts";

const BackendFile = z.looseObject({ backend: z.looseObject({ config: z.looseObject({ path: z.string() }) }) });

/** Plans and applies `terraform_data` of configurations in JSON, with a state in a file. */
export const terraform: StandIn = {
  name: NAME,
  async run(call) {
    const voice = new Voice(call);
    const [command = ""] = call.args;
    const isJson = call.args.includes("-json");
    try {
      return await runCommand(call, voice, command);
    } catch (error) {
      const summary = error instanceof StateLocked ? error.message : "Failed";
      const detail = error instanceof StateLocked ? lockText(error) : String(error);
      if (isJson && command !== "output") voice.error(summary, detail);
      else say(NAME, call.err, `Error: ${summary}\n${detail}`);
      return 1;
    }
  },
};

async function runCommand(call: StandInCall, voice: Voice, command: string): Promise<number> {
  switch (command) {
    case "version":
      return version(call);
    case "init":
      return await init(call, voice);
    case "plan":
      return await plan(call, voice);
    case "apply":
      return await applyPlan(call, voice);
    case "output":
      return await output(call);
    case "state":
      return await pullState(call);
    default:
      throw new Error(`this stand-in has no command ${JSON.stringify(command)}`);
  }
}

function version({ args, out }: StandInCall): number {
  if (args.includes("-json")) out(`${JSON.stringify({ terraform_version: VERSION, stand_in: MARK })}\n`);
  else out(`Terraform v${VERSION} ${MARK}\n`);
  return 0;
}

async function init(call: StandInCall, voice: Voice): Promise<number> {
  voice.version();
  const { terraform: settings } = await readConfiguration(call.folder);
  const file = optionOf(call.args, "-backend-config");
  const given = file === undefined ? {} : z.looseObject({ path: z.string().optional() }).parse(await jsonOf(file));
  if (settings.backend !== undefined) {
    const path = given.path ?? settings.backend.local.path ?? "terraform.tfstate";
    const folder = dataFolder(call);
    await mkdir(folder, { recursive: true });
    const backend = { type: "local", config: { path, workspace_dir: null } };
    const text = JSON.stringify({ version: 3, terraform_version: VERSION, stand_in: MARK, backend });
    await writeFile(join(folder, "terraform.tfstate"), text);
  }
  voice.tell("init_output", "Terraform has been successfully initialized!", {
    message_code: "output_init_success_message",
  });
  return 0;
}

async function plan(call: StandInCall, voice: Voice): Promise<number> {
  voice.version();
  const configuration = await readConfiguration(call.folder);
  const files = call.args.filter((arg) => arg.startsWith("-var-file=")).map((arg) => arg.slice("-var-file=".length));
  const variables = await readVariables(configuration, { files, env: call.env });
  const stateFile = await stateFileOf(call);
  await using held = new AsyncDisposableStack();
  held.use(await locked(call, { stateFile, operation: "OperationTypePlan" }));
  const state = await readState(stateFile);
  for (const { name, key, id } of state.made) {
    const change: Change = { address: addressOf({ name, key }), name, key, action: "noop" };
    voice.hook("refresh_start", change, {
      text: `Refreshing state... [id=${id}]`,
      members: { id_key: "id", id_value: id },
    });
  }
  const isDestroy = call.args.includes("-destroy");
  const world = new World({ configuration, variables, state });
  const changes = call.args.includes("-refresh-only") ? [] : world.changes(isDestroy);
  const work = changes.filter(({ action }) => action !== "noop");
  for (const change of work) voice.change(change);
  const [add, change, remove] = [
    count(work, ["create", "replace"]),
    count(work, ["update"]),
    count(work, ["delete", "replace"]),
  ];
  voice.tell("change_summary", `Plan: ${add} to add, ${change} to change, ${remove} to destroy.`, {
    changes: { add, change, import: 0, remove, operation: "plan" },
  });
  const outputs = world.outputChanges(isDestroy);
  voice.tell("outputs", `Outputs: ${Object.keys(outputs).length}`, { outputs });
  const out = optionOf(call.args, "-out");
  const { lineage, serial } = state;
  if (out !== undefined) await writePlan(out, { state: { lineage, serial }, isDestroy, configuration, variables });
  const isChange = work.length > 0 || Object.values(outputs).some(({ action }) => action !== "noop");
  return isChange && call.args.includes("-detailed-exitcode") ? 2 : 0;
}

function count(changes: readonly Change[], actions: readonly Change["action"][]): number {
  return changes.filter(({ action }) => actions.includes(action)).length;
}

async function applyPlan(call: StandInCall, voice: Voice): Promise<number> {
  voice.version();
  const saved = await readPlan(call.args.at(-1) ?? "");
  const stateFile = await stateFileOf(call);
  await using held = new AsyncDisposableStack();
  held.use(await locked(call, { stateFile, operation: "OperationTypeApply" }));
  const state = await readState(stateFile);
  const isFirst = saved.state.serial === 0 && state.serial === 0;
  if (!isFirst && (state.lineage !== saved.state.lineage || state.serial !== saved.state.serial)) {
    const why = "the state was changed by another operation after the plan was created.";
    voice.error("Saved plan is stale", `The given plan file can no longer be applied because ${why}`);
    return 1;
  }
  return await apply({ call, voice, plan: saved, stateFile }, { ...state, lineage: saved.state.lineage });
}

async function output(call: StandInCall): Promise<number> {
  const { outputs } = await readState(await stateFileOf(call));
  const shown = Object.entries(outputs).map(([name, { value, sensitive }]) => [
    name,
    { sensitive, type: typeOf(value), value, stand_in: MARK },
  ]);
  call.out(`${JSON.stringify(Object.fromEntries(shown), null, 2)}\n`);
  return 0;
}

async function pullState(call: StandInCall): Promise<number> {
  if (call.args[1] !== "pull") throw new Error(`this stand-in has no command "state ${call.args[1] ?? ""}"`);
  const text = await readFile(await stateFileOf(call), "utf8").catch(() => "");
  if (text !== "") call.out(`${JSON.stringify({ ...z.looseObject({}).parse(JSON.parse(text)), stand_in: MARK })}\n`);
  return 0;
}

function dataFolder({ env, folder }: StandInCall): string {
  return resolve(folder, env["TF_DATA_DIR"] ?? ".terraform");
}

/** Where the backend keeps the state of the workspace. */
async function stateFileOf(call: StandInCall): Promise<string> {
  const file = join(dataFolder(call), "terraform.tfstate");
  const known = BackendFile.safeParse(await jsonOf(file).catch(() => undefined)).data;
  const path = resolve(call.folder, known?.backend.config.path ?? "terraform.tfstate");
  const workspace = call.env["TF_WORKSPACE"] ?? "default";
  return workspace === "default" ? path : join(dirname(path), "terraform.tfstate.d", workspace, "terraform.tfstate");
}

async function locked(
  { args, clock }: StandInCall,
  { stateFile, operation }: { readonly stateFile: string; readonly operation: string },
): Promise<AsyncDisposable> {
  const waitMs = durationOf(optionOf(args, "-lock-timeout") ?? "0s");
  return await lockState(stateFile, { operation, waitMs, clock });
}

function lockText({ lock }: StateLocked): string {
  const fields = Object.entries(lock).map(([name, value]) => `  ${name}: ${String(value)}`);
  return ["the state is locked", "Lock Info:", ...fields].join("\n");
}

async function jsonOf(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, "utf8"));
}
