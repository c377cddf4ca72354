import { createHash } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { type Ended, parseArguments, type ProgramCall, type SimulatedProgram } from "./program-stage.ts";
import { type Application, type Change, type MadePlan, type TerraformState } from "./terraform-state.ts";
import { TerraformVoice } from "./terraform-voice.ts";

interface World {
  readonly state: TerraformState;
  readonly isTroubled: () => boolean;
}

/** Terraform as it is seen from outside, for one configuration and one workspace. */
export function terraformProgram(world: World): SimulatedProgram {
  return async (call) => {
    const [command = "", ...args] = call.order.args;
    // What was not initialised in this folder is not worked with.
    const marker = join(call.env["TF_DATA_DIR"] ?? "", "ready");
    if (command === "init") return await init(world, call, { args, marker });
    if ((await stat(marker).catch(() => undefined)) === undefined)
      return { exitCode: 1, stderr: 'Error: Backend initialization required, please run "terraform init"' };
    switch (command) {
      case "plan":
        return await plan(world, call, args);
      case "apply":
        return await apply(world, call, args);
      case "output":
        parseArguments(args, { flags: ["no-color", "json"] });
        return await read(world, call, outputsText(world.state));
      case "state":
        if (args.join(" ") !== "pull -no-color")
          throw new RangeError(`nobody expects terraform state ${args.join(" ")}`);
        return await read(world, call, stateText(world.state));
      default:
        throw new RangeError(`nobody expects terraform ${command}`);
    }
  };
}

async function init(
  { isTroubled }: World,
  call: ProgramCall,
  { args, marker }: { readonly args: readonly string[]; readonly marker: string },
): Promise<Ended> {
  parseArguments(args, { flags: ["no-color", "json"], joined: ["input", "lockfile", "backend-config"] });
  const voice = voiceOf(call);
  voice.output("Initializing the backend...", "initializing_backend_message");
  await call.pass(100, 2000);
  if (isTroubled() && call.dice.chance(0.08)) return away(voice);
  await writeFile(marker, "");
  voice.output("Terraform has been successfully initialized!", "output_init_success_message");
  return { exitCode: 0 };
}

async function plan(world: World, call: ProgramCall, args: readonly string[]): Promise<Ended> {
  const { state, isTroubled } = world;
  const { options } = parseArguments(args, {
    flags: ["no-color", "json", "detailed-exitcode", "destroy", "refresh-only"],
    joined: ["input", "out", "lock-timeout", "parallelism", "var-file"],
  });
  const voice = voiceOf(call);
  if (!(await locked(world, call, { operation: "OperationTypePlan", options }))) return held(voice, state);
  try {
    for (const address of state.resources.keys()) {
      voice.refresh(address);
      await call.pass(50, 1500);
      if (call.isTold) return interrupted(voice);
      if (isTroubled() && call.dice.chance(0.03)) return refused(voice, call);
    }
    await call.pass(50, 1500);
    const made = state.plan(call.now(), options.has("destroy"));
    for (const change of made.changes) voice.planned(change);
    voice.summary(made.changes, "plan");
    const file = fileOf(made, call);
    state.files.set(createHash("sha256").update(file).digest("hex"), made);
    await writeFile(options.get("out") ?? "", file);
    return { exitCode: options.has("detailed-exitcode") && made.changes.length > 0 ? 2 : 0 };
  } finally {
    unlock(state, call);
  }
}

/** A plan holds all variables, as the real one does. */
function fileOf(made: MadePlan, call: ProgramCall): string {
  return JSON.stringify({ plan: made.id, secret: call.env["TF_VAR_token"] ?? "" });
}

async function apply(world: World, call: ProgramCall, args: readonly string[]): Promise<Ended> {
  const { state } = world;
  const { words, options } = parseArguments(args, {
    flags: ["no-color", "json"],
    joined: ["input", "lock-timeout", "parallelism"],
  });
  const voice = voiceOf(call);
  const made = state.plans.get(String(JSON.parse(await readFile(words[0] ?? "", "utf8")).plan));
  if (made === undefined) throw new TypeError("a plan that nobody has made");
  if (!(await locked(world, call, { operation: "OperationTypeApply", options }))) return held(voice, state);
  try {
    await call.pass(20, 500);
    if (made.serial !== state.serial || made.lineage !== state.lineage) {
      voice.error(
        "Saved plan is stale",
        "The given plan file can no longer be applied because the state was changed by another operation after the plan was created.",
      );
      return { exitCode: 1 };
    }
    for (const change of made.changes) voice.planned(change);
    const entry: Application = { plan: made, at: call.now(), serial: state.serial, effects: [], isDone: false };
    state.applications.push(entry);
    return await carryOut({ world, call, voice, entry });
  } finally {
    unlock(state, call);
  }
}

interface Work {
  readonly world: World;
  readonly call: ProgramCall;
  readonly voice: TerraformVoice;
  readonly entry: Application;
}

async function carryOut({ world, call, voice, entry }: Work): Promise<Ended> {
  const { state, isTroubled } = world;
  const now = new Map(state.resources);
  const failed: string[] = [];
  let isSaved = false;
  try {
    for (const change of entry.plan.changes) {
      if (call.isTold) break;
      for (const part of partsOf(change)) {
        voice.apply(change.address, part, "start");
        await call.pass(200, 12_000);
        if (isTroubled() && call.dice.chance(0.1)) {
          voice.apply(change.address, part, "errored");
          failed.push(change.address);
          break;
        }
        entry.effects.push(`${part} ${change.address}`);
        if (part === "delete") now.delete(change.address);
        else now.set(change.address, change.value);
        voice.apply(change.address, part, "complete");
      }
    }
    state.persist(now);
    isSaved = true;
  } finally {
    // Whoever is killed may have written by then what there was.
    if (!isSaved && call.dice.chance(0.5)) state.persist(now);
  }
  if (call.isTold) return interrupted(voice);
  if (failed.length > 0) return refused(voice, call);
  entry.isDone = true;
  voice.summary(entry.plan.changes, "apply");
  await call.pass(10, 300);
  return { exitCode: 0 };
}

function partsOf({ action }: Change): readonly ("create" | "update" | "delete")[] {
  return action === "replace" ? ["delete", "create"] : [action];
}

async function read({ isTroubled }: World, call: ProgramCall, text: string): Promise<Ended> {
  await call.pass(50, 1500);
  if (isTroubled() && call.dice.chance(0.08))
    return { exitCode: 1, stderr: `Error: Failed to read state: Get "https://state.test": ${REFUSED}` };
  return { exitCode: 0, stdout: text };
}

async function locked(
  { state }: World,
  call: ProgramCall,
  { operation, options }: { readonly operation: string; readonly options: ReadonlyMap<string, string> },
): Promise<boolean> {
  const until = call.now() + Number.parseInt(options.get("lock-timeout") ?? "0", 10) * 1000;
  await call.pass(20, 800);
  while (!state.takeLock({ operation: `${operation} ${call.dice.hex(2)}`, at: call.now() })) {
    if (call.now() >= until || call.isTold) return false;
    await call.pass(1000, 1000);
  }
  OWNERS.set(call, state.lock?.id ?? "");
  return true;
}

const OWNERS = new WeakMap<ProgramCall, string>();

/** One that is killed leaves its lock behind, which somebody has to lift. */
function unlock(state: TerraformState, call: ProgramCall): void {
  if (state.lock?.id === OWNERS.get(call) && !call.isKilled) state.lock = undefined;
}

const REFUSED = "dial tcp 192.0.2.7:443: connect: connection refused";

function away(voice: TerraformVoice): Ended {
  voice.error("Error refreshing state", `Get "https://state.test/ship": ${REFUSED}`);
  return { exitCode: 1 };
}

/** A provider that is careless with what it was given. */
function refused(voice: TerraformVoice, call: ProgramCall): Ended {
  const token = call.env["TF_VAR_token"] ?? "";
  voice.error("Error calling the cloud", `POST https://cloud.test/v1 (Authorization: Bearer ${token}): quota exceeded`);
  return { exitCode: 1 };
}

function interrupted(voice: TerraformVoice): Ended {
  voice.error("execution halted", "Terraform was told to stop.");
  return { exitCode: 1 };
}

function held(voice: TerraformVoice, { lock }: TerraformState): Ended {
  const about = [
    "Lock Info:",
    `  ID:        ${lock?.id ?? ""}`,
    `  Operation: ${(lock?.operation ?? "").split(" ")[0] ?? ""}`,
    `  Who:       ${lock?.who ?? ""}`,
    `  Created:   ${new Date(lock?.at ?? 0).toISOString()}`,
  ];
  voice.error("Error acquiring the state lock", `Error message: the state is locked\n${about.join("\n")}`);
  return { exitCode: 1 };
}

function voiceOf(call: ProgramCall): TerraformVoice {
  return new TerraformVoice((line) => call.print(line), call.now);
}

function outputsText({ resources, password }: TerraformState): string {
  const nodes = [...resources.keys()].filter((address) => address.startsWith("cloud_node."));
  const hosts = Object.fromEntries(nodes.map((address) => [address.slice("cloud_node.".length), {}]));
  return JSON.stringify({
    hosts: { sensitive: false, type: "dynamic", value: hosts },
    password: { sensitive: true, type: "string", value: password },
  });
}

function stateText({ lineage, serial, resources, password }: TerraformState): string {
  return JSON.stringify({ version: 4, serial, lineage, resources: [...resources], password });
}
