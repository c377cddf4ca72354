import { commandText } from "../commands/command-text.ts";
import type { Command } from "../commands/command.ts";
import type { Plan } from "../domain/plan.ts";
import type { Environment, Service, Target } from "../domain/target.ts";
import { type Answer, notice } from "../engine/answer.ts";
import type { Act } from "../inventory/authorize.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { canonicalJson, type JsonMap } from "../platform/canonical-json.ts";
import { didYouMean } from "../platform/did-you-mean.ts";
import { textOf, typedValues, valueOf } from "./command-values.ts";
import type { Looked } from "./resolve-target.ts";

/** A command with what was typed for its inputs. */
export interface Typed {
  readonly command: Command;
  readonly values: JsonMap;
}

/** One environment of one service that the inputs of a command name. */
export interface NamedPlace {
  readonly service: Service;
  readonly target: Target;
}

/** What the inputs of a command that starts a run name: a service, an environment, both or neither. */
export interface NamedPlaces {
  readonly service: Service | undefined;
  /** Of the service, where one is named; otherwise any environment of the configuration. */
  readonly environment: Target | Environment | undefined;
  /**
   * Every environment of the service that the run may change, in order; the one that was named is the last. All of them where none was
   * named, and none without a service.
   */
  readonly targets: readonly Target[];
}

/** Finds the service and the environments that the inputs name. */
export function namePlaces(
  inventory: Inventory,
  { plan, ...typed }: Typed & { readonly plan: Plan },
): Looked<NamedPlaces> {
  const { command, values } = typed;
  if (valueOf(command, values, "service") === null) return withoutService(inventory, typed);
  if (valueOf(command, values, "environment") === null) return withoutEnvironment(inventory, typed);
  const named = namePlace(inventory, typed);
  if (named.kind === "refused") return named;
  const { service, target } = named.value;
  const isThroughAll = goesThroughAll(plan);
  const doubt = isThroughAll ? inventory.doubtOnTheWay(service, target.name) : undefined;
  if (doubt !== undefined) {
    const why = `${doubt.environment} comes before ${target.name} and must not be passed over`;
    return { kind: "refused", answer: inDoubt(service, doubt, why) };
  }
  const index = service.environments.indexOf(target);
  const targets = service.environments.slice(isThroughAll ? 0 : index, index + 1);
  return { kind: "found", value: { service, environment: target, targets } };
}

/** What is named without a service: nothing is deployed by it, so it has no targets. */
function withoutService(inventory: Inventory, typed: Typed): Looked<NamedPlaces> {
  const { command, values } = typed;
  if (valueOf(command, values, "environment") === null) {
    return { kind: "found", value: { service: undefined, environment: undefined, targets: [] } };
  }
  const service = command.inputs.find(({ definition }) => definition.type === "service");
  if (service !== undefined) {
    const message = `An environment is one of a service here, and no service was named: <${service.name}> is missing.`;
    return { kind: "refused", answer: notice("input.service", message) };
  }
  const named = nameEnvironment(inventory, typed);
  if (named.kind === "refused") return named;
  return { kind: "found", value: { service: undefined, environment: named.value, targets: [] } };
}

/** The environment that is named, by itself. */
export function nameEnvironment(inventory: Inventory, typed: Typed): Looked<Environment> {
  const name = textOf(typed.command, typed.values, "environment");
  const environment = inventory.findEnvironment(name);
  if (environment !== undefined) return { kind: "found", value: environment };
  const known = inventory.environments.map((each) => each.name).join(", ");
  const message = `There is no environment "${name}". Known: ${known}.`;
  return refused(inventory, typed, { code: "input.environment", message });
}

/** A service alone: all of its environments. One of which it is not known whether it is there must not be left out in silence. */
function withoutEnvironment(inventory: Inventory, typed: Typed): Looked<NamedPlaces> {
  const named = nameService(inventory, typed);
  if (named.kind === "refused") return named;
  const service = named.value;
  const doubt = inventory.doubtOnTheWay(service, undefined);
  if (doubt !== undefined) {
    return { kind: "refused", answer: inDoubt(service, doubt, `${doubt.environment} must not be left out`) };
  }
  if (service.environments.length === 0) {
    return { kind: "refused", answer: notice("input.service", `${service.name} is not deployed in any environment.`) };
  }
  return { kind: "found", value: { service, environment: undefined, targets: service.environments } };
}

/** What it takes to start a run there, or to do something about it: the verb in each environment that it may change. */
export function actsIn(
  verb: string,
  places: {
    readonly environment: string | undefined;
    readonly targets: readonly { readonly service: string; readonly environment: string }[];
  },
): readonly Act[] {
  const { environment, targets } = places;
  if (targets.length === 0) return [{ verb, environment }];
  return targets.map((target) => ({ verb, service: target.service, environment: target.environment }));
}

function inDoubt(service: Service, doubt: { environment: string; why: string }, reason: string): Answer {
  const message =
    `Whether ${service.name} is deployed in ${doubt.environment} too is not known: ${doubt.why}. Nothing was started, because ${reason}. ` +
    `Ask again in a moment; if it stays so, quarterdeck doctor says more.`;
  return notice("input.environment-in-doubt", message);
}

/**
 * A plan that reads the list of environments of a service goes through them in order; any other works in the one that was named. In
 * commands that it uses the service may have another name, and nothing else has such a list.
 */
function goesThroughAll(plan: Plan): boolean {
  return /\.environments\b|\[\s*(?:\\"|')environments/u.test(canonicalJson(plan));
}

/** The service and the environment that are named. */
export function namePlace(inventory: Inventory, typed: Typed): Looked<NamedPlace> {
  const named = nameService(inventory, typed);
  if (named.kind === "refused") return named;
  const service = named.value;
  const name = textOf(typed.command, typed.values, "environment");
  const place = inventory.findTarget(service, name);
  if (place.kind === "found") return { kind: "found", value: { service, target: place.target } };
  const where =
    place.kind === "unknown" ? `There is no environment "${name}".` : `${service.name} is not deployed in ${name}.`;
  return refused(inventory, typed, {
    code: "input.environment",
    message: `${where} ${service.name} has: ${place.known.join(", ")}.`,
  });
}

/** The service that is named. */
export function nameService(inventory: Inventory, typed: Typed): Looked<Service> {
  const name = textOf(typed.command, typed.values, "service");
  const found = inventory.findService(name);
  if (found.kind === "found") return { kind: "found", value: found.service };
  const message = `There is no service "${name}". Known: ${found.known.join(", ")}.`;
  return refused(inventory, typed, { code: "input.service", message });
}

function refused(
  inventory: Inventory,
  typed: Typed,
  { code, message }: { readonly code: string; readonly message: string },
): Looked<never> {
  const meant = mended(inventory, typed);
  return { kind: "refused", answer: notice(code, message, meant === undefined ? [] : [meant]) };
}

/** The whole command with the names that were probably meant, all of them, ready to be sent; undefined when one is not close to any. */
export function mended(inventory: Inventory, { command, values }: Typed): string | undefined {
  const typed = typedValues(command, values);
  const right = namesOf(inventory, command, typed) ?? exchanged(inventory, command, typed);
  return right === undefined ? undefined : commandText(command, { ...typed, ...right });
}

type Names = Readonly<Record<string, string | true>>;

/** Two of the parts exchanged, when a name that was expected stands in the place of another. */
function exchanged(inventory: Inventory, command: Command, typed: Names): Names | undefined {
  const names = Object.keys(typed);
  for (const [index, left] of names.entries()) {
    for (const right of names.slice(index + 1)) {
      const swapped = { ...typed, [left]: typed[right] ?? "", [right]: typed[left] ?? "" };
      const meant = isKnown(inventory, command, swapped) ? namesOf(inventory, command, swapped) : undefined;
      if (meant !== undefined) return { ...swapped, ...meant };
    }
  }
  return undefined;
}

function isKnown(inventory: Inventory, command: Command, typed: Names): boolean {
  const hasService = command.inputs.some(({ definition }) => definition.type === "service");
  if (hasService) return inventory.hasService(textOf(command, typed, "service"));
  return inventory.findEnvironment(textOf(command, typed, "environment")) !== undefined;
}

/** The names as they are or were probably meant. */
function namesOf(inventory: Inventory, command: Command, typed: Names): Names | undefined {
  const inputOf = (type: "service" | "environment"): string | undefined =>
    command.inputs.find(({ definition }) => definition.type === type)?.name;
  const [serviceInput, placeInput] = [inputOf("service"), inputOf("environment")];
  if (serviceInput === undefined)
    return placeInput === undefined ? undefined : placeMeant(inventory, placeInput, typed);
  const service = serviceMeant(inventory, String(typed[serviceInput] ?? ""));
  if (service === undefined) return undefined;
  const names = { [serviceInput]: service.name };
  if (placeInput === undefined || typed[placeInput] === undefined) return names;
  const place = inventory.findTarget(service, String(typed[placeInput]));
  if (place.kind === "found") return { ...names, [placeInput]: place.target.name };
  return place.kind === "unknown" && place.didYouMean !== undefined
    ? { ...names, [placeInput]: place.didYouMean }
    : undefined;
}

/** An environment that stands by itself. */
function placeMeant(inventory: Inventory, input: string, typed: Names): Names | undefined {
  const name = String(typed[input] ?? "");
  const known = inventory.environments.map((each) => each.name);
  const meant = known.includes(name) ? name : didYouMean(name, known);
  return meant === undefined ? undefined : { [input]: meant };
}

function serviceMeant(inventory: Inventory, name: string): Service | undefined {
  const found = inventory.findService(name);
  if (found.kind === "found") return found.service;
  const near = found.didYouMean === undefined ? undefined : inventory.findService(found.didYouMean);
  return near?.kind === "found" ? near.service : undefined;
}
