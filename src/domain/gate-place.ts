import type { GateSubject } from "./gate.ts";

/**
 * Where an approval is of something, for people: `checkout in prod`, `prod` in a run that is for no service, and empty in one that is for no
 * environment either. `mark` writes each name.
 */
export function gatePlace(
  { service, environment }: Pick<GateSubject, "service" | "environment">,
  mark: (name: string) => string = (name) => name,
): string {
  return [service, environment].flatMap((name) => (name === "" ? [] : [mark(name)])).join(" in ");
}
