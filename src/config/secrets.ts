import { readFileSync, statSync } from "node:fs";

import { AppError, errorText } from "../platform/errors.ts";
import type { Logger } from "../platform/logger.ts";
import { type SecretMask, SHORTEST_SECRET } from "../platform/masking.ts";
import type { SecretSource } from "./configuration.ts";
import type { Variables } from "./environment.ts";
import type { SecretReference } from "./field-schemas.ts";

export interface SecretsDeps {
  /** By name, as configured. */
  readonly sources: Readonly<Record<string, SecretSource>>;
  readonly variables: Variables;
  readonly mask: SecretMask;
  readonly logger: Logger;
}

interface Read {
  readonly version: string;
  readonly value: string;
}

// A key file of any sort is smaller; something larger is the wrong file.
const LARGEST_BYTES = 65_536;
const WRITABLE_BY_OTHERS = 0o022;
const READABLE_BY_ALL = 0o004;

/**
 * Looks up the values of secrets when they are used, so that one that was replaced counts from the next use on, without a
 * restart. Every value is masked before it is handed out. Values carry no line end; a program that wants one adds it.
 */
export class Secrets {
  readonly #deps: SecretsDeps;
  readonly #files = new Map<string, Read>();
  readonly #warned = new Set<string>();

  constructor(deps: SecretsDeps) {
    this.#deps = deps;
  }

  /** The value. Throws `secret.unresolved`, saying where it was looked for and what to do. */
  resolve({ secret }: SecretReference): string {
    const source = this.#deps.sources[secret];
    if (source?.file !== undefined) return this.#fromFile(secret, source.file);
    if (source?.env !== undefined) return this.#fromVariable(secret, source.env);
    throw unresolved(secret, "is not declared under `secrets` in the configuration");
  }

  /**
   * What is wrong with each of the secrets that cannot be had, for a check before the start; of all, or of those that are `needed`.
   * Whatever can be had is masked from then on, also where nobody here uses it: people may type it.
   */
  problems(needed?: ReadonlySet<string>): readonly string[] {
    return Object.keys(this.#deps.sources).flatMap((secret) => {
      try {
        this.resolve({ secret });
        return [];
      } catch (error) {
        return needed === undefined || needed.has(secret) ? [errorText(error)] : [];
      }
    });
  }

  #fromVariable(secret: string, variable: string): string {
    const value = this.#deps.variables[variable]?.trim();
    if (!value) throw unresolved(secret, `is to be in the environment variable ${variable}, which is not set. Set it`);
    return this.#usable(secret, value, `the environment variable ${variable}`);
  }

  #fromFile(secret: string, file: string): string {
    try {
      const { mtimeMs, ino, size, mode } = statSync(file);
      const version = `${mtimeMs}/${ino}/${size}`;
      const known = this.#files.get(file);
      if (known?.version === version) return known.value;
      this.#checkFile({ secret, file, mode, size });
      const value = this.#usable(secret, readFileSync(file, "utf8").trim(), `the file ${file}`);
      this.#files.set(file, { version, value });
      return value;
    } catch (error) {
      if (error instanceof AppError) throw error;
      throw unresolved(secret, `is to be in the file ${file}, which cannot be read (${errorText(error)})`, error);
    }
  }

  #checkFile(found: {
    readonly secret: string;
    readonly file: string;
    readonly mode: number;
    readonly size: number;
  }): void {
    const { secret, file, mode, size } = found;
    if (size > LARGEST_BYTES) throw unresolved(secret, `is to be in the file ${file}, which is too large to be one`);
    if ((mode & WRITABLE_BY_OTHERS) !== 0) {
      throw unresolved(secret, `is in the file ${file}, which others may write to. Run: chmod 600 ${file}`);
    }
    if ((mode & READABLE_BY_ALL) === 0 || this.#warned.has(file)) return;
    this.#warned.add(file);
    this.#deps.logger.warn("secret file can be read by everyone on this machine; chmod 600 is safer", { secret, file });
  }

  #usable(secret: string, value: string, place: string): string {
    if (value.length < SHORTEST_SECRET) {
      const problem = `in ${place} has fewer than ${SHORTEST_SECRET} characters, too few to keep it out of logs. Use a longer one`;
      throw unresolved(secret, problem);
    }
    this.#deps.mask.add(value);
    // A line of a key that stands alone in an error message is as secret as the whole.
    for (const line of value.split("\n")) if (!line.startsWith("-----")) this.#deps.mask.add(line.trim());
    return value;
  }
}

function unresolved(secret: string, problem: string, cause?: unknown): AppError {
  return new AppError(`The secret ${secret} ${problem}`, { code: "secret.unresolved", details: { secret }, cause });
}
