import { type ASTNode, Environment } from "@marcbachmann/cel-js";

import { addFunctions, CALLABLE } from "./cel-functions.ts";
import { celProblem, type ExpressionProblem, noSuch } from "./expression-problem.ts";
import { calledName, childrenOf, spanOf, tryLoop } from "./syntax-tree.ts";

/** Limits that keep every expression fast; a command that needs more is better taken apart. */
const LONGEST_TEXT = 2000;
const DEEPEST_LOOP = 2;
const CEL_LIMITS = {
  maxAstNodes: 250,
  maxDepth: 32,
  maxListElements: 64,
  maxMapEntries: 64,
  maxCallArguments: 8,
};

export const CEL_OPTIONS = { limits: CEL_LIMITS, homogeneousAggregateLiterals: false } as const;

/** An expression that may be evaluated: its program, the variables it reads, and what bounds its running time. */
export interface Expression {
  readonly text: string;
  readonly ast: ASTNode;
  /** The free variables. */
  readonly names: ReadonlySet<string>;
  /** How many operations stand inside how many loops; index 0 is outside of all. */
  readonly operations: readonly number[];
  /** The same for those that may walk over a whole value: `==`, `!=`, `in`, `upTo`, `join`. */
  readonly walks: readonly number[];
  /** The longest list or map written in it, and by how much joining can multiply a list. */
  readonly longestLiteral: number;
  readonly joins: number;
  run(context: ReadonlyMap<string, unknown>): unknown;
}

export type Compilation =
  | { readonly ok: true; readonly expression: Expression }
  | { readonly ok: false; readonly problem: ExpressionProblem };

const untyped = addFunctions(new Environment({ ...CEL_OPTIONS, unlistedVariablesAreDyn: true }));

// A run evaluates the same few expressions at every turn; commands are reloaded at most a few times in a process's life.
const MOST_COMPILED = 2000;
const compiled = new Map<string, Compilation>();

/** Parses the text and checks everything that can be checked without knowing the variables. Never throws for a wrong text. */
export function compileExpression(text: string): Compilation {
  const known = compiled.get(text);
  if (known !== undefined) return known;
  const compilation = compileAnew(text);
  if (compiled.size >= MOST_COMPILED) compiled.clear();
  compiled.set(text, compilation);
  return compilation;
}

function compileAnew(text: string): Compilation {
  if (text.length > LONGEST_TEXT) {
    return refuse(`an expression has at most ${LONGEST_TEXT} characters, this one has ${text.length}`, 0, 1);
  }
  if (text.trim() === "") return refuse("an expression is expected, for example service.name", 0, 1);
  try {
    const program = untyped.parse(text);
    const survey = new Survey();
    survey.visit(program.ast, { depth: 0, bound: new Set() });
    if (survey.problem !== undefined) return { ok: false, problem: survey.problem };
    const run = (context: ReadonlyMap<string, unknown>): unknown => program(context);
    const { names, operations, walks, longestLiteral, joins } = survey;
    return { ok: true, expression: { text, ast: program.ast, names, operations, walks, longestLiteral, joins, run } };
  } catch (error) {
    const problem = celProblem(error, text);
    if (problem === undefined) throw error;
    return { ok: false, problem };
  }
}

function refuse(message: string, offset: number, length: number): Compilation {
  return { ok: false, problem: { message, offset, length } };
}

interface Place {
  readonly depth: number;
  /** Loop variables. */
  readonly bound: ReadonlySet<string>;
}

/** One walk over a parsed expression, which gathers what `Expression` says about it and the first thing that is not allowed. */
class Survey {
  readonly names = new Set<string>();
  readonly operations: number[] = [];
  readonly walks: number[] = [];
  longestLiteral = 1;
  joins = 1;
  problem: ExpressionProblem | undefined;

  visit(node: ASTNode, place: Place): void {
    this.operations[place.depth] = (this.operations[place.depth] ?? 0) + 1;
    this.#look(node, place);
    const loop = tryLoop(node);
    if (loop === undefined) return this.#visitAll(childrenOf(node), place);
    if (place.depth >= DEEPEST_LOOP) this.#refuse(`${DEEPEST_LOOP} loops within one another are the most`, node);
    this.visit(loop.list, place);
    this.#visitAll(loop.body, { depth: place.depth + 1, bound: new Set([...place.bound, loop.variable]) });
  }

  #look(node: ASTNode, place: Place): void {
    const forbidden = whyForbidden(node);
    if (forbidden !== undefined) this.#refuse(forbidden, node);
    if (node.op === "id" && !place.bound.has(node.args)) this.names.add(node.args);
    if (node.op === "list" || node.op === "map") {
      this.longestLiteral = Math.max(this.longestLiteral, node.args.length);
    }
    if (node.op === "+") this.joins += 1;
    if (mayWalk(node)) this.walks[place.depth] = (this.walks[place.depth] ?? 0) + 1;
  }

  #visitAll(nodes: readonly ASTNode[], place: Place): void {
    for (const node of nodes) this.visit(node, place);
  }

  #refuse(message: string, node: ASTNode): void {
    this.problem ??= { message, ...spanOf(node) };
  }
}

function whyForbidden(node: ASTNode): string | undefined {
  const called = calledName(node);
  if (called !== undefined && !CALLABLE.has(called)) return noSuch("there is no function", called, [...CALLABLE]);
  const isForeign = node.op === "value" && typeof node.args === "object" && node.args !== null;
  return isForeign ? "numbers are written 1 or 1.5, and texts 'like this'" : undefined;
}

function mayWalk(node: ASTNode): boolean {
  const called = calledName(node);
  if (called !== undefined) return called === "upTo" || called === "join";
  const compares = node.op === "==" || node.op === "!=" || node.op === "in";
  return compares && !childrenOf(node).some((side) => side.op === "value");
}
