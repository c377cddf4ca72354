import type { ASTNode } from "@marcbachmann/cel-js";

import { LOOPS } from "./cel-functions.ts";

/** The nodes directly below a node, in the order of the text. */
export function childrenOf(node: ASTNode): readonly ASTNode[] {
  const parts: readonly unknown[] = [node.args].flat(3);
  return parts.filter(isNode);
}

function isNode(part: unknown): part is ASTNode {
  return typeof part === "object" && part !== null && "op" in part;
}

/** A call such as `list.map(x, x.name)`: one of its arguments is evaluated once for each item of `list`. */
export interface Loop {
  readonly list: ASTNode;
  readonly variable: string;
  readonly body: readonly ASTNode[];
}

export function tryLoop(node: ASTNode): Loop | undefined {
  if (node.op !== "rcall") return undefined;
  const [name, list, [binder, ...body]] = node.args;
  return LOOPS.has(name) && binder?.op === "id" ? { list, variable: binder.args, body } : undefined;
}

/** What is called, in `f(x)` as in `x.f()`. */
export function calledName(node: ASTNode): string | undefined {
  return node.op === "call" || node.op === "rcall" ? node.args[0] : undefined;
}

export function spanOf(node: ASTNode): { readonly offset: number; readonly length: number } {
  return { offset: node.start, length: Math.max(1, node.end - node.start) };
}
