import { ANY, type ExpressionType, type TypeScope, typeText } from "../expressions/expression-type.ts";
import { bareExpression } from "../expressions/template.ts";
import type { ForEachEntry } from "./chain-entries.ts";
import type { ExpressionText, PlanContext } from "./plan-context.ts";
import type { ChainEntry } from "./read-steps.ts";
import { templateExpression } from "./template-expression.ts";

/** The condition of an entry, as a node has it. */
export function conditionOf(
  context: PlanContext,
  { entry, path }: ChainEntry,
  scope: TypeScope,
): { readonly if?: string } {
  if (entry.if === undefined) return {};
  const place = { path: [...path, "if"], text: entry.if };
  context.expectExpression({ place, scope, kinds: ["bool"], what: '"if" is true or false' });
  return { if: bareExpression(entry.if) };
}

type LoopEntry = ChainEntry & { readonly sort: "for-each" };

/** The list that a loop goes through, and the variables in its body. */
export function loopOf(
  context: PlanContext,
  { entry, path }: LoopEntry,
  scope: TypeScope,
): { readonly items: string; readonly body: TypeScope } {
  const place = { path: [...path, "for-each"], text: entry["for-each"] };
  const type = context.expectExpression({ place, scope, kinds: ["list"], what: '"for-each" goes through a list' });
  if (Object.hasOwn(scope, entry.as) || entry.as === "failure") {
    const span = context.source.valueSpan([...path, "as"]);
    context.report(span, `there is a "${entry.as}" already; give the loop's variable a name of its own`);
  }
  const item: ExpressionType = type.kind === "list" ? type.of : ANY;
  if (item.kind === "secret") {
    context.report(
      context.source.valueSpan(place.path),
      "a loop does not go through secrets, because its values are shown",
    );
  }
  return { items: bareExpression(entry["for-each"]), body: { ...scope, [entry.as]: item } };
}

/** How many iterations run at once: a number, a share, or a template that gives one of them. */
export function atATimeOf(
  context: PlanContext,
  { entry, path }: LoopEntry,
  scope: TypeScope,
): { readonly atATime?: NonNullable<ForEachEntry["at-a-time"]> } {
  const { "at-a-time": atATime } = entry;
  if (atATime === undefined) return {};
  if (typeof atATime === "string") checkAtATime(context, { path: [...path, "at-a-time"], text: atATime }, scope);
  return { atATime };
}

function checkAtATime(context: PlanContext, place: ExpressionText, scope: TypeScope): void {
  const { text } = place;
  const what = '"at-a-time" is a whole number such as 3, or a share such as 20%';
  if (text.includes("${{")) {
    context.expectTemplate({ place, scope, kinds: ["int", "string"], what });
    return;
  }
  if (/^(?:[1-9]\d?|100)%$/u.test(text)) return;
  context.report(context.source.valueSpan(place.path), `${what}, but this is the text "${text.slice(0, 60)}"`);
}

/** The keys of a lock as one template that gives a text or a list of texts. */
export function lockKeysOf(
  context: PlanContext,
  { entry, path }: ChainEntry & { readonly sort: "lock" },
  scope: TypeScope,
): string {
  if (typeof entry.lock !== "string") {
    const keys = entry.lock.map((text, index) => {
      expectKey(context, { path: [...path, "lock", index], text }, scope);
      return templateExpression(text);
    });
    return `\${{ [${keys.join(", ")}] }}`;
  }
  expectKey(context, { path: [...path, "lock"], text: entry.lock }, scope);
  return `\${{ ${templateExpression(entry.lock)} }}`;
}

function expectKey(context: PlanContext, place: ExpressionText, scope: TypeScope): void {
  const type = context.checkTemplate(place, scope);
  const item = type.kind === "list" ? type.of : type;
  if (item.kind === "string" || item.kind === "any") return;
  const message = `a lock's key is a text, or a list of texts, but this is ${typeText(type)}`;
  context.report(context.source.valueSpan(place.path), message);
}
