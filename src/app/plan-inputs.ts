import type { CommandInput } from "../commands/command.ts";
import { defaultValue, readInput } from "../commands/input-value.ts";
import { unknownKey } from "../commands/issue-text.ts";
import { inputText } from "../commands/usage.ts";
import { JsonValue } from "../domain/outcome.ts";
import type { Service } from "../domain/target.ts";
import type { Inventory } from "../inventory/inventory.ts";
import type { Json } from "../platform/canonical-json.ts";
import { durationText } from "../platform/duration.ts";

/** An input with what is known of it without a server. */
export interface PlannedInput {
  readonly name: string;
  readonly type: CommandInput["definition"]["type"];
  /** As it was given; undefined for one that was left out. */
  readonly given: string | undefined;
  /** What expressions would see; undefined where only Argo CD, Git or the command that uses it knows. */
  readonly value: Json | undefined;
  /** What it comes to, for people. */
  readonly says: string;
}

export interface PlannedInputs {
  readonly inputs: readonly PlannedInput[];
  /** What is wrong with what was given, one sentence each. */
  readonly mistakes: readonly string[];
}

export interface InputsAsk {
  readonly inputs: readonly CommandInput[];
  readonly given: ReadonlyMap<string, string>;
  readonly inventory: Inventory;
  /** Whether services are also found by labels in Argo CD, so that one that the configuration does not name may be there. */
  readonly isDiscovered: boolean;
}

/** Resolves what was given for the inputs of a command as far as the configuration alone can. */
export function planInputs(ask: InputsAsk): PlannedInputs {
  return new InputPlanner(ask).plan();
}

class InputPlanner {
  readonly #ask: InputsAsk;
  readonly #mistakes: string[] = [];

  constructor(ask: InputsAsk) {
    this.#ask = ask;
  }

  plan(): PlannedInputs {
    const { inputs, given } = this.#ask;
    const names = inputs.map(({ name }) => name);
    for (const name of given.keys()) {
      if (!names.includes(name))
        this.#mistakes.push(unknownKey(name, names).replace("unknown key", "there is no input"));
    }
    const planned = inputs.map((input) => this.#input(input, given.get(input.name)));
    return { inputs: planned, mistakes: this.#mistakes };
  }

  #input(input: CommandInput, given: string | undefined): PlannedInput {
    const { name, definition } = input;
    const { type } = definition;
    const known = this.#value(input, given);
    return { name, type, given, ...known };
  }

  #value(input: CommandInput, given: string | undefined): Pick<PlannedInput, "value" | "says"> {
    const { definition, name } = input;
    if (definition.type === "string" && definition.secret === true) {
      if (given !== undefined)
        this.#mistakes.push(`"${name}" is a secret: leave it out here, nothing asks for its value`);
      return { value: undefined, says: "a secret, passed by the command that uses this one" };
    }
    if (given === undefined) return this.#leftOut(input);
    const reading = readInput(input, given);
    if (!reading.ok) {
      this.#mistakes.push(`"${name}": ${reading.message}`);
      return { value: undefined, says: given };
    }
    switch (definition.type) {
      case "service":
        return this.#service(given);
      case "environment":
        return this.#environment(given, definition.of);
      case "revision":
        return revisionOf(given);
      case "string":
      case "number":
      case "boolean":
      case "choice":
      case "duration":
      case "run":
      case "person":
        return { value: reading.value, says: given };
    }
  }

  #leftOut(input: CommandInput): Pick<PlannedInput, "value" | "says"> {
    const { name, definition } = input;
    if (definition.type === "revision" && definition.from !== undefined) {
      const what = definition.from === "live" ? "what is live" : "the last one proven before what is live";
      return { value: undefined, says: `${what}, which only Argo CD and the log know` };
    }
    const value = defaultValue(input);
    if (value === null && !definition.optional) {
      this.#mistakes.push(`"${name}" is missing: ${name}=..., ${inputText(input)}`);
      return { value: undefined, says: "missing" };
    }
    return { value, says: value === null ? "left out" : `${shownValue(definition.type, value)}, as nothing was given` };
  }

  #service(given: string): Pick<PlannedInput, "value" | "says"> {
    const { inventory, isDiscovered } = this.#ask;
    const found = inventory.findService(given);
    if (found.kind === "found") {
      const places = found.service.environments.map(({ name }) => name).join(", ");
      return { value: json(found.service), says: `${given}, which is in ${places === "" ? "no environment" : places}` };
    }
    if (isDiscovered) return { value: undefined, says: `${given}, found by labels: only Argo CD knows where it is` };
    const right =
      found.didYouMean === undefined ? `There is: ${found.known.join(", ")}` : `Did you mean "${found.didYouMean}"?`;
    this.#mistakes.push(`there is no service "${given}". ${right}`);
    return { value: undefined, says: given };
  }

  #environment(given: string, of: string | undefined): Pick<PlannedInput, "value" | "says"> {
    const { inventory, isDiscovered } = this.#ask;
    const names = inventory.environments.map(({ name }) => name);
    if (!names.includes(given)) {
      this.#mistakes.push(unknownKey(given, names).replace("unknown key", "there is no environment"));
      return { value: undefined, says: given };
    }
    if (of === undefined) return { value: json(inventory.findEnvironment(given)), says: given };
    const service = this.#serviceOf(of);
    const found = service && inventory.findTarget(service, given);
    if (found?.kind === "found") return { value: json(found.target), says: `${given}: ${found.target.app}` };
    if (service !== undefined && !isDiscovered) {
      const known = service.environments.map(({ name }) => name).join(", ");
      this.#mistakes.push(`${service.name} is not deployed in ${given}. It is in: ${known}`);
    }
    return { value: undefined, says: `${given}: only Argo CD knows which application that is` };
  }

  #serviceOf(name: string): Service | undefined {
    const found = this.#ask.inventory.findService(this.#ask.given.get(name) ?? "");
    return found.kind === "found" ? found.service : undefined;
  }
}

function shownValue(type: PlannedInput["type"], value: Json): string {
  return type === "duration" && typeof value === "number" ? durationText(value) : JSON.stringify(value);
}

/** A full commit is known as it stands; anything else is a name that only a repository can follow. */
function revisionOf(given: string): Pick<PlannedInput, "value" | "says"> {
  if (/^[0-9a-f]{40}$/u.test(given)) {
    const value = { kind: "manifests", sha: given, short: given.slice(0, 7), text: given };
    return { value, says: `${given}: whether there is such a commit, only Git knows` };
  }
  return { value: { kind: "manifests", text: given }, says: `${given}: which commit that is, only Git knows` };
}

/** Through JSON once: what expressions see has no members that are undefined. */
function json(value: unknown): Json {
  return JsonValue.parse(JSON.parse(JSON.stringify(value)));
}
