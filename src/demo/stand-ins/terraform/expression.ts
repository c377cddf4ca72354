import { isJsonList, type Json } from "../../../platform/canonical-json.ts";

/** A value, of which a part may only be known when something has been applied; that part is null. */
export interface Evaluated {
  readonly value: Json;
  readonly isKnown: boolean;
}

/** Gives what a reference such as `terraform_data.machine["1"].output` stands for, by its parts. */
export type LookUp = (parts: readonly string[]) => Evaluated;

const TEMPLATE = /\$\{([^}]*)\}/gu;
const REFERENCE = /^[A-Za-z_][\w-]*(?:\.[\w-]+|\["[^"]*"\]|\[\d+\])*$/u;

/** Replaces what stands in `${ }` anywhere in a value; references alone are understood. Throws for anything else. */
export function evaluate(value: Json, lookUp: LookUp): Evaluated {
  if (typeof value === "string") return evaluateText(value, lookUp);
  if (isJsonList(value)) {
    const items = value.map((item) => evaluate(item, lookUp));
    return { value: items.map((item) => item.value), isKnown: items.every(({ isKnown }) => isKnown) };
  }
  if (typeof value !== "object" || value === null) return { value, isKnown: true };
  const members = Object.entries(value).map(([key, member]) => [key, evaluate(member, lookUp)] as const);
  return {
    value: Object.fromEntries(members.map(([key, member]) => [key, member.value])),
    isKnown: members.every(([, { isKnown }]) => isKnown),
  };
}

function evaluateText(text: string, lookUp: LookUp): Evaluated {
  const whole = /^\$\{([^}]*)\}$/u.exec(text)?.[1];
  if (whole !== undefined) return lookUp(partsOf(whole));
  let isKnown = true;
  const value = text.replaceAll(TEMPLATE, (_all, reference: string) => {
    const found = lookUp(partsOf(reference));
    isKnown &&= found.isKnown;
    return typeof found.value === "string" ? found.value : JSON.stringify(found.value);
  });
  return { value, isKnown };
}

function partsOf(reference: string): readonly string[] {
  const text = reference.trim();
  if (!REFERENCE.test(text)) throw new Error(`this stand-in understands references alone, not \${${reference}}`);
  return [...text.matchAll(/[A-Za-z_][\w-]*|\["([^"]*)"\]|\[(\d+)\]|(?<=\.)[\w-]+/gu)].map(
    ([all, key, index]) => key ?? index ?? all,
  );
}

/** A member of a value, by the names on the way to it. */
export function memberOf({ value, isKnown }: Evaluated, way: readonly string[]): Evaluated {
  let found: Json | undefined = value;
  for (const name of way) {
    if (typeof found !== "object" || found === null) found = undefined;
    else found = isJsonList(found) ? found[Number(name)] : found[name];
    if (found === undefined && isKnown) throw new Error(`there is no ${JSON.stringify(name)} in what it is taken from`);
  }
  return { value: found ?? null, isKnown };
}

/** The type of a value as Terraform writes it down. */
export function typeOf(value: Json): Json {
  if (value === null) return "dynamic";
  if (typeof value === "boolean") return "bool";
  if (typeof value !== "object") return typeof value;
  if (isJsonList(value)) return ["tuple", value.map(typeOf)];
  return ["object", Object.fromEntries(Object.entries(value).map(([key, member]) => [key, typeOf(member)]))];
}
