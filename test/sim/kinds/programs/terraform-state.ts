import type { Dice } from "../../dice.ts";

export type Doing = "create" | "update" | "replace" | "delete";

/** What a plan does with one resource. */
export interface Change {
  readonly address: string;
  readonly action: Doing;
  readonly value: string;
}

/** A plan as it was made: what the file is that was saved of it. */
export interface MadePlan {
  readonly id: string;
  readonly at: number;
  readonly lineage: string;
  readonly serial: number;
  readonly changes: readonly Change[];
}

/** Somebody applied a plan: from which serial of the state, and what came of it. */
export interface Application {
  readonly plan: MadePlan;
  readonly at: number;
  readonly serial: number;
  readonly effects: string[];
  isDone: boolean;
}

interface Lock {
  readonly id: string;
  readonly who: string;
  readonly operation: string;
  readonly at: number;
}

/** The state of one configuration in its backend, what its provider holds, and a book of all that was done with it. */
export class TerraformState {
  readonly lineage: string;
  readonly #dice: Dice;
  /** What stands in the files of the configuration. */
  readonly wanted = new Map<string, string>();
  #resources: ReadonlyMap<string, string> = new Map();
  #serial = 0;
  lock: Lock | undefined;
  readonly plans = new Map<string, MadePlan>();
  /** By the digest of the file in which a plan was saved. */
  readonly files = new Map<string, MadePlan>();
  readonly applications: Application[] = [];

  constructor(dice: Dice) {
    this.#dice = dice;
    this.lineage = dice.hex(12);
    for (const name of ["a", "b", "c"]) this.wanted.set(`cloud_node.${name}`, "1");
    this.wanted.set("cloud_db.main", "1");
  }

  get serial(): number {
    return this.#serial;
  }

  get resources(): ReadonlyMap<string, string> {
    return this.#resources;
  }

  /** The secret that the provider made up for the database. */
  get password(): string {
    return `canary-of-the-database-${this.lineage}`;
  }

  /** Writes the state; a state that is as it was is not written. */
  persist(resources: ReadonlyMap<string, string>): void {
    if (JSON.stringify([...resources]) === JSON.stringify([...this.#resources])) return;
    this.#resources = new Map(resources);
    this.#serial += 1;
  }

  /** Somebody works on it with another tool. */
  meddle(): void {
    const changed = new Map(this.#resources);
    changed.set("cloud_node.foreign", this.#dice.hex(4));
    this.persist(changed);
  }

  /** Somebody changes the files of the configuration. */
  edit(): void {
    const address = this.#dice.pick(["cloud_node.a", "cloud_node.b", "cloud_node.c", "cloud_node.d", "cloud_db.main"]);
    const isNeeded = ["cloud_node.a", "cloud_db.main"].includes(address);
    if (this.wanted.has(address) && !isNeeded && this.#dice.chance(0.5)) this.wanted.delete(address);
    else this.wanted.set(address, this.#dice.hex(3));
  }

  takeLock(who: { readonly operation: string; readonly at: number }): boolean {
    if (this.lock !== undefined) return false;
    this.lock = { id: this.#dice.hex(8), who: "ship@machine", ...who };
    return true;
  }

  /** Plans what has to be done for the state to be what is wanted, or nothing. */
  plan(at: number, isDestroy: boolean): MadePlan {
    const changes: Change[] = [];
    const wanted = isDestroy ? new Map<string, string>() : this.wanted;
    for (const [address, value] of wanted) {
      const was = this.#resources.get(address);
      if (was === undefined) changes.push({ address, action: "create", value });
      else if (was !== value)
        changes.push({ address, action: address.startsWith("cloud_db") ? "replace" : "update", value });
    }
    for (const address of this.#resources.keys())
      if (!wanted.has(address)) changes.push({ address, action: "delete", value: "" });
    const plan = { id: this.#dice.hex(16), at, lineage: this.lineage, serial: this.#serial, changes };
    this.plans.set(plan.id, plan);
    return plan;
  }
}

/** How many are added, changed and destroyed; a replacement is one of each of the outer two. */
export function countsOf(changes: readonly Pick<Change, "action">[]): {
  readonly add: number;
  readonly change: number;
  readonly remove: number;
} {
  const of = (...actions: readonly Doing[]): number => changes.filter(({ action }) => actions.includes(action)).length;
  return { add: of("create", "replace"), change: of("update"), remove: of("delete", "replace") };
}
