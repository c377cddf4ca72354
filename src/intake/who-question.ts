import type { Command } from "../commands/command.ts";
import type { Service, Target } from "../domain/target.ts";
import type { Answer } from "../engine/answer.ts";
import type { Grantee, WhoPlace } from "../engine/question-answers.ts";
import { valueOf } from "./command-values.ts";
import { namePlace, nameService } from "./name-places.ts";
import type { QuestionAsk, QuestionDeps } from "./question-ask.ts";
import type { Looked } from "./resolve-target.ts";

/** Who may start what, and who may approve it, in one environment of a service or in all. */
export async function whoAnswer(deps: QuestionDeps, ask: QuestionAsk): Promise<Answer> {
  const named = placesNamed(deps, ask);
  if (named.kind === "refused") return named.answer;
  const { service, targets } = named.value;
  const places = await Promise.all(targets.map((target) => whoIn(deps, ask, { service, target })));
  const groups = places.flatMap(({ start, approval }) =>
    [...start.flatMap(({ from }) => from), ...(approval?.from ?? [])].flatMap((one) =>
      one.kind === "group" ? [one.group] : [],
    ),
  );
  const counts = await deps.check.memberCounts([...new Set(groups)]);
  return { kind: "who", service: service.name, places, counts };
}

interface Places {
  readonly service: Service;
  readonly targets: readonly Target[];
}

function placesNamed(deps: QuestionDeps, ask: QuestionAsk): Looked<Places> {
  if (valueOf(ask.command, ask.values, "environment") === null) {
    const named = nameService(deps.inventory, ask);
    if (named.kind === "refused") return named;
    return { kind: "found", value: { service: named.value, targets: named.value.environments } };
  }
  const named = namePlace(deps.inventory, ask);
  if (named.kind === "refused") return named;
  const { service, target } = named.value;
  return { kind: "found", value: { service, targets: [target] } };
}

async function whoIn(
  deps: QuestionDeps,
  { person }: QuestionAsk,
  { service, target }: { readonly service: Service; readonly target: Target },
): Promise<WhoPlace> {
  const { approval, name: environment } = target;
  const acts = verbsOf(deps.commands).map((verb) => ({ verb, service: service.name, environment }));
  const judged = await Promise.all(acts.map((act) => deps.check.mayAct(person, [act])));
  const isApprover = approval === undefined ? false : await deps.check.isApprover(person, approval);
  const isKnown =
    isApprover !== undefined && judged.every((one) => one.kind === "allowed" || one.code !== "access.unverifiable");
  const verbs = acts.flatMap(({ verb }, index) => (judged[index]?.kind === "allowed" ? [verb] : []));
  const start = together(acts.map((act) => ({ verb: act.verb, from: deps.check.granted(act) })));
  return {
    environment,
    start,
    ...(approval !== undefined && { approval }),
    own: isKnown ? { verbs, isApprover } : undefined,
  };
}

/** Every verb that can be granted, in the order of the command files. */
function verbsOf(commands: readonly Command[]): readonly string[] {
  const verbs = commands.flatMap(({ body }) => {
    if (body.kind === "plan") return [body.plan.verb];
    return body.kind === "acts" && (body.acts === "lock" || body.acts === "unlock") ? [body.verb] : [];
  });
  return [...new Set(verbs)];
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
