import type { ASTNode } from "@marcbachmann/cel-js";

import { type ExpressionProblem, noSuch } from "./expression-problem.ts";
import { ANY, type TypeScope } from "./expression-type.ts";
import { childrenOf, spanOf, tryLoop } from "./syntax-tree.ts";
import { typeOf } from "./unknown-name.ts";

const COMPARING = new Set(["==", "!="]);

/**
 * The first text that is compared with something that never is that text, as one of a few is all that it can be: such a condition
 * holds always or never, and nobody would know why.
 */
export function findUnknownValue(node: ASTNode, scope: TypeScope): ExpressionProblem | undefined {
  const loop = tryLoop(node);
  if (loop !== undefined) {
    const list = typeOf(loop.list, scope);
    const item = list.kind === "list" ? list.of : ANY;
    return findIn([loop.list], scope) ?? findIn(loop.body, { ...scope, [loop.variable]: item });
  }
  return findHere(node, scope) ?? findIn(childrenOf(node), scope);
}

function findIn(nodes: readonly ASTNode[], scope: TypeScope): ExpressionProblem | undefined {
  for (const node of nodes) {
    const problem = findUnknownValue(node, scope);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function findHere(node: ASTNode, scope: TypeScope): ExpressionProblem | undefined {
  const [left, right] = childrenOf(node);
  if (left === undefined || right === undefined) return undefined;
  if (COMPARING.has(node.op)) return compared(left, [right], scope) ?? compared(right, [left], scope);
  return node.op === "in" && right.op === "list" ? compared(left, childrenOf(right), scope) : undefined;
}

function compared(value: ASTNode, texts: readonly ASTNode[], scope: TypeScope): ExpressionProblem | undefined {
  const type = typeOf(value, scope);
  if (type.kind !== "string" || type.values === undefined) return undefined;
  for (const text of texts) {
    // Whether it is empty is asked out of caution, and no mistake.
    if (text.op !== "value" || typeof text.args !== "string" || text.args === "") continue;
    if (type.values.includes(text.args)) continue;
    return { message: noSuch("this is never", text.args, type.values), ...spanOf(text) };
  }
  return undefined;
}
