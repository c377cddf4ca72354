import { Environment } from "@marcbachmann/cel-js";

import { addFunctions } from "./cel-functions.ts";
import { celProblem, type ExpressionProblem } from "./expression-problem.ts";
import { ANY, type ExpressionType, type TypeScope } from "./expression-type.ts";
import { CEL_OPTIONS, compileExpression } from "./expression.ts";
import { findSecretMisuse, secretNames } from "./secret-use.ts";
import { findUnknownName } from "./unknown-name.ts";
import { findUnknownValue } from "./unknown-value.ts";

export type Check =
  /** `secrets` are the names of those of the configuration that it passes on. */
  | { readonly ok: true; readonly type: ExpressionType; readonly secrets: readonly string[] }
  | { readonly ok: false; readonly problem: ExpressionProblem };

/**
 * Checks an expression (bare, without `${{ }}`) against the types of the variables that it may use: syntax, names, fields,
 * operands, arguments. Pure; never throws for a wrong text.
 */
export function checkExpression(text: string, scope: TypeScope): Check {
  const compilation = compileExpression(text);
  if (!compilation.ok) return compilation;
  const unknown = findUnknownName(compilation.expression.ast, scope);
  const { ast } = compilation.expression;
  const wrong = unknown ?? findSecretMisuse(ast, scope) ?? findUnknownValue(ast, scope);
  if (wrong !== undefined) return { ok: false, problem: wrong };
  const { environment, objects } = typedEnvironment(scope);
  const result = environment.check(text);
  if (result.valid) {
    const secrets = secretNames(compilation.expression.ast);
    return { ok: true, type: parseType(result.type ?? "dyn", objects), secrets };
  }
  const problem = celProblem(result.error, text);
  if (problem === undefined) throw result.error ?? new Error("the check failed without a reason");
  return { ok: false, problem };
}

const SECRET = "secret";

// One scope is used for many expressions of a command, and building an environment costs more than checking with it.
const typedEnvironments = new WeakMap<TypeScope, TypedEnvironment>();

function typedEnvironment(scope: TypeScope): TypedEnvironment {
  const known = typedEnvironments.get(scope);
  if (known !== undefined) return known;
  const typed = new TypedEnvironment(scope);
  typedEnvironments.set(scope, typed);
  return typed;
}

/** The CEL library's environment for a scope. Objects with the same fields are the same type, whatever they are called. */
class TypedEnvironment {
  readonly environment = addFunctions(new Environment(CEL_OPTIONS));
  /** By the name under which the library knows them. */
  readonly objects = new Map<string, ExpressionType>();
  readonly #names = new Map<string, string>();

  constructor(scope: TypeScope) {
    for (const [name, type] of Object.entries(scope)) this.environment.registerVariable(name, this.#declare(type));
  }

  /** A type of its own that nothing can be done with. */
  #declareSecret(): string {
    if (!this.objects.has(SECRET)) {
      this.environment.registerType(SECRET, { fields: {} });
      this.objects.set(SECRET, { kind: "secret" });
    }
    return SECRET;
  }

  /** The library's name of the type; object types are registered first, those within them before them. */
  #declare(type: ExpressionType): string {
    if (type.kind === "any") return "dyn";
    if (type.kind === "list") return `list<${this.#declare(type.of)}>`;
    if (type.kind === "map") return `map<string, ${this.#declare(type.of)}>`;
    if (type.kind === "secret") return this.#declareSecret();
    if (type.kind !== "object") return type.kind;
    const fields = Object.entries(type.fields).map(([field, inner]) => [field, this.#declare(inner)] as const);
    const shape = JSON.stringify(fields.toSorted(([left], [right]) => (left < right ? -1 : 1)));
    const known = this.#names.get(shape);
    if (known !== undefined) return known;
    const name = this.objects.has(type.name) ? `${type.name}#${this.objects.size}` : type.name;
    this.environment.registerType(name, { fields: Object.fromEntries(fields) });
    this.objects.set(name, type);
    this.#names.set(shape, name);
    return name;
  }
}

function parseType(text: string, objects: ReadonlyMap<string, ExpressionType>): ExpressionType {
  switch (text) {
    case "string":
    case "int":
    case "double":
    case "bool":
    case "null":
      return { kind: text };
    case "list":
      return { kind: "list", of: ANY };
    case "map":
      return { kind: "map", of: ANY };
    default:
  }
  const list = /^list<(.+)>$/u.exec(text);
  if (list?.[1] !== undefined) return { kind: "list", of: parseType(list[1], objects) };
  const map = /^map<string, (.+)>$/u.exec(text);
  if (map?.[1] !== undefined) return { kind: "map", of: parseType(map[1], objects) };
  return objects.get(text) ?? (text.startsWith("map<") ? { kind: "map", of: ANY } : ANY);
}
