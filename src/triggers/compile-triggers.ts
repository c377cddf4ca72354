import type { Command } from "../commands/command.ts";
import type { Configuration } from "../config/configuration.ts";
import { type Fault, repeated, unknownName } from "../config/fault.ts";
import type { SecretReference } from "../config/field-schemas.ts";
import { checkSchema } from "../config/schema-faults.ts";
import type { StartSettings, TriggerSettings } from "../config/trigger-settings.ts";
import { type Machine, machineUser } from "../domain/machine.ts";
import { typeOfSchema } from "../expressions/expression-type.ts";
import { type KnownPlaces, knownPlaces, startFaults } from "./start-faults.ts";
import type { TriggerKind } from "./trigger-kind.ts";

/** A trigger of the configuration, checked, with the kind that believes and reads what it is sent. */
export interface Trigger {
  readonly machine: Machine;
  readonly kind: TriggerKind;
  /** What stands under `with`, as the kind's schema gives it. */
  readonly settings: unknown;
  readonly secrets: readonly SecretReference[];
  readonly starts: readonly StartSettings[];
  readonly sameWithinMs: number;
  readonly oldestMs: number;
}

interface Compiled {
  readonly triggers: readonly Trigger[];
  /** While there are any, the triggers are not to be used. */
  readonly faults: readonly Fault[];
}

interface Known {
  readonly kinds: readonly TriggerKind[];
  /** Undefined while mistakes in the command files leave open which there are. */
  readonly commands: readonly Command[] | undefined;
}

/** The triggers of a configuration, checked against the kinds and the commands that there are. Pure. */
export function compileTriggers(
  configuration: Pick<Configuration, "triggers" | "roles" | "services" | "environments" | "discovery">,
  known: Known,
): Compiled {
  const { triggers, roles } = configuration;
  const places = knownPlaces(configuration);
  const compiled: Trigger[] = [];
  const named = triggers.map(({ name }, index) => ({ key: name, entry: index }));
  const faults: Fault[] = repeated(named).map(({ key, entry, first }) => ({
    path: ["triggers", entry, "name"],
    part: "value",
    message: `the name "${key}" is taken by entry ${first + 1} of \`triggers\`; choose another`,
  }));
  for (const [index, settings] of triggers.entries()) {
    const one = compile(settings, { path: ["triggers", index], known, places });
    faults.push(...one.faults, ...roleFaults(roles, { settings, path: ["triggers", index, "name"] }));
    if (one.trigger !== undefined) compiled.push(one.trigger);
  }
  return { triggers: compiled, faults: [...faults, ...memberFaults({ triggers, roles })] };
}

function compile(
  settings: TriggerSettings,
  { path, known, places }: { readonly path: Fault["path"]; readonly known: Known; readonly places: KnownPlaces },
): { readonly trigger?: Trigger; readonly faults: readonly Fault[] } {
  const { name, from, secrets, start: starts, sameWithinMs, oldestMs } = settings;
  const kind = known.kinds.find((candidate) => candidate.name === from);
  if (kind === undefined) {
    const names = known.kinds.map((candidate) => candidate.name);
    return { faults: [{ path: [...path, "from"], part: "value", message: unknownName("sender", from, names) }] };
  }
  const checked = checkSchema(kind.settings, settings.with);
  const ofWith =
    checked.kind === "valid"
      ? []
      : checked.faults.map((fault) => ({ ...fault, path: [...path, "with", ...fault.path] }));
  const scope = { event: typeOfSchema(kind.event, "event") };
  const ofStarts = starts.flatMap((start, index) =>
    startFaults(start, {
      path: [...path, "start", index],
      commands: known.commands,
      scope,
      mustBePinned: true,
      places,
    }),
  );
  const proof = (checked.kind === "valid" ? kind.proofBy?.(checked.value) : undefined) ?? kind.proof;
  // Whether there is a secret may depend on what is wrong.
  const isOpen = checked.kind === "invalid" && kind.proofBy !== undefined;
  const ofSecret = isOpen ? [] : secretFaults(kind.name, { proof, secrets, path });
  const faults = [...ofSecret, ...ofWith, ...ofStarts];
  if (checked.kind === "invalid") return { faults };
  const machine: Machine = { sort: "trigger", name };
  return { trigger: { machine, kind, settings: checked.value, secrets, starts, sameWithinMs, oldestMs }, faults };
}

function secretFaults(
  sender: string,
  {
    proof,
    secrets,
    path,
  }: { readonly proof: TriggerKind["proof"]; readonly path: Fault["path"] } & Pick<TriggerSettings, "secrets">,
): readonly Fault[] {
  if (proof === "secret" && secrets.length === 0) {
    const message = `nothing says how what "${sender}" sends is believed; add \`secret: \${{ secrets.NAME }}\``;
    return [{ path, part: "value", message }];
  }
  if (proof === "own" && secrets.length > 0) {
    const message = `what "${sender}" sends is believed without a secret; remove it`;
    return [{ path: [...path, "secret"], part: "key", message }];
  }
  return [];
}

/** A trigger that no role names could start nothing, and nobody would know why. */
function roleFaults(
  roles: Configuration["roles"],
  { settings, path }: { readonly settings: TriggerSettings; readonly path: Fault["path"] },
): readonly Fault[] {
  const user = machineUser({ sort: "trigger", name: settings.name });
  const isNamed = Object.values(roles).some((members) =>
    members.some((member) => member.kind === "machine" && member.machine === user),
  );
  if (isNamed) return [];
  const message = `no role names this trigger, so it may start nothing; add \`{ trigger: ${settings.name} }\` to one`;
  return [{ path, part: "value", message }];
}

/** Roles that name a trigger which is not there. */
function memberFaults({ triggers, roles }: Pick<Configuration, "triggers" | "roles">): readonly Fault[] {
  const names = triggers.map(({ name }) => name);
  return Object.entries(roles).flatMap(([role, members]) =>
    members.flatMap((member, place): readonly Fault[] => {
      const name = member.kind === "machine" ? /^trigger:(.*)$/u.exec(member.machine)?.[1] : undefined;
      if (name === undefined || names.includes(name)) return [];
      const path = ["roles", role, place, "trigger"];
      return [{ path, part: "value", message: unknownName("trigger", name, names) }];
    }),
  );
}
