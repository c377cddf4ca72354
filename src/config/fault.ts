import { didYouMean } from "../platform/did-you-mean.ts";
import type { DataPath } from "./yaml-document.ts";

/** Something wrong with one value of the configuration: `part` says whether its key or the value itself is meant. */
export interface Fault {
  readonly path: DataPath;
  readonly part: "key" | "value";
  readonly message: string;
}

/** A name that refers to something which is not there, with the nearest one that is. */
export function unknownName(what: string, name: string, known: readonly string[]): string {
  const meant = didYouMean(name, known);
  if (meant !== undefined) return `there is no ${what} "${name}"; did you mean "${meant}"?`;
  return `there is no ${what} "${name}"; ${known.length === 0 ? "none is declared" : `there is ${known.slice(0, 20).join(", ")}`}`;
}

/** The entries whose key occurred before, each with the place of the first. */
export function repeated<Entry>(
  entries: readonly { readonly key: string; readonly entry: Entry }[],
): readonly { readonly key: string; readonly entry: Entry; readonly first: Entry }[] {
  const seen = new Map<string, Entry>();
  const again: { key: string; entry: Entry; first: Entry }[] = [];
  for (const { key, entry } of entries) {
    const first = seen.get(key);
    if (first === undefined) seen.set(key, entry);
    else again.push({ key, entry, first });
  }
  return again;
}
