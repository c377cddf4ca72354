import type { Configuration } from "./configuration.ts";
import { type Fault, unknownName } from "./fault.ts";

/** Grants of verbs that no command has: they would allow nothing, without a word. Nothing is said while `known` is not known. */
export function grantedVerbFaults(
  { grants }: Pick<Configuration, "grants">,
  known: readonly string[] | undefined,
): readonly Fault[] {
  if (known === undefined) return [];
  return grants.flatMap(({ verbs }, grant) =>
    Array.from(verbs.entries())
      .filter(([, verb]) => !known.includes(verb))
      .map(([place, verb]): Fault => {
        const message = unknownName("verb", verb, known);
        return { path: ["grants", grant, "verbs", place], part: "value", message };
      }),
  );
}
