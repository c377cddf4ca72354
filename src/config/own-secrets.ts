import { canonicalJson } from "../platform/canonical-json.ts";
import type { Configuration } from "./configuration.ts";

const REFERENCE = /\{"secret":"([A-Za-z_][A-Za-z0-9_]*)"\}/gu;

/** The names of the secrets that the configuration itself uses, such as tokens of Argo CD servers; the others are for steps. */
export function ownSecrets(configuration: Configuration): ReadonlySet<string> {
  const { secrets: _sources, ...settings } = configuration;
  return new Set(Array.from(canonicalJson(settings).matchAll(REFERENCE), ([, name]) => name ?? ""));
}
