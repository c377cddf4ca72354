import { canonicalJson, type Json } from "../../../platform/canonical-json.ts";
import type { Configuration } from "./configuration.ts";
import { type Evaluated, evaluate, memberOf } from "./expression.ts";
import type { Made, State } from "./state-file.ts";

/** What is done with a resource. */
export type ChangeAction = "create" | "update" | "replace" | "delete" | "noop";

export interface Change {
  readonly address: string;
  readonly name: string;
  readonly key: string | undefined;
  readonly action: ChangeAction;
  readonly reason?: string;
}

type Variables = Readonly<Record<string, Json>>;

interface Wanted {
  readonly configuration: Configuration;
  readonly variables: Variables;
  readonly state: State;
}

/** Says what a configuration comes to, with the state as it is. */
export class World {
  readonly #wanted: Wanted;
  readonly #planned = new Map<string, Change>();
  readonly #open = new Set<string>();

  constructor(wanted: Wanted) {
    this.#wanted = wanted;
  }

  /** What would be done, resources that are gone from the configuration first. */
  changes(isDestroy: boolean): readonly Change[] {
    const { configuration, state } = this.#wanted;
    const wanted = isDestroy ? [] : Object.entries(configuration.resource.terraform_data);
    const changes = wanted.flatMap(([name, { for_each: each }]) =>
      (each === undefined ? [undefined] : Object.keys(each)).map((key) => this.#planOf(name, key)),
    );
    const addresses = new Set(changes.map(({ address }) => address));
    const gone = state.made.filter((made) => !addresses.has(addressOf(made)));
    return [...gone.map((made) => deletion(made, isDestroy)), ...changes];
  }

  /** The values of a resource as they would be. */
  resource(name: string, key: string | undefined): { readonly input: Evaluated; readonly triggers: Evaluated } {
    const resource = this.#wanted.configuration.resource.terraform_data[name];
    if (resource === undefined) throw new Error(`Reference to undeclared resource terraform_data.${name}`);
    const value = key === undefined ? null : (resource.for_each?.[key] ?? null);
    const lookUp = this.#lookUp(key === undefined ? undefined : { key, value });
    return { input: evaluate(resource.input, lookUp), triggers: evaluate(resource.triggers_replace, lookUp) };
  }

  /** The outputs as they would be. */
  outputs(): Readonly<Record<string, Evaluated & { readonly sensitive: boolean }>> {
    return Object.fromEntries(
      Object.entries(this.#wanted.configuration.output).map(([name, { value, sensitive }]) => [
        name,
        { ...evaluate(value, this.#lookUp(undefined)), sensitive },
      ]),
    );
  }

  /** What would become of each output. */
  outputChanges(
    isDestroy: boolean,
  ): Readonly<Record<string, { readonly sensitive: boolean; readonly action: string }>> {
    const { outputs: before } = this.#wanted.state;
    const after = isDestroy ? {} : this.outputs();
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
    return Object.fromEntries(
      names.map((name) => {
        const [old, wanted] = [before[name], after[name]];
        const sensitive = wanted?.sensitive ?? old?.sensitive ?? false;
        return [name, { sensitive, action: outputAction(old?.value, wanted) }];
      }),
    );
  }

  /** The text of something that belongs to a resource, such as a command. */
  text(value: string, { name, key }: Pick<Change, "name" | "key">): string {
    const each = this.#wanted.configuration.resource.terraform_data[name]?.for_each;
    const own = key === undefined ? undefined : { key, value: each?.[key] ?? null };
    const { value: said } = evaluate(value, this.#lookUp(own));
    return typeof said === "string" ? said : JSON.stringify(said);
  }

  #planOf(name: string, key: string | undefined): Change {
    const address = addressOf({ name, key });
    const known = this.#planned.get(address);
    if (known !== undefined) return known;
    if (this.#open.has(address)) throw new Error(`Cycle: ${[...this.#open, address].join(", ")}`);
    this.#open.add(address);
    const change = { address, name, key, ...this.#decision(name, key) };
    this.#open.delete(address);
    this.#planned.set(address, change);
    return change;
  }

  #decision(name: string, key: string | undefined): Pick<Change, "action" | "reason"> {
    const { input, triggers } = this.resource(name, key);
    const made = this.#made(name, key);
    if (made === undefined) return { action: "create" };
    if (made.isTainted) return { action: "replace", reason: "tainted" };
    if (!isSame(triggers, made.triggers)) return { action: "replace", reason: "cannot_update" };
    return { action: isSame(input, made.input) ? "noop" : "update" };
  }

  #made(name: string, key: string | undefined): Made | undefined {
    return this.#wanted.state.made.find((made) => made.name === name && made.key === key);
  }

  #lookUp(each: { readonly key: string; readonly value: Json } | undefined) {
    return (parts: readonly string[]): Evaluated => {
      const [root = "", second = "", ...way] = parts;
      if (root === "var") return this.#variable(second, way);
      if (root === "each" && each !== undefined) {
        return memberOf({ value: second === "key" ? each.key : each.value, isKnown: true }, way);
      }
      if (root === "terraform_data") return this.#attribute(second, way);
      throw new Error(`this stand-in does not know ${parts.join(".")}`);
    };
  }

  #variable(name: string, way: readonly string[]): Evaluated {
    const value = this.#wanted.variables[name];
    if (value === undefined) throw new Error(`Reference to undeclared input variable ${name}`);
    return memberOf({ value, isKnown: true }, way);
  }

  #attribute(name: string, way: readonly string[]): Evaluated {
    const isEach = this.#wanted.configuration.resource.terraform_data[name]?.for_each !== undefined;
    const key = isEach ? way[0] : undefined;
    const [attribute = "", ...rest] = isEach ? way.slice(1) : way;
    const { action } = this.#planOf(name, key);
    const { input, triggers } = this.resource(name, key);
    if (attribute === "input") return memberOf(input, rest);
    if (attribute === "triggers_replace") return memberOf(triggers, rest);
    return computed({ attribute, made: this.#made(name, key), action }, rest);
  }
}

/** What Terraform itself gives a resource: an update gives another output, and what is made anew has another identity, too. */
function computed(
  of: { readonly attribute: string; readonly made: Made | undefined; readonly action: ChangeAction },
  way: readonly string[],
): Evaluated {
  const { attribute, made, action } = of;
  if (attribute !== "id" && attribute !== "output") throw new Error(`terraform_data has no attribute ${attribute}`);
  const isKept = action === "noop" || (action === "update" && attribute === "id");
  if (made === undefined || !isKept) return { value: null, isKnown: false };
  return memberOf({ value: made[attribute], isKnown: true }, way);
}

export function addressOf({ name, key }: { readonly name: string; readonly key: string | undefined }): string {
  return `terraform_data.${name}${key === undefined ? "" : `[${JSON.stringify(key)}]`}`;
}

function deletion(made: Made, isDestroy: boolean): Change {
  const { name, key } = made;
  const change = { address: addressOf(made), name, key, action: "delete" } as const;
  const why = key === undefined ? "no_resource_config" : "each_key";
  return isDestroy ? change : { ...change, reason: `delete_because_${why}` };
}

function outputAction(old: Json | undefined, wanted: Evaluated | undefined): string {
  if (wanted === undefined) return "delete";
  if (old === undefined) return "create";
  return isSame(wanted, old) ? "noop" : "update";
}

/** What is not known yet may come to anything. */
function isSame({ value, isKnown }: Evaluated, other: Json): boolean {
  return isKnown && canonicalJson(value) === canonicalJson(other);
}
