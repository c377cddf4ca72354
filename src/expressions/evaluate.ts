import { AppError, errorText } from "../platform/errors.ts";
import { isJsonList, isJsonMap, type Json } from "../platform/canonical-json.ts";
import { fromCel, toCel, type Weight } from "./cel-values.ts";
import { compileExpression, type Expression } from "./expression.ts";
import { bareExpression, parseTemplate, type TemplatePart } from "./template.ts";

/** The values of the variables, by name. */
export type Scope = Readonly<Record<string, Json>>;

// Chosen so that the slowest expression allowed stays well below 50 ms.
const MOST_OPERATIONS = 200_000;
const LONGEST_TEXT = 50_000;

/**
 * The value of an expression, which may stand in `${{ }}` or bare. Pure: the same text and scope give the same value.
 * Throws an AppError `expression.failed` that names the expression, for a mistake in it as for a value that is not there.
 */
export function evaluateExpression(text: string, scope: Scope): Json {
  const bare = bareExpression(text);
  const compilation = compileExpression(bare);
  if (!compilation.ok) throw failed(bare, compilation.problem.message);
  try {
    return run(compilation.expression, scope);
  } catch (error) {
    throw error instanceof Error ? failed(bare, reasonOf(error)) : error;
  }
}

/** Whether the condition holds; anything but true or false fails. */
export function evaluateCondition(text: string, scope: Scope): boolean {
  const value = evaluateExpression(text, scope);
  if (typeof value === "boolean") return value;
  throw failed(bareExpression(text), `a condition is true or false, not ${describe(value)}`);
}

/** The items to go through; anything but a list fails. */
export function evaluateList(text: string, scope: Scope): readonly Json[] {
  const value = evaluateExpression(text, scope);
  if (isJsonList(value)) return value;
  throw failed(bareExpression(text), `a list is expected, not ${describe(value)}`);
}

/**
 * The JSON value with every `${{ }}` in its strings evaluated. A string that is one expression and nothing else becomes
 * that expression's value, whatever its type; in longer strings values become text, null becomes nothing, and a list or a
 * map fails. Keys are left as they are. Values put in are never looked at for `${{ }}` again.
 */
export function evaluateTemplate(value: Json, scope: Scope): Json {
  if (typeof value === "string") return evaluateText(value, scope);
  if (isJsonList(value)) return value.map((item) => evaluateTemplate(item, scope));
  if (!isJsonMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, evaluateTemplate(member, scope)]));
}

function evaluateText(text: string, scope: Scope): Json {
  if (!text.includes("${{")) return text;
  const template = parseTemplate(text);
  if (!template.ok) throw failed(text, template.problem.message);
  const [first, ...rest] = template.parts;
  if (first?.kind === "expression" && rest.length === 0) return evaluateExpression(first.text, scope);
  const result = template.parts.map((part) => partText(part, scope)).join("");
  if (result.length > LONGEST_TEXT) throw failed(text, `it gives a text of ${result.length} characters`);
  return result;
}

function partText(part: TemplatePart, scope: Scope): string {
  if (part.kind === "text") return part.text;
  const value = evaluateExpression(part.text, scope);
  if (value === null) return "";
  if (typeof value !== "object") return String(value);
  throw failed(part.text, `${describe(value)} cannot stand inside a text; name one of its fields`);
}

function run(expression: Expression, scope: Scope): Json {
  const weight: Weight = { values: 0, longest: expression.longestLiteral };
  const context = new Map<string, unknown>();
  for (const name of expression.names) {
    const value = Object.hasOwn(scope, name) ? scope[name] : undefined;
    if (value !== undefined) context.set(name, toCel(value, weight));
  }
  if (mostOperations(expression, weight) > MOST_OPERATIONS) {
    throw new RangeError(`it is too much work on ${weight.values} values; take it apart`);
  }
  return fromCel(expression.run(context));
}

/** An upper bound of the work: loops multiply by the longest list there can be, walks by a share of all values. */
function mostOperations(expression: Expression, weight: Weight): number {
  const longest = weight.longest * expression.joins;
  let most = 0;
  for (const [depth, count] of expression.operations.entries()) {
    const walks = (expression.walks[depth] ?? 0) * (weight.values / 5);
    most += (count + walks) * longest ** depth;
  }
  return most;
}

function describe(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}

/** The CEL library's own message ends with an excerpt of several lines; its summary is the sentence alone. */
function reasonOf(error: Error): string {
  return "summary" in error && typeof error.summary === "string" ? error.summary : errorText(error);
}

function failed(text: string, reason: string): AppError {
  const expression = text.length > 200 ? `${text.slice(0, 200)}...` : text;
  const why = reason.slice(0, 1).toLowerCase() + reason.slice(1);
  // Most of them have quotes of their own.
  return new AppError(`The expression \`${expression}\` failed: ${why}`, {
    code: "expression.failed",
    details: { expression },
  });
}
