import type { Command } from "../commands/command.ts";
import type { Configuration } from "../config/configuration.ts";
import type { StartSettings } from "../config/trigger-settings.ts";
import type { Machine } from "../domain/machine.ts";
import { type Finding, Subject } from "../doctor/finding.ts";
import type { JsonMap } from "../platform/canonical-json.ts";
import { machineRefusal } from "./machine-refusal.ts";

interface Known {
  readonly configuration: Configuration;
  readonly commands: readonly Command[];
}

interface Asked {
  readonly configuration: Configuration;
  readonly command: Command;
  readonly start: StartSettings;
}

interface Naming {
  readonly service: string | undefined;
  readonly environment: string | undefined;
}

/**
 * Triggers and schedules that may do nothing of what they ask for, by the same judgement as when they ask: no grant of their roles covers it for
 * any service and environment that they can name. Where services are discovered, those that grants name count as well.
 */
export function startFindings(known: Known): readonly Finding[] {
  const { triggers, schedules } = known.configuration;
  const asked = [
    ...triggers.flatMap(({ name, start }) =>
      start.map((one) => ({ machine: { sort: "trigger", name } as const, start: one })),
    ),
    ...schedules.map(({ name, start }) => ({ machine: { sort: "schedule", name } as const, start })),
  ];
  return asked.flatMap(({ machine, start }) => {
    const why = refusalOf(known, machine, start);
    if (why === undefined) return [];
    const about = new Subject("configuration", `${machine.sort} ${machine.name}`);
    return [
      about.warning({
        what: `it can never start ${start.command}: ${why}`,
        why: "whatever it asks for is refused",
        mend: "mend its role, the grants of that, or its `start` in quarterdeck.yaml",
      }),
    ];
  });
}

/** Undefined where it may do something of it. */
function refusalOf({ configuration, commands }: Known, machine: Machine, start: StartSettings): string | undefined {
  const command = commands.find(({ id }) => id === start.command);
  if (command?.body.kind !== "plan") return undefined;
  const { plan } = command.body;
  const reasons: string[] = [];
  for (const named of namings({ configuration, command, start })) {
    const reason = machineRefusal(configuration, { machine, command, plan, values: valuesOf(command, named) });
    if (reason === undefined) return undefined;
    reasons.push(reason);
  }
  return reasons[0];
}

/** What it may name, as values of inputs: one where the configuration says it, all that there are where an event does. */
function namings({ configuration, command, start }: Asked): readonly Naming[] {
  const { services, environments, grants, discovery } = configuration;
  const granted = grants.flatMap((grant) =>
    discovery === undefined || grant.services === "all" ? [] : grant.services,
  );
  const ofServices = choiceOf({ command, start, type: "service" }, [...services.map(({ name }) => name), ...granted]);
  const ofEnvironments = choiceOf(
    { command, start, type: "environment" },
    environments.map(({ name }) => name),
  );
  return ofServices.flatMap((service) => ofEnvironments.map((environment) => ({ service, environment })));
}

function choiceOf(
  { command, start, type }: Omit<Asked, "configuration"> & { readonly type: "service" | "environment" },
  all: readonly string[],
): readonly (string | undefined)[] {
  const given = start.inputs[inputOf(command, type) ?? ""];
  if (given === undefined) return [undefined];
  return typeof given === "string" && given.includes("${{") ? all : [String(given)];
}

function valuesOf(command: Command, named: Naming): JsonMap {
  const types = ["service", "environment"] as const;
  return Object.fromEntries(
    types.flatMap((type) => {
      const input = inputOf(command, type);
      return input === undefined ? [] : [[input, named[type] ?? null]];
    }),
  );
}

function inputOf({ inputs }: Command, type: "service" | "environment"): string | undefined {
  return inputs.find(({ definition }) => definition.type === type)?.name;
}
