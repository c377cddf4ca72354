/** One thing wrong with a payload of blocks, as `blocks.validate` answers it. */
export interface BlockKitProblem {
  readonly code: string;
  readonly message: string;
  /** The name of the field the pointer ends at. */
  readonly field: string;
  /** A JSON pointer, such as `/blocks/0/text/text`. */
  readonly pointer: string;
}

/** Where blocks are shown; some elements exist on some surfaces only. */
export type BlockKitSurface = "message" | "modal" | "home";

/** A place in the payload that is being checked. */
export interface BlockKitPlace {
  readonly pointer: string;
  readonly surface: BlockKitSurface;
  readonly problems: BlockKitProblem[];
}

/** Checks one value and adds what is wrong with it to the place's problems. */
export type BlockKitRule = (value: unknown, place: BlockKitPlace) => void;

export function report(place: BlockKitPlace, code: string, message: string): void {
  const field = place.pointer.slice(place.pointer.lastIndexOf("/") + 1);
  place.problems.push({ code, message, field, pointer: place.pointer });
}

export function within(place: BlockKitPlace, key: string | number): BlockKitPlace {
  return { ...place, pointer: `${place.pointer}/${String(key)}` };
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Slack counts Unicode code points. */
export function characters(value: string): number {
  return Array.from(value).length;
}

/** A string of `min` (1 unless told) to `max` characters. */
export function text(max: number, min = 1): BlockKitRule {
  return (value, place) => {
    if (typeof value !== "string") return report(place, "invalid_type", "must provide a string");
    const length = characters(value);
    if (length > max) report(place, "too_long", `must be less than ${String(max + 1)} characters`);
    if (length < min) report(place, "too_short", `must be more than ${String(min - 1)} characters`);
  };
}

export const flag: BlockKitRule = (value, place) => {
  if (typeof value !== "boolean") report(place, "invalid_type", "must provide a boolean");
};

export function count(min: number, max: number): BlockKitRule {
  return (value, place) => {
    if (typeof value !== "number" || !Number.isInteger(value))
      return report(place, "invalid_type", "must provide an integer");
    if (value < min) report(place, "too_small", `must be more than ${String(min - 1)}`);
    if (value > max) report(place, "too_large", `must be less than ${String(max + 1)}`);
  };
}

export function choice(...allowed: readonly string[]): BlockKitRule {
  return (value, place) => {
    if (typeof value !== "string" || !allowed.includes(value))
      report(place, "invalid_enum", "must be a valid enum value");
  };
}

/** An absolute http(s) address of at most 3,000 characters. */
export const address: BlockKitRule = (value, place) => {
  text(3000)(value, place);
  if (typeof value === "string" && !/^(https?|slack):\/\/\S+$|^mailto:\S+$/u.test(value)) {
    report(place, "invalid_url", "must be a valid URL");
  }
};

export function list(item: BlockKitRule, most: number, fewest = 1): BlockKitRule {
  return (value, place) => {
    if (!Array.isArray(value)) return report(place, "invalid_type", "must provide an array");
    if (value.length > most) report(place, "too_many_items", `no more than ${String(most)} items allowed`);
    if (value.length < fewest) report(place, "too_few_items", `must have at least ${String(fewest)} items`);
    for (const [index, entry] of value.entries()) item(entry, within(place, index));
  };
}

export interface BlockKitFields {
  readonly required?: Readonly<Record<string, BlockKitRule>>;
  readonly optional?: Readonly<Record<string, BlockKitRule>>;
  /** At least one of these optional fields must be there. */
  readonly oneOf?: readonly string[];
}

/** An object with exactly these fields, besides `type`. */
export function record(fields: BlockKitFields): BlockKitRule {
  const known = new Map([...Object.entries(fields.required ?? {}), ...Object.entries(fields.optional ?? {})]);
  return (value, place) => {
    if (!isObject(value)) return report(place, "invalid_type", "must provide an object");
    for (const name of Object.keys(fields.required ?? {})) {
      if (value[name] === undefined) report(place, "missing_required_field", `missing required field: ${name}`);
    }
    const { oneOf } = fields;
    if (oneOf !== undefined && !oneOf.some((name) => value[name] !== undefined)) {
      report(place, "missing_required_field", `missing required field: ${oneOf.join(" or ")}`);
    }
    for (const [name, entry] of Object.entries(value)) {
      if (name === "type" || entry === undefined) continue;
      const rule = known.get(name);
      if (rule === undefined) report(place, "invalid_additional_property", `invalid additional property: ${name}`);
      else rule(entry, within(place, name));
    }
  };
}

/** An object whose `type` chooses the rule. */
export function byType(rules: Readonly<Record<string, BlockKitRule>>): BlockKitRule {
  return (value, place) => {
    if (!isObject(value)) return report(place, "invalid_type", "must provide an object");
    const { type } = value;
    if (typeof type !== "string") return report(place, "missing_required_field", "missing required field: type");
    const rule = Object.hasOwn(rules, type) ? rules[type] : undefined;
    if (rule === undefined) report(within(place, "type"), "unsupported_type", `unsupported type: ${type}`);
    else rule(value, place);
  };
}

/** The rule on some surfaces only; elsewhere the type does not exist. */
export function onlyOn(surfaces: readonly BlockKitSurface[], rule: BlockKitRule): BlockKitRule {
  return (value, place) => {
    if (surfaces.includes(place.surface)) return rule(value, place);
    const type = isObject(value) ? String(value["type"]) : "";
    report(within(place, "type"), "unsupported_type", `unsupported type: ${type}`);
  };
}
