import type { Configuration } from "../config/configuration.ts";
import { JsonValue } from "../domain/outcome.ts";
import type { Json } from "../platform/canonical-json.ts";

/** The part of the configuration that says who may do what and who has to agree, as it goes into the log: what the rules were, an auditor reads there. */
export function policyOf({ mode, environments, roles, grants }: Configuration): Json {
  const asked = environments.map(({ name, approval }) => ({ name, approval: approval ?? null }));
  return JsonValue.parse(JSON.parse(JSON.stringify({ mode, environments: asked, roles, grants })));
}
