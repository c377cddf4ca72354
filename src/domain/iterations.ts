import { evaluateList, evaluateTemplate, type Scope } from "../expressions/evaluate.ts";
import { isJsonMap, type Json } from "../platform/canonical-json.ts";
import { AppError } from "../platform/errors.ts";
import { holds, type Place } from "./place.ts";
import type { ForEachNode } from "./plan.ts";

/** What a loop goes through, and how many iterations may be under way at once where the command says so. */
export interface Iterations {
  readonly items: { readonly key: string; readonly value: Json }[];
  readonly atATime?: number;
}

/** Throws where an expression does, or gives no number of iterations. */
export function iterationsOf(node: ForEachNode, place: Place): Iterations {
  return holds(node, place) ? iterationsIn(node, place.scope) : { items: [] };
}

/** The same of a loop whose condition holds. */
export function iterationsIn(node: ForEachNode, scope: Scope): Iterations {
  const items = keyed(evaluateList(node.items, scope));
  if (node.atATime === undefined || items.length === 0) return { items };
  return { items, atATime: atOnce(evaluateTemplate(node.atATime, scope), items.length) };
}

/** An item is keyed by its name or, when it is plain text or a number, by itself; of equal keys the later ones are numbered. */
function keyed(items: readonly Json[]): { key: string; value: Json }[] {
  const taken = new Set<string>();
  return items.map((value, index) => {
    const own = keyOf(value) ?? String(index);
    let key = own;
    for (let number = 2; taken.has(key); number += 1) key = `${own}#${number}`;
    taken.add(key);
    return { key, value };
  });
}

function keyOf(value: Json): string | undefined {
  if (typeof value === "string" || typeof value === "number") return pathSafe(String(value));
  const name = isJsonMap(value) ? value["name"] : undefined;
  return typeof name === "string" ? pathSafe(name) : undefined;
}

function pathSafe(text: string): string {
  return text.replaceAll(/[[\]/]/gu, "_");
}

function atOnce(value: Json, count: number): number {
  const text = typeof value === "number" ? String(value) : value;
  const [, digits, sign] = typeof text === "string" ? (/^\s*(\d{1,9}(?:\.0+)?)\s*(%?)\s*$/u.exec(text) ?? []) : [];
  const number = Number(digits);
  if (sign === "%") return Math.max(1, Math.ceil((count * number) / 100));
  if (sign === "" && number >= 1) return number;
  throw new AppError(
    `at-a-time is ${JSON.stringify(value)}; it has to be a whole number from 1 on, or a share such as "20%".`,
    { code: "for-each.at-a-time" },
  );
}
