import type { KindOrigin } from "../../engine/kind-origin.ts";
import type { StepKind } from "../../engine/step-kind.ts";
import type { Clock } from "../../platform/clock.ts";
import { durationText } from "../../platform/duration.ts";
import { errorMessage } from "../../platform/errors.ts";
import { timeLimit } from "../../platform/time-limit.ts";
import { BUILTIN } from "../builtin-steps.ts";
import { IDLE_DEPS } from "../idle-deps.ts";
import { withNetwork } from "../steps-of.ts";
import { findPlugin, type FoundPlugin } from "./find-plugin.ts";
import { importFault } from "./import-fault.ts";
import { type LoadedPlugin, madeKinds, exportedSteps } from "./plugin-kinds.ts";
import { pluginDigest } from "./plugin-files.ts";
import { PluginModules } from "./plugin-modules.ts";
import { type Claim, claimFaults } from "./kind-claims.ts";
import { pluginFault } from "./plugin-fault.ts";

interface Wanted {
  /** Folders and packages, as they are named. */
  readonly steps: readonly string[];
  /** The folder from which they are named. */
  readonly from: string;
  readonly clock: Pick<Clock, "setTimer">;
}

/** What was loaded, and what is wrong with the rest. */
export interface LoadedPlugins {
  readonly plugins: readonly LoadedPlugin[];
  /** `index` counts in the list of names. */
  readonly faults: readonly { readonly index: number; readonly message: string }[];
}

const LOAD_LIMIT_MS = 30_000;

/** Loads plug-ins, one after the other: their code is executed in this process. Never throws for what is wrong in one. */
export async function loadPlugins({ steps, from, clock }: Wanted): Promise<LoadedPlugins> {
  const claims: Claim[] = [];
  const faults: { index: number; message: string }[] = [];
  for (const [index, named] of steps.entries()) {
    try {
      const { plugin, kinds, mistakes } = await loadPlugin(await findPlugin(named, from), { from, clock });
      claims.push({ index, plugin, kinds });
      for (const mistake of mistakes) faults.push({ index, message: `${plugin.origin.name}: ${mistake}` });
    } catch (error) {
      faults.push({ index, message: errorMessage(error) });
    }
  }
  const own = BUILTIN.make(withNetwork(IDLE_DEPS));
  const all = [...faults, ...claimFaults(claims, own)];
  const isGood = ({ index }: Claim): boolean => all.every((fault) => fault.index !== index);
  return { plugins: claims.filter(isGood).map(({ plugin }) => plugin), faults: all };
}

/** The names of those of which the files are not what they were when they were loaded. */
export async function changedPlugins(plugins: readonly LoadedPlugin[]): Promise<readonly string[]> {
  const changed: string[] = [];
  for (const { root, modules, origin } of plugins) {
    const digest = await pluginDigest(root, modules).catch(() => undefined);
    if (digest !== origin.digest) changed.push(origin.name);
  }
  return changed;
}

async function loadPlugin(
  found: FoundPlugin,
  { from, clock }: Pick<Wanted, "from" | "clock">,
): Promise<{
  readonly plugin: LoadedPlugin;
  readonly kinds: readonly StepKind[];
  readonly mistakes: readonly string[];
}> {
  const { named, root, name, version } = found;
  // Before anything of it is executed.
  await pluginDigest(root, []);
  const { exports, files } = await imported(found, { from, clock });
  const digest = await pluginDigest(root, files);
  const origin: KindOrigin = { name, version, digest };
  const exported = exportedSteps(exports);
  if ("fault" in exported) throw pluginFault(`${named}: ${exported.fault}`);
  const { kinds, faults } = madeKinds(exported.steps, withNetwork(IDLE_DEPS));
  const make: LoadedPlugin["make"] = (deps) => exported.steps.map((factory) => marked(factory(deps), origin));
  const plugin = { named, root, origin, modules: files, kinds: kinds.map(({ kind }) => kind), make };
  return { plugin, kinds, mistakes: faults };
}

function marked(kind: StepKind, origin: KindOrigin): StepKind {
  return { ...kind, origin };
}

async function imported(
  { named, root, entry }: FoundPlugin,
  { from, clock }: Pick<Wanted, "from" | "clock">,
): Promise<Awaited<ReturnType<PluginModules["load"]>>> {
  using limit = timeLimit(clock, LOAD_LIMIT_MS);
  const over = new Promise<never>((_, reject) => {
    const message = `${named} is not loaded after ${durationText(LOAD_LIMIT_MS)}. Await nothing at the top of its modules`;
    limit.signal.addEventListener("abort", () => reject(pluginFault(message)), { once: true });
  });
  try {
    return await Promise.race([PluginModules.ofProcess().load({ root, entry, from }), over]);
  } catch (error) {
    throw importFault(error, { named, root });
  }
}
