import { parse } from "yaml";

import { findDeepYaml } from "../platform/deep-yaml.ts";

const MOST_NESTED = { brackets: 30, spaces: 100 };

/**
 * Reads one YAML document without anchors, tags of its own or repeated keys, as others write them; throws for anything else. What is
 * thrown may quote the text.
 */
export function parsePlainYaml(text: string): unknown {
  if (findDeepYaml(text, MOST_NESTED) !== undefined) throw new SyntaxError("it is nested too deeply");
  const value: unknown = parse(text, { maxAliasCount: 0, logLevel: "error", uniqueKeys: true });
  return value;
}
