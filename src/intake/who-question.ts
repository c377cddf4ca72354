import type { InputDefinition } from "../commands/command-file.ts";
import type { Command } from "../commands/command.ts";
import type { Environment } from "../domain/target.ts";
import { type Answer, notice } from "../engine/answer.ts";
import type { Grantee, WhoPlace } from "../engine/question-answers.ts";
import { questionName } from "./command-name.ts";
import { valueOf } from "./command-values.ts";
import { nameEnvironment, namePlace, nameService } from "./name-places.ts";
import type { QuestionAsk, QuestionDeps } from "./question-ask.ts";
import type { Looked } from "./resolve-target.ts";

/** Who may start what, and who may approve it: in one environment of a service or in all, or what is for no service. */
export async function whoAnswer(deps: QuestionDeps, ask: QuestionAsk): Promise<Answer> {
  const named = placesNamed(deps, ask);
  if (named.kind === "refused") return named.answer;
  const { service } = named.value;
  const asked = named.value.places.map(({ environment }) => {
    const verbs = verbsFor(deps.commands, { service, environment });
    return { service, environment, verbs };
  });
  const shown = service === undefined ? asked.filter(({ verbs }) => verbs.length > 0) : asked;
  if (shown.length === 0) return withoutService(deps);
  const places = await Promise.all(shown.map((place) => whoIn(deps, ask, place)));
  const groups = places.flatMap(({ start, approval }) =>
    [...start.flatMap(({ from }) => from), ...(approval?.from ?? [])].flatMap((one) =>
      one.kind === "group" ? [one.group] : [],
    ),
  );
  const counts = await deps.check.memberCounts([...new Set(groups)]);
  return { kind: "who", ...(service !== undefined && { service }), places, counts };
}

interface Place {
  /** Undefined for what is for no environment. */
  readonly environment: Environment | undefined;
}

interface Places {
  readonly service: string | undefined;
  readonly places: readonly Place[];
}

function placesNamed(deps: QuestionDeps, ask: QuestionAsk): Looked<Places> {
  const { inventory } = deps;
  const hasEnvironment = valueOf(ask.command, ask.values, "environment") !== null;
  if (valueOf(ask.command, ask.values, "service") === null) {
    const all = inventory.environments.map(({ name }) => inventory.findEnvironment(name));
    if (!hasEnvironment) return found(undefined, [...all, undefined]);
    const named = nameEnvironment(inventory, ask);
    return named.kind === "refused" ? named : found(undefined, [named.value]);
  }
  if (!hasEnvironment) {
    const named = nameService(inventory, ask);
    return named.kind === "refused" ? named : found(named.value.name, named.value.environments);
  }
  const named = namePlace(inventory, ask);
  return named.kind === "refused" ? named : found(named.value.service.name, [named.value.target]);
}

function found(service: string | undefined, environments: readonly (Environment | undefined)[]): Looked<Places> {
  return { kind: "found", value: { service, places: environments.map((environment) => ({ environment })) } };
}

function withoutService({ commands }: QuestionDeps): Answer {
  const who = questionName(commands, "who");
  const hint = who === undefined ? "Name one." : `Name one: ${who} <service>.`;
  return notice("who.no-service", `Nothing can be started here that is for no service. ${hint}`);
}

interface Asked extends Place {
  readonly service: string | undefined;
  readonly verbs: readonly string[];
}

async function whoIn(deps: QuestionDeps, { person }: QuestionAsk, asked: Asked): Promise<WhoPlace> {
  const { service, environment: place } = asked;
  const [approval, environment] = [place?.approval, place?.name];
  const acts = asked.verbs.map((verb) => ({ verb, service, environment }));
  const judged = await Promise.all(acts.map((act) => deps.check.mayAct(person, [act])));
  const isApprover = approval === undefined ? false : await deps.check.isApprover(person, approval);
  const isKnown =
    isApprover !== undefined && judged.every((one) => one.kind === "allowed" || one.code !== "access.unverifiable");
  const verbs = acts.flatMap(({ verb }, index) => (judged[index]?.kind === "allowed" ? [verb] : []));
  const start = together(acts.map((act) => ({ verb: act.verb, from: deps.check.granted(act) })));
  return {
    ...(environment !== undefined && { environment }),
    start,
    ...(approval !== undefined && { approval }),
    own: isKnown ? { verbs, isApprover } : undefined,
  };
}

/** Every verb of what can be started or done with just these named, in the order of the command files. */
function verbsFor(commands: readonly Command[], { service, environment }: Omit<Asked, "verbs">): readonly string[] {
  const verbs = commands.flatMap((command) => {
    const verb = verbOf(command);
    const fits =
      takes(command, "service", service) && (service !== undefined || takes(command, "environment", environment));
    return verb === undefined || !fits ? [] : [verb];
  });
  return [...new Set(verbs)];
}

function verbOf({ body }: Command): string | undefined {
  if (body.kind === "plan") return body.plan.verb;
  return body.kind === "acts" && (body.acts === "lock" || body.acts === "unlock") ? body.verb : undefined;
}

/** Whether a command can be asked for with, or without, something of a type. */
function takes({ inputs }: Command, type: InputDefinition["type"], named: unknown): boolean {
  const input = inputs.find(({ definition }) => definition.type === type);
  return named === undefined ? input === undefined || input.definition.optional : input !== undefined;
}

/** Verbs that the same people may, in one entry. */
function together(entries: readonly { readonly verb: string; readonly from: readonly Grantee[] }[]): WhoPlace["start"] {
  const groups = new Map<string, { readonly verbs: string[]; readonly from: readonly Grantee[] }>();
  for (const { verb, from } of entries) {
    const key = JSON.stringify(from);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { verbs: [verb], from });
    else known.verbs.push(verb);
  }
  return [...groups.values()];
}
