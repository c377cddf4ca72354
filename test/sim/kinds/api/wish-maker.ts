import type { Dice } from "../../dice.ts";
import type { Call, Wish } from "./api-caller.ts";
import { PLACES } from "./api-setting.ts";

type Start = Pick<Wish, "path" | "body" | "recorded">;

/** Makes up what programs want; what they have wanted is kept, because they want it again. */
export class WishMaker {
  readonly all: Wish[] = [];
  readonly #dice: Dice;
  #numbers = 0;
  #keys = 0;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  /** A run of one of the commands. */
  start(name: string): Wish {
    return this.#keep({ name, key: this.#key(), scope: "run", ...this.#anyStart() });
  }

  /** Something is to be done to a run, by its id or the end of it. */
  act(name: string, scope: "cancel" | "retry", run: string): Wish {
    const text = this.#dice.pick(["", "", "why not"]);
    const given = scope === "cancel" ? { reason: text } : {};
    const named = this.#dice.chance(0.3) ? run.slice(-10).toLowerCase() : run;
    const values = { run, ...(scope === "cancel" && text !== "" && { reason: text }) };
    return this.#keep({
      name,
      key: this.#key(),
      scope,
      path: `/api/runs/${named}/${scope}`,
      body: text === "" ? {} : given,
      recorded: { command: scope, typed: { values }, cause: undefined },
    });
  }

  /** The key of another wish, with something else. */
  other(wish: Wish): Wish {
    const { name, key, recorded } = wish;
    const { command, typed, cause } = recorded;
    const twin = { count: "work", work: "count" }[command];
    if (twin === undefined || this.#dice.chance(0.5))
      return this.#keep({ name, key, scope: "run", ...this.#anyStart() });
    const path = `/api/commands/${twin}/runs`;
    return this.#keep({ ...wish, path, recorded: { command: twin, typed, cause } });
  }

  /** The key of a wish, or the whole of it, by somebody else. */
  byAnother(wish: Wish, name: string): Wish {
    return this.#keep({ ...wish, name, key: this.#dice.chance(0.7) ? wish.key : this.#key() });
  }

  any(): Wish | undefined {
    return this.all.length === 0 ? undefined : this.#dice.pick(this.all);
  }

  /** What nobody has heard yet what came of it, and can be asked for again. */
  unanswered(calls: readonly Call[]): readonly Wish[] {
    return this.all.filter((wish) => {
      const own = calls.filter((call) => call.wish === wish && call.moments.length > 0);
      if (wish.key === undefined || own.length === 0) return false;
      return !own.some(
        ({ answer, isHeard }) => isHeard && answer !== undefined && ![202, 401, 503].includes(answer.status),
      );
    });
  }

  #keep(wish: Wish): Wish {
    this.all.push(wish);
    return wish;
  }

  #key(): string | undefined {
    if (this.#dice.chance(0.15)) return undefined;
    this.#keys += 1;
    return `job-${this.#keys}/${this.#dice.hex(12)}`;
  }

  #anyStart(): Start {
    const dice = this.#dice;
    const cause = dice.chance(0.3) ? { says: `build ${dice.below(100)}` } : undefined;
    const asWords = dice.chance(0.4);
    const command = dice.pick(["count", "work", "work", "ship"]);
    const { inputs, words } = command === "ship" ? this.#place() : this.#number();
    return {
      path: `/api/commands/${command}/runs`,
      body: { ...(asWords ? { words } : { inputs }), ...(cause !== undefined && { cause }) },
      recorded: { command, typed: asWords ? { words } : { values: inputs }, cause },
    };
  }

  #number(): { readonly inputs: Readonly<Record<string, string>>; readonly words: string } {
    // At times what somebody has asked for already.
    if (this.#numbers === 0 || this.#dice.chance(0.85)) this.#numbers += 1;
    const number = String(this.#numbers);
    return { inputs: { number }, words: number };
  }

  #place(): { readonly inputs: Readonly<Record<string, string>>; readonly words: string } {
    const { service, environment } = this.#dice.pick(PLACES);
    const revision = `${this.#dice.pick(["abc", "abc", "abc", "dead", "beef"])}${this.#dice.between(1000, 1020)}`;
    return { inputs: { service, environment, revision }, words: `${service} in ${environment} at ${revision}` };
  }
}
