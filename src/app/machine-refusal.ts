import type { Command } from "../commands/command.ts";
import type { Configuration } from "../config/configuration.ts";
import { machineStanding } from "../domain/approver-policy.ts";
import { type Machine, machineUser } from "../domain/machine.ts";
import type { Plan } from "../domain/plan.ts";
import { textOf } from "../intake/command-values.ts";
import { actsIn, namePlaces } from "../intake/name-places.ts";
import { authorize } from "../inventory/authorize.ts";
import { Inventory } from "../inventory/inventory.ts";
import type { JsonMap } from "../platform/canonical-json.ts";

interface Asked {
  readonly machine: Machine;
  readonly command: Command;
  readonly plan: Plan;
  /** As they are after they were read. */
  readonly values: JsonMap;
}

/**
 * Why the configuration alone would not let a machine start something, by the same judgement as when it asks. Services that are discovered
 * are only known to a running server: of what those may be, it is judged what is named.
 */
export function machineRefusal(
  configuration: Configuration,
  { machine, command, plan, values }: Asked,
): string | undefined {
  const places = namePlaces(new Inventory(configuration), { command, plan, values });
  const [service, environment] = [textOf(command, values, "service"), textOf(command, values, "environment")];
  if (places.kind === "refused" && configuration.discovery === undefined)
    return places.answer.kind === "notice" ? places.answer.message : "what it names is not there";
  if (places.kind === "refused" && environment === "") return undefined;
  const names = places.kind === "found" ? places.value.targets.map(({ name }) => name) : [environment];
  const targets = names.map((name) => ({ service, environment: name }));
  const person = machineStanding(machineUser(machine));
  return actsIn(plan.verb, { environment: environment === "" ? undefined : environment, targets })
    .map((act) => authorize(configuration, { act, person, groups: new Map() }))
    .find((authorization) => authorization.kind === "denied")?.message;
}
