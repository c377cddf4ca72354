import { createHash } from "node:crypto";
import { basename } from "node:path";

import { z } from "zod";

import type { Command } from "../commands/command.ts";
import { type Applicable, applicableConfiguration } from "../config/applicable-configuration.ts";
import type { Configuration } from "../config/configuration.ts";
import { configurationChanges } from "../config/configuration-changes.ts";
import type { Environment } from "../config/environment.ts";
import { digestOf } from "../platform/canonical-json.ts";
import { loadFiles, usableCommands } from "./load-files.ts";

const Digests = z.record(z.string(), z.string());

/** SHA-256 of everything that says how the program behaves: of the file, of what each of its sections comes to, of each command file. */
export const SettingsDigests = z.object({ configuration: z.string(), sections: Digests, commands: Digests });
export type SettingsDigests = z.infer<typeof SettingsDigests>;

/** The configuration and the commands as they were read together. */
export interface Settings {
  readonly configuration: Configuration;
  readonly commands: readonly Command[];
  readonly digests: SettingsDigests;
}

/** Reads both as a whole. Throws what is wrong: `configuration.*`, `commands.*`. */
export async function loadSettings(environment: Environment): Promise<Settings> {
  const files = await loadFiles(environment);
  const { configuration, texts } = files;
  const digests = {
    configuration: textDigest(texts.configuration),
    sections: Object.fromEntries(Object.entries(configuration).map(([section, value]) => [section, digestOf(value)])),
    commands: Object.fromEntries(texts.commands.map(({ file, text }) => [basename(file), textDigest(text)])),
  };
  return { configuration, commands: usableCommands(files), digests };
}

/**
 * The settings that count now. Whoever needs one asks for it each time, or is told when they are replaced; what is copied
 * anywhere stays as it was.
 */
export class LiveSettings {
  readonly #running: Configuration;
  readonly #listeners: (() => void)[] = [];
  #settings: Settings;
  #applicable: Applicable;

  constructor(settings: Settings) {
    this.#running = settings.configuration;
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

  get digests(): SettingsDigests {
    return this.#settings.digests;
  }

  /** What stands in the files and takes effect at the next start, in words. */
  get atNextStart(): readonly string[] {
    return this.#applicable.atNextStart;
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
  return inWords(before.digests, after.digests, configuration);
}

/** The same from digests alone, as the log has them of an earlier process; which entry of a section it was is not known then. */
export function digestChanges(before: SettingsDigests, after: SettingsDigests): readonly string[] {
  const sections = changedKeys(before.sections, after.sections).map(({ key, how }) => `${key} ${how}`);
  return inWords(before, after, sections);
}

function inWords(before: SettingsDigests, after: SettingsDigests, configuration: readonly string[]): readonly string[] {
  const commands = changedKeys(before.commands, after.commands).map(({ key, how }) => `command ${key} ${how}`);
  const isOnlySpelling = configuration.length === 0 && before.configuration !== after.configuration;
  return [...configuration, ...(isOnlySpelling ? ["remarks or spelling of the configuration"] : []), ...commands];
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
