import { isJsonMap, type Json } from "../../platform/canonical-json.ts";

/** What stands in a value at `build.commit`; undefined where there is nothing. */
export function valueAt(value: Json, path: string): Json | undefined {
  let found: Json | undefined = value;
  for (const key of path.split(".")) {
    if (!isJsonMap(found) || !Object.hasOwn(found, key)) return undefined;
    found = found[key];
  }
  return found;
}
