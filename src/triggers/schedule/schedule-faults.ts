import type { Command } from "../../commands/command.ts";
import type { Configuration } from "../../config/configuration.ts";
import { type Fault, repeated, unknownName } from "../../config/fault.ts";
import { type TypeScope, typeOfSchema } from "../../expressions/expression-type.ts";
import { readCron } from "./cron-rule.ts";
import { OccurrenceEvent } from "./occurrence-event.ts";
import { startFaults } from "./start-faults.ts";

const SORT = "schedule:";
const SCOPE: TypeScope = { event: typeOfSchema(OccurrenceEvent, "event") };

/**
 * What is wrong with the schedules, and with the roles that name them. Nothing is said of what they start while `commands` is
 * undefined, as long as mistakes in the command files leave open which there are.
 */
export function scheduleFaults(
  { schedules, roles }: Pick<Configuration, "schedules" | "roles">,
  commands: readonly Command[] | undefined,
): readonly Fault[] {
  const names = schedules.map(({ name }) => name);
  const twice = repeated(Array.from(names.entries(), ([entry, key]) => ({ key, entry })));
  return [
    ...twice.map(({ key, entry, first }): Fault => {
      const message = `"${key}" is the name of entry ${first + 1} already; each schedule has a name of its own`;
      return { path: ["schedules", entry, "name"], part: "value", message };
    }),
    ...schedules.flatMap(({ cron, start }, index): readonly Fault[] => {
      const reading = readCron(cron);
      const wrong: Fault[] = reading.ok
        ? []
        : [{ path: ["schedules", index, "cron"], part: "value", message: reading.message }];
      if (commands === undefined) return wrong;
      return [...wrong, ...startFaults({ start, path: ["schedules", index, "start"], commands, scope: SCOPE })];
    }),
    ...Object.entries(roles).flatMap(([role, members]) =>
      members.flatMap((member, place): readonly Fault[] => {
        if (member.kind !== "machine" || !member.machine.startsWith(SORT)) return [];
        const name = member.machine.slice(SORT.length);
        if (names.includes(name)) return [];
        const path = ["roles", role, place, "schedule"];
        return [{ path, part: "value", message: unknownName("schedule", name, names) }];
      }),
    ),
  ];
}
