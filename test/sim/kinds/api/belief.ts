import type { Call, Moment } from "./api-caller.ts";
import type { Entry, TokenKeeper } from "./token-keeper.ts";
import type { Troubles } from "./troubles.ts";

/** How often the server looks at the file. */
export const LOOK_MS = 1000;

/** What may and what must be believed of a token at a moment, by what was in the file when. */
export class Belief {
  readonly #keeper: Pick<TokenKeeper, "edits">;
  readonly #troubles: Pick<Troubles, "within">;

  constructor({
    keeper,
    troubles,
  }: {
    readonly keeper: Pick<TokenKeeper, "edits">;
    readonly troubles: Pick<Troubles, "within">;
  }) {
    this.#keeper = keeper;
    this.#troubles = troubles;
  }

  /** All that the file may have said of it when the server looked last; nothing of what has expired. */
  possible(secret: string, { ms, wall }: Moment): readonly Entry[] {
    return this.#stretches(secret).flatMap(({ entry, fromMs, toMs }) => {
      const isSeen = fromMs <= ms && toMs >= ms - LOOK_MS;
      return isSeen && wall < (entry.expiresAt ?? Infinity) ? [entry] : [];
    });
  }

  /** What the server knows for sure; undefined where it is not to be expected to. */
  certain(secret: string, { ms, wall }: Moment): Entry | undefined {
    if (this.#troubles.within(ms - LOOK_MS - 1, ms, ["disk", "team"])) return undefined;
    const known = this.#stretches(secret).find(({ fromMs, toMs }) => fromMs < ms - LOOK_MS && toMs > ms);
    return known !== undefined && wall < (known.entry.expiresAt ?? Infinity) ? known.entry : undefined;
  }

  /** Whether whoever asked may have been believed, with the scope that it takes, each time that it was looked. */
  mayHaveDone({ secret, scope, moments }: Pick<Call, "secret" | "scope" | "moments">): boolean {
    return moments.every((moment) =>
      this.possible(secret, moment).some(({ scopes }) => scope === undefined || scopes.includes(scope)),
    );
  }

  /** From when to when the file said one thing of it. */
  #stretches(secret: string): readonly { readonly entry: Entry; readonly fromMs: number; readonly toMs: number }[] {
    const stretches: { entry: Entry; fromMs: number; toMs: number }[] = [];
    const { edits } = this.#keeper;
    for (const [index, { atMs, entries }] of edits.entries()) {
      const toMs = edits[index + 1]?.atMs ?? Infinity;
      const entry = entries.find((each) => each.secret === secret);
      if (entry === undefined) continue;
      const last = stretches.at(-1);
      if (last?.entry === entry && last.toMs === atMs) last.toMs = toMs;
      else stretches.push({ entry, fromMs: atMs, toMs });
    }
    return stretches;
  }
}
