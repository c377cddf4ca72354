import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";

import type { StandInCall } from "../stand-in.ts";
import { type Change, addressOf, World } from "./changes.ts";
import type { SavedPlan } from "./saved-plan-file.ts";
import { type Made, type State, writeState } from "./state-file.ts";
import { VERSION, type Voice } from "./voice.ts";

interface Applying {
  readonly call: StandInCall;
  readonly voice: Voice;
  readonly plan: SavedPlan;
  readonly stateFile: string;
}

const WORDS = { create: "Creation", update: "Modifications", delete: "Destruction" } as const;
const BEGUN = { create: "Creating", update: "Modifying", delete: "Destroying" } as const;
type Doing = keyof typeof WORDS;

/** Does what a plan says, one resource after another; the state is written after each. Resolves with the exit code. */
export async function apply(applying: Applying, before: State): Promise<number> {
  const { voice, plan, stateFile, call } = applying;
  const planned = new World({ ...plan, state: before }).changes(plan.isDestroy);
  let state = before;
  const counts = { add: 0, change: 0, remove: 0 };
  for (const change of planned.filter(({ action }) => action !== "noop")) {
    if (call.signal.aborted) {
      voice.error("execution halted", "The operation was interrupted; the state has what was done until then.");
      return 1;
    }
    for (const doing of doingsOf(change)) {
      const done = await applyOne(applying, { state, change, doing });
      state = await writeState(stateFile, done.state, VERSION);
      if (done.error !== undefined) {
        voice.error("local-exec provisioner error", done.error);
        return 1;
      }
      counts[COUNTED[doing]] += 1;
    }
  }
  const outputs = new World({ ...plan, state }).outputs();
  const kept = plan.isDestroy ? [] : Object.entries(outputs);
  const next = {
    ...state,
    outputs: Object.fromEntries(kept.map(([name, { value, sensitive }]) => [name, { value, sensitive }])),
  };
  if (JSON.stringify(next.outputs) !== JSON.stringify(state.outputs)) await writeState(stateFile, next, VERSION);
  const { add, change, remove } = counts;
  voice.tell("change_summary", `Apply complete! Resources: ${add} added, ${change} changed, ${remove} destroyed.`, {
    changes: { add, change, import: 0, remove, operation: "apply" },
  });
  const shown = kept.map(([name, { sensitive }]) => [name, { sensitive }]);
  voice.tell("outputs", `Outputs: ${kept.length}`, { outputs: Object.fromEntries(shown) });
  return 0;
}

const COUNTED = { create: "add", update: "change", delete: "remove" } as const;

function doingsOf({ action }: Change): readonly Doing[] {
  if (action === "replace") return ["delete", "create"];
  return action === "noop" ? [] : [action];
}

interface One {
  readonly state: State;
  readonly change: Change;
  readonly doing: Doing;
}

async function applyOne(
  applying: Applying,
  { state, change, doing }: One,
): Promise<{ readonly state: State; readonly error?: string }> {
  const { voice, call, plan } = applying;
  const startedAt = call.clock.monotonic();
  voice.hook("apply_start", change, { text: `${BEGUN[doing]}...`, members: { action: doing } });
  const others = state.made.filter((made) => addressOf(made) !== change.address);
  const before = state.made.find((made) => addressOf(made) === change.address);
  const made = doing === "delete" ? undefined : madeBy(new World({ ...plan, state }), change, before);
  const error = doing === "create" ? await provision(applying, { change, state }) : undefined;
  const elapsed = Math.round((call.clock.monotonic() - startedAt) / 1000);
  const members = { action: doing, elapsed_seconds: elapsed };
  const isTainted = error !== undefined;
  const next = { ...state, made: made === undefined ? others : [...others, { ...made, isTainted }] };
  if (error !== undefined) {
    voice.hook("apply_errored", change, { text: `${WORDS[doing]} errored after ${elapsed}s`, members });
    return { state: next, error };
  }
  voice.hook("apply_complete", change, { text: `${WORDS[doing]} complete after ${elapsed}s`, members });
  return { state: next };
}

function madeBy(world: World, { name, key }: Change, before: Made | undefined): Made {
  const { input, triggers } = world.resource(name, key);
  const id = before?.id ?? randomUUID();
  return { name, key, id, input: input.value, output: input.value, triggers: triggers.value, isTainted: false };
}

/** Runs the commands that belong to the making of a resource; what went wrong, if anything. */
async function provision(
  { plan, call, voice }: Applying,
  { change, state }: Pick<One, "change" | "state">,
): Promise<string | undefined> {
  const world = new World({ ...plan, state });
  const commands = plan.configuration.resource.terraform_data[change.name]?.provisioner ?? [];
  for (const { "local-exec": exec } of commands) {
    const members = { provisioner: "local-exec" };
    voice.hook("provision_start", change, { text: "Provisioning with 'local-exec'...", members });
    const command = world.text(exec.command, change);
    const more = Object.entries(exec.environment).map(([name, value]) => [name, world.text(value, change)]);
    const onLine = (output: string): void => {
      voice.hook("provision_progress", change, { text: `(local-exec): ${output}`, members: { ...members, output } });
    };
    const code = await runShell(call, { command, env: Object.fromEntries(more), onLine });
    if (code !== 0) return `Error running command '${command}': exit status ${code}.`;
    voice.hook("provision_complete", change, { text: "(local-exec) Provisioning complete", members });
  }
  return undefined;
}

async function runShell(
  { env, folder }: StandInCall,
  order: { readonly command: string; readonly env: Record<string, string>; readonly onLine: (line: string) => void },
): Promise<number> {
  const child = spawn("/bin/sh", ["-c", order.command], {
    cwd: folder,
    env: { ...env, ...order.env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  createInterface({ input: child.stdout }).on("line", order.onLine);
  return await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
}
