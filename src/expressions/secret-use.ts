import type { ASTNode } from "@marcbachmann/cel-js";

import type { ExpressionProblem } from "./expression-problem.ts";
import { type ExpressionType, holdsSecret, type TypeScope, typeText } from "./expression-type.ts";
import { calledName, childrenOf, spanOf, tryLoop } from "./syntax-tree.ts";
import { typeOf } from "./unknown-name.ts";

/** The variable whose members are the secrets of the configuration. */
const SECRETS = "secrets";

/** The names of the secrets of the configuration that stand in an expression, as `secrets.NAME`. */
export function secretNames(node: ASTNode): readonly string[] {
  const own = node.op === "." && isSecrets(node.args[0]) ? [node.args[1]] : [];
  return [...own, ...childrenOf(node).flatMap(secretNames)];
}

/** Where a secret is not passed on as a whole but compared, joined, or made a part of something: the first such place. */
export function findSecretMisuse(node: ASTNode, scope: TypeScope): ExpressionProblem | undefined {
  return misuseIn(node, { scope, role: "whole" });
}

interface Place {
  readonly scope: TypeScope;
  /** What becomes of the value: it is the whole result, a member of it is named, or it is worked on. */
  readonly role: "whole" | "base" | "part";
}

function misuseIn(node: ASTNode, place: Place): ExpressionProblem | undefined {
  const { scope, role } = place;
  if (isSecrets(node) && role !== "base") return problem(node, "secrets are named one by one, such as secrets.TOKEN");
  const type = typeOf(node, scope);
  if (role === "part" && holdsSecret(type)) return problem(node, partMessage(type));
  if (node.op === "?:") {
    const [condition, ...sides] = node.args;
    return misuseIn(condition, { scope, role: "part" }) ?? firstOf(sides, place);
  }
  if (node.op === ".") return misuseIn(node.args[0], { scope, role: "base" });
  if (node.op !== "[]") return misuseInParts(node, scope);
  const [base, index] = node.args;
  if (isSecrets(base)) return problem(node, "a secret is named as secrets.TOKEN, without brackets");
  return misuseIn(base, { scope, role: "base" }) ?? misuseIn(index, { scope, role: "part" });
}

function misuseInParts(node: ASTNode, scope: TypeScope): ExpressionProblem | undefined {
  // Whether it is there tells nothing of what it is.
  if (calledName(node) === "has") return firstOf(childrenOf(node), { scope, role: "base" });
  const loop = tryLoop(node);
  if (loop === undefined) return firstOf(childrenOf(node), { scope, role: "part" });
  const list = typeOf(loop.list, scope);
  const item: ExpressionType = list.kind === "list" ? list.of : { kind: "any" };
  const inner = { scope: { ...scope, [loop.variable]: item }, role: "part" } as const;
  return misuseIn(loop.list, { scope, role: "part" }) ?? firstOf(loop.body, inner);
}

function firstOf(nodes: readonly ASTNode[], place: Place): ExpressionProblem | undefined {
  for (const node of nodes) {
    const found = misuseIn(node, place);
    if (found !== undefined) return found;
  }
  return undefined;
}

function partMessage(type: ExpressionType): string {
  if (type.kind === "secret") {
    return "a secret is only ever passed on as a whole: it is not compared, not joined to a text and no member of anything";
  }
  return `${typeText(type)} holds a secret, so its members are named one by one`;
}

function problem(node: ASTNode, message: string): ExpressionProblem {
  return { message, ...spanOf(node) };
}

function isSecrets(node: ASTNode): boolean {
  return node.op === "id" && node.args === SECRETS;
}
