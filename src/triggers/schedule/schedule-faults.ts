import type { Command } from "../../commands/command.ts";
import type { Configuration } from "../../config/configuration.ts";
import { type Fault, repeated, unknownName } from "../../config/fault.ts";
import { type TypeScope, typeOfSchema } from "../../expressions/expression-type.ts";
import { knownPlaces, startFaults } from "../start-faults.ts";
import { readCron } from "./cron-rule.ts";
import { OccurrenceEvent } from "./occurrence-event.ts";

type Known = Pick<Configuration, "schedules" | "roles" | "services" | "environments" | "discovery">;
type Schedule = Configuration["schedules"][number];

const SORT = "schedule:";
const SCOPE: TypeScope = { event: typeOfSchema(OccurrenceEvent, "event") };

/**
 * What is wrong with the schedules, and with the roles that name them. Nothing is said of what they start while `commands` is
 * undefined, as long as mistakes in the command files leave open which there are.
 */
export function scheduleFaults(configuration: Known, commands: readonly Command[] | undefined): readonly Fault[] {
  const { schedules, roles } = configuration;
  const names = schedules.map(({ name }) => name);
  const twice = repeated(Array.from(names.entries(), ([entry, key]) => ({ key, entry })));
  return [
    ...twice.map(({ key, entry, first }) =>
      fault(
        ["schedules", entry, "name"],
        `the name "${key}" is taken by entry ${first + 1} of \`schedules\`; choose another`,
      ),
    ),
    ...schedules.flatMap((schedule, index) => ownFaults(schedule, { index, commands, configuration })),
    ...namedBy(roles).flatMap(({ schedule, path }) =>
      names.includes(schedule) ? [] : [fault([...path, "schedule"], unknownName("schedule", schedule, names))],
    ),
  ];
}

function ownFaults(
  { name, cron, start }: Schedule,
  {
    index,
    commands,
    configuration,
  }: { readonly index: number; readonly commands: readonly Command[] | undefined; readonly configuration: Known },
): readonly Fault[] {
  const reading = readCron(cron);
  const places = knownPlaces(configuration);
  const faults = startFaults(start, {
    path: ["schedules", index, "start"],
    commands,
    scope: SCOPE,
    mustBePinned: false,
    places,
  });
  const isNamed = namedBy(configuration.roles).some(({ schedule }) => schedule === name);
  return [
    ...(reading.ok ? [] : [fault(["schedules", index, "cron"], reading.message)]),
    ...faults,
    ...(isNamed ? [] : [unnamed(name, index)]),
  ];
}

/** A schedule that no role names could start nothing, and nobody would know why. */
function unnamed(name: string, index: number): Fault {
  const message = `no role names this schedule, so it may start nothing; add \`{ schedule: ${name} }\` to one`;
  return fault(["schedules", index, "name"], message);
}

function namedBy(
  roles: Configuration["roles"],
): readonly { readonly schedule: string; readonly path: Fault["path"] }[] {
  return Object.entries(roles).flatMap(([role, members]) =>
    members.flatMap((member, place) => {
      if (member.kind !== "machine" || !member.machine.startsWith(SORT)) return [];
      return [{ schedule: member.machine.slice(SORT.length), path: ["roles", role, place] }];
    }),
  );
}

function fault(path: Fault["path"], message: string): Fault {
  return { path, part: "value", message };
}
