import { createHash } from "node:crypto";
import { basename } from "node:path";

import { z } from "zod";

import type { Command } from "../commands/command.ts";
import { type Applicable, applicableConfiguration } from "../config/applicable-configuration.ts";
import type { Configuration } from "../config/configuration.ts";
import { configurationChanges } from "../config/configuration-changes.ts";
import type { Environment } from "../config/environment.ts";
import { digestOf } from "../platform/canonical-json.ts";
import { changedPlugins } from "../steps/plugins/load-plugins.ts";
import type { LoadedPlugin } from "../steps/plugins/plugin-kinds.ts";
import { loadFiles, usableCommands } from "./load-files.ts";

const Digests = z.record(z.string(), z.string());

/**
 * SHA-256 of everything that says how the program behaves: of the file, of what each of its sections comes to, of each command file, of
 * each plug-in.
 */
export const SettingsDigests = z.object({
  configuration: z.string(),
  sections: Digests,
  commands: Digests,
  /** The plug-ins that the process has loaded, each with its version; absent in logs from before there were any. */
  steps: Digests.optional(),
});
export type SettingsDigests = z.infer<typeof SettingsDigests>;

/** The configuration and the commands as they were read together. */
export interface Settings {
  readonly configuration: Configuration;
  readonly commands: readonly Command[];
  readonly digests: SettingsDigests;
  /** The step kinds of one's own, as this process has loaded them; none where it is absent. */
  readonly plugins?: readonly LoadedPlugin[] | undefined;
  /** The plug-ins whose files are others by now. */
  readonly newerPlugins?: readonly string[] | undefined;
}

/**
 * Reads both as a whole, with the plug-ins that this process has `loaded` before, if it has. Throws what is wrong: `configuration.*`,
 * `commands.*`.
 */
export async function loadSettings(environment: Environment, loaded?: readonly LoadedPlugin[]): Promise<Settings> {
  const files = await loadFiles(environment, { plugins: loaded });
  const { configuration, texts, plugins } = files;
  const digests = {
    configuration: textDigest(texts.configuration),
    sections: Object.fromEntries(Object.entries(configuration).map(([section, value]) => [section, digestOf(value)])),
    commands: Object.fromEntries(texts.commands.map(({ file, text }) => [basename(file), textDigest(text)])),
    ...(plugins.length > 0 && { steps: pluginDigests(plugins) }),
  };
  const newerPlugins = loaded === undefined ? [] : await changedPlugins(loaded);
  return { configuration, commands: usableCommands(files), digests, plugins, newerPlugins };
}

function pluginDigests(plugins: readonly LoadedPlugin[]): z.infer<typeof Digests> {
  return Object.fromEntries(
    plugins.map(({ origin: { name, version, digest } }) => [name, version === "" ? digest : `${version} ${digest}`]),
  );
}

/**
 * The settings that count now. Whoever needs one asks for it each time, or is told when they are replaced; what is copied
 * anywhere stays as it was.
 */
export class LiveSettings {
  readonly #running: Configuration;
  readonly #plugins: readonly LoadedPlugin[];
  readonly #listeners: (() => void)[] = [];
  #settings: Settings;
  #applicable: Applicable;

  constructor(settings: Settings) {
    this.#running = settings.configuration;
    this.#plugins = settings.plugins ?? [];
    this.#settings = settings;
    this.#applicable = { configuration: settings.configuration, atNextStart: [] };
  }

  /** What counts now; connections are those of the start, see `atNextStart`. */
  get configuration(): Configuration {
    return this.#applicable.configuration;
  }

  get commands(): readonly Command[] {
    return this.#settings.commands;
  }

  /** Those of the start: code is not loaded a second time. */
  get plugins(): readonly LoadedPlugin[] {
    return this.#plugins;
  }

  get digests(): SettingsDigests {
    return this.#settings.digests;
  }

  /** What stands in the files and takes effect at the next start, in words. */
  get atNextStart(): readonly string[] {
    const newer = (this.#settings.newerPlugins ?? []).map((name) => `the step kinds of ${name}`);
    return [...this.#applicable.atNextStart, ...newer];
  }

  /** Calls `listener` whenever the settings were replaced. */
  onReplaced(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** What replacing them would change, in words and without values. */
  changesTo(next: Settings): readonly string[] {
    return settingsChanges(this.#settings, next);
  }

  replace(next: Settings): void {
    this.#settings = next;
    this.#applicable = applicableConfiguration(next.configuration, this.#running);
    for (const listener of this.#listeners) listener();
  }
}

function settingsChanges(before: Settings, after: Settings): readonly string[] {
  const configuration = configurationChanges(before.configuration, after.configuration);
  const [old = [], now = []] = [before.newerPlugins, after.newerPlugins];
  const newer = now.filter((name) => !old.includes(name)).map((name) => `files of the step kinds of ${name} changed`);
  const same = old.filter((name) => !now.includes(name)).map((name) => `files of the step kinds of ${name} as loaded`);
  return [...inWords(before.digests, after.digests, configuration), ...newer, ...same];
}

/** The same from digests alone, as the log has them of an earlier process; which entry of a section it was is not known then. */
export function digestChanges(before: SettingsDigests, after: SettingsDigests): readonly string[] {
  const sections = changedKeys(before.sections, after.sections).map(({ key, how }) => `${key} ${how}`);
  return inWords(before, after, sections);
}

function inWords(before: SettingsDigests, after: SettingsDigests, configuration: readonly string[]): readonly string[] {
  const commands = changedKeys(before.commands, after.commands).map(({ key, how }) => `command ${key} ${how}`);
  const isOnlySpelling = configuration.length === 0 && before.configuration !== after.configuration;
  const steps = changedKeys(before.steps ?? {}, after.steps ?? {}).map(({ key, how }) => `step kinds of ${key} ${how}`);
  return [
    ...configuration,
    ...(isOnlySpelling ? ["remarks or spelling of the configuration"] : []),
    ...commands,
    ...steps,
  ];
}

function changedKeys(before: z.infer<typeof Digests>, after: z.infer<typeof Digests>) {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  return keys
    .filter((key) => before[key] !== after[key])
    .map((key) => {
      if (before[key] === undefined) return { key, how: "added" };
      return { key, how: after[key] === undefined ? "removed" : "changed" };
    });
}

function textDigest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
