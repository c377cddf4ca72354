import type { PlanNode } from "../domain/plan.ts";
import type { ExpressionType, TypeScope } from "../expressions/expression-type.ts";
import { atATimeOf, conditionOf, lockKeysOf, loopOf } from "./block-values.ts";
import { compileStep } from "./compile-step.ts";
import { compileUse } from "./compile-use.ts";
import type { PlanContext } from "./plan-context.ts";
import type { Chain, ChainEntry } from "./read-steps.ts";

interface Compiled {
  readonly nodes: readonly PlanNode[];
  /** The variables after these nodes. */
  readonly scope: TypeScope;
}

interface CompiledEntry {
  readonly node: PlanNode;
  readonly scope: TypeScope;
}

/** Where an entry stands: the variables there, and its own condition. */
interface Place {
  readonly scope: TypeScope;
  readonly condition: { readonly if?: string };
}

/** Compiles a chain whose steps stand below one path, with the variables that it begins with. */
export function compileChain(context: PlanContext, chain: Chain, scope: TypeScope): Compiled {
  return new ChainCompiler(context).compile(chain, scope);
}

/**
 * Compiles the entries that share one prefix of their step paths: a branch, the body of one loop, or everything side by side.
 * Locks and groups add nothing to the paths of what is in them, so the keys of blocks are counted across them.
 */
class ChainCompiler {
  readonly #context: PlanContext;
  readonly #blocks = new Map<string, number>();

  constructor(context: PlanContext) {
    this.#context = context;
  }

  compile(chain: Chain, before: TypeScope): Compiled {
    const nodes: PlanNode[] = [];
    let scope = before;
    for (const entry of chain) {
      const compiled = this.#compileEntry(entry, scope);
      nodes.push(compiled.node);
      scope = compiled.scope;
    }
    return { nodes, scope };
  }

  #compileEntry(entry: ChainEntry, scope: TypeScope): CompiledEntry {
    const place = { scope, condition: conditionOf(this.#context, entry, scope) };
    switch (entry.sort) {
      case "step": {
        const { node, outputs } = compileStep(this.#context, entry, place);
        return { node, scope: withStep(scope, node.key, outputs) };
      }
      case "use": {
        const { node, outputs } = compileUse(this.#context, entry, place);
        return { node, scope: withStep(scope, node.key, outputs) };
      }
      case "for-each":
        return this.#forEach(entry, place);
      case "parallel":
        return this.#parallel(entry, place);
      case "lock":
        return this.#lock(entry, place);
      case "group": {
        const key = this.#key("group");
        const inner = this.compile(entry.steps, scope);
        return { node: { type: "group", key, ...place.condition, steps: inner.nodes }, scope: inner.scope };
      }
    }
  }

  #forEach(loop: ChainEntry & { readonly sort: "for-each" }, { scope, condition }: Place): CompiledEntry {
    const { items, body } = loopOf(this.#context, loop, scope);
    const { as, "fail-fast": failFast } = loop.entry;
    const node: PlanNode = {
      type: "for-each",
      key: this.#key("for-each"),
      items,
      as,
      ...atATimeOf(this.#context, loop, scope),
      ...(failFast !== undefined && { failFast }),
      ...condition,
      steps: compileChain(this.#context, loop.steps, body).nodes,
    };
    return { node, scope };
  }

  /** The branches see what was before them and nothing of one another; what follows sees them all. */
  #parallel({ entry, steps }: ChainEntry & { readonly sort: "parallel" }, { scope, condition }: Place): CompiledEntry {
    const key = this.#key("parallel");
    const inside = new ChainCompiler(this.#context);
    const branches = steps.map((branch) => inside.compile([branch], scope));
    const { "fail-fast": failFast } = entry;
    const node: PlanNode = {
      type: "parallel",
      key,
      ...(failFast !== undefined && { failFast }),
      ...condition,
      branches: branches.flatMap(({ nodes }) => nodes),
    };
    const after = Object.fromEntries(branches.flatMap((branch) => Object.entries(stepsIn(branch.scope))));
    return { node, scope: withSteps(scope, after) };
  }

  #lock(lock: ChainEntry & { readonly sort: "lock" }, { scope, condition }: Place): CompiledEntry {
    const keys = lockKeysOf(this.#context, lock, scope);
    const key = this.#key("lock");
    const inner = this.compile(lock.steps, scope);
    const { "when-locked": whenLocked, hold } = lock.entry;
    const holding = hold ? { hold: true } : {};
    const node: PlanNode = { type: "lock", key, keys, whenLocked, ...holding, ...condition, steps: inner.nodes };
    return { node, scope: inner.scope };
  }

  /** A key that no step has, because steps stand beside blocks. */
  #key(sort: string): string {
    const count = (this.#blocks.get(sort) ?? 0) + 1;
    this.#blocks.set(sort, count);
    const key = count === 1 ? sort : `${sort}-${count}`;
    return this.#context.ids.has(key) ? this.#key(sort) : key;
  }
}

type Fields = Readonly<Record<string, ExpressionType>>;

function stepsIn({ steps }: TypeScope): Fields {
  return steps?.kind === "object" ? steps.fields : {};
}

function withStep(scope: TypeScope, id: string, outputs: ExpressionType): TypeScope {
  return withSteps(scope, { [id]: { kind: "object", name: `steps.${id}`, fields: { outputs } } });
}

function withSteps(scope: TypeScope, added: Fields): TypeScope {
  return { ...scope, steps: { kind: "object", name: "steps", fields: { ...stepsIn(scope), ...added } } };
}
