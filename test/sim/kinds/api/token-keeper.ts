import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { type ApiToken, newToken, type Scope, tokenHash } from "../../../../src/api/api-token.ts";
import { changeTokens, TOKEN_FILE } from "../../../../src/api/token-file.ts";
import { isoTime } from "../../../../src/platform/clock.ts";
import type { Random } from "../../../../src/platform/ids.ts";
import type { FakeClock } from "../../../support/fake-clock.ts";
import { type Cast, CAST } from "./api-setting.ts";

/** A token as it stood in the file for a while. */
export interface Entry {
  readonly name: string;
  readonly secret: string;
  readonly scopes: readonly Scope[];
  readonly owner: string | undefined;
  readonly expiresAt: number | undefined;
}

/** What the file was from a moment of the monotonic clock on; without entries where it could not be believed. */
interface Edit {
  readonly atMs: number;
  readonly entries: readonly Entry[];
  readonly isBroken: boolean;
}

interface Deps {
  readonly folder: string;
  readonly clock: FakeClock;
  readonly random: Random;
}

/** Who makes, changes and revokes tokens; what was in their file when is the truth of the world. */
export class TokenKeeper {
  readonly edits: Edit[] = [{ atMs: -Infinity, entries: [], isBroken: false }];
  /** All that there ever were. */
  readonly secrets: { readonly name: string; readonly secret: string }[] = [];
  readonly #deps: Deps;
  #entries: readonly Entry[] = [];
  #whole: string | undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** When the file was touched last. */
  get touchedAtMs(): number {
    return this.edits.at(-1)?.atMs ?? -Infinity;
  }

  get isBroken(): boolean {
    return this.#whole !== undefined;
  }

  /** The one by this name that is in the file. */
  current(name: string): Entry | undefined {
    return this.#entries.find((entry) => entry.name === name);
  }

  /** Puts a new token into the file, in the place of the one by this name. */
  async make(name: string, livesForMs?: number): Promise<void> {
    const { clock, random } = this.#deps;
    const secret = newToken(random);
    const { scopes, owner } = castOf(name);
    const expiresAt = livesForMs === undefined ? undefined : clock.now() + livesForMs;
    this.secrets.push({ name, secret });
    await this.#put({ name, secret, scopes, owner, expiresAt });
  }

  /** Makes those anew that have an end. */
  async renew(): Promise<void> {
    for (const { name, expiresAt } of this.#entries) if (expiresAt !== undefined) await this.make(name);
  }

  async revoke(name: string): Promise<void> {
    await this.#change(
      (tokens) => tokens.filter((token) => token.name !== name),
      this.#entries.filter((entry) => entry.name !== name),
    );
  }

  /** The same token with other words about it. */
  async alter(name: string, change: Partial<Pick<Entry, "scopes" | "owner" | "expiresAt">>): Promise<void> {
    const known = this.current(name);
    if (known !== undefined) await this.#put({ ...known, ...change });
  }

  /** Somebody has edited it by hand, or copied it so that others can read it. */
  async break(how: "cut" | "shared"): Promise<void> {
    if (this.isBroken) return;
    const text = await readFile(this.#file, "utf8");
    this.#whole = text;
    if (how === "shared") await chmod(this.#file, 0o644);
    else await writeFile(this.#file, text.slice(0, text.length / 2));
    this.#note([]);
  }

  async mend(): Promise<void> {
    if (this.#whole === undefined) return;
    await writeFile(this.#file, this.#whole);
    await chmod(this.#file, 0o600);
    this.#whole = undefined;
    this.#note(this.#entries);
  }

  get #file(): string {
    return join(this.#deps.folder, TOKEN_FILE);
  }

  async #put(entry: Entry): Promise<void> {
    const { name } = entry;
    await this.#change(
      (tokens) => [...tokens.filter((token) => token.name !== name), tokenOf(entry)],
      [...this.#entries.filter((other) => other.name !== name), entry],
    );
  }

  async #change(
    change: (tokens: readonly ApiToken[]) => readonly ApiToken[],
    entries: readonly Entry[],
  ): Promise<void> {
    if (this.isBroken) return;
    await changeTokens(this.#deps.folder, change);
    this.#entries = entries;
    this.#note(entries);
  }

  #note(entries: readonly Entry[]): void {
    this.edits.push({ atMs: this.#deps.clock.monotonic(), entries, isBroken: this.isBroken });
  }
}

function tokenOf({ name, secret, scopes, owner, expiresAt }: Entry): ApiToken {
  return {
    name,
    hash: tokenHash(secret),
    scopes: [...scopes],
    madeAt: "2026-01-01T00:00:00.000Z",
    ...(owner !== undefined && { owner }),
    ...(expiresAt !== undefined && { expiresAt: isoTime(expiresAt) }),
  };
}

export function castOf(name: string): Cast {
  const cast = CAST[name];
  if (cast === undefined) throw new RangeError(`nobody is called ${name}`);
  return cast;
}
