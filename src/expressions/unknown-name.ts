import type { ASTNode } from "@marcbachmann/cel-js";

import { type ExpressionProblem, noSuch } from "./expression-problem.ts";
import { ANY, type ExpressionType, type TypeScope } from "./expression-type.ts";
import { calledName, childrenOf, spanOf, tryLoop } from "./syntax-tree.ts";

/**
 * The first variable or field that does not exist, with what was probably meant. The CEL library's own check does not look
 * into `has(...)`, and names no candidates.
 */
export function findUnknownName(node: ASTNode, scope: TypeScope): ExpressionProblem | undefined {
  if (node.op === "id" && !Object.hasOwn(scope, node.args)) {
    const message = noSuch("there is no variable", node.args, Object.keys(scope));
    return { message, ...spanOf(node), unknown: { name: node.args } };
  }
  const loop = tryLoop(node);
  if (loop !== undefined) {
    const list = typeOf(loop.list, scope);
    const item = list.kind === "list" ? list.of : ANY;
    return findIn([loop.list], scope) ?? findIn(loop.body, { ...scope, [loop.variable]: item });
  }
  return findIn(childrenOf(node), scope) ?? findUnknownField(node, scope);
}

function findIn(nodes: readonly ASTNode[], scope: TypeScope): ExpressionProblem | undefined {
  for (const node of nodes) {
    const problem = findUnknownName(node, scope);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function findUnknownField(node: ASTNode, scope: TypeScope): ExpressionProblem | undefined {
  if (node.op !== ".") return undefined;
  const [left, field] = node.args;
  const type = typeOf(left, scope);
  if (type.kind !== "object" || Object.hasOwn(type.fields, field)) return undefined;
  const message = noSuch(`${type.name} has no`, field, Object.keys(type.fields));
  const unknown = { name: field, of: type.name };
  return { message, offset: Math.max(0, node.end - field.length), length: field.length, unknown };
}

/** The type of a node as far as following names gives it; `any` beyond that. */
export function typeOf(node: ASTNode, scope: TypeScope): ExpressionType {
  if (node.op === "id") return own(scope, node.args);
  if (node.op === ".") return typeOfField(typeOf(node.args[0], scope), node.args[1]);
  if (node.op === "[]") return typeOfItem(typeOf(node.args[0], scope));
  const [first, second] = childrenOf(node);
  if (calledName(node) === "upTo" && first !== undefined && second !== undefined) return typeOf(first, scope);
  if (calledName(node) === "filter" && first !== undefined) return typeOf(first, scope);
  return ANY;
}

function typeOfField(type: ExpressionType, field: string): ExpressionType {
  if (type.kind === "object") return own(type.fields, field);
  return type.kind === "map" ? type.of : ANY;
}

function typeOfItem(type: ExpressionType): ExpressionType {
  return type.kind === "list" || type.kind === "map" ? type.of : ANY;
}

function own(types: Readonly<Record<string, ExpressionType>>, name: string): ExpressionType {
  return (Object.hasOwn(types, name) ? types[name] : undefined) ?? ANY;
}
