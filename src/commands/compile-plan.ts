import type { Plan, PlanNode, RetryRule, StepNode } from "../domain/plan.ts";
import { type ExpressionType, type TypeScope, typeOfSchema, typeText } from "../expressions/expression-type.ts";
import { bareExpression, parseTemplate } from "../expressions/template.ts";
import { didYouMean } from "../platform/did-you-mean.ts";
import { checkWith } from "./check-with.ts";
import type { StepEntry } from "./command-file.ts";
import type { CommandDiagnostic, CommandSource, ValuePath } from "./command-source.ts";
import type { CommandInput } from "./command.ts";
import { FAILURE, inputScope } from "./input-types.ts";
import { PlanContext } from "./plan-context.ts";
import { allSteps, type Chain, type ChainEntry } from "./read-steps.ts";
import type { StepCatalogue, StepDescription } from "./step-catalogue.ts";

/** What a plan is made of: a command file, read. */
export interface PlanParts {
  readonly command: string;
  readonly title: string;
  readonly verb: string;
  readonly timeoutMs: number | undefined;
  readonly urgent: boolean;
  readonly inputs: readonly CommandInput[];
  readonly steps: Chain;
  readonly onFailure: Chain;
}

const MOST_STEPS = 200;

/** Compiles a chain into what a run executes, and reports everything that cannot be right about it. */
export function compilePlan(
  parts: PlanParts,
  { source, catalogue }: { readonly source: CommandSource; readonly catalogue: StepCatalogue },
): { readonly plan: Plan; readonly diagnostics: readonly CommandDiagnostic[] } {
  const steps = [...allSteps(parts.steps), ...allSteps(parts.onFailure)];
  const context = new PlanContext(source, new Set(steps.map(({ entry }) => entry.id)));
  refuseDoubleIds(context, steps);
  if (steps.length > MOST_STEPS) {
    context.report(
      source.keySpan(["steps"]),
      `a command has at most ${MOST_STEPS} steps, this one has ${steps.length}`,
    );
  }
  const isReadable = steps.length <= MOST_STEPS;
  const scope = inputScope(parts.inputs);
  const main = new ChainCompiler(context, catalogue).compile(isReadable ? parts.steps : [], scope);
  const failed = { ...scope, failure: FAILURE };
  const branch = new ChainCompiler(context, catalogue).compile(isReadable ? parts.onFailure : [], failed);
  const plan: Plan = {
    engine: 1,
    command: parts.command,
    title: parts.title,
    verb: parts.verb,
    steps: [...main.nodes],
    onFailure: [...branch.nodes],
    ...(parts.timeoutMs === undefined ? {} : { timeoutMs: parts.timeoutMs }),
    ...(parts.urgent && { urgent: true }),
  };
  return { plan, diagnostics: context.diagnostics };
}

function refuseDoubleIds(context: PlanContext, steps: readonly (ChainEntry & { readonly sort: "step" })[]): void {
  const seen = new Set<string>();
  for (const { entry, path } of steps) {
    if (seen.has(entry.id)) {
      const span = context.source.valueSpan([...path, "id"]);
      context.report(span, `there are two steps "${entry.id}"; an id names one step of the command`);
    }
    seen.add(entry.id);
  }
}

interface Compiled {
  readonly nodes: readonly PlanNode[];
  /** The variables after these nodes. */
  readonly scope: TypeScope;
}

/**
 * Compiles the entries that share one prefix of their step paths: a branch, or the body of one loop. Locks and groups add
 * nothing to the paths of what is in them, so the keys of blocks are counted across them.
 */
class ChainCompiler {
  readonly #context: PlanContext;
  readonly #catalogue: StepCatalogue;
  readonly #blocks = new Map<string, number>();

  constructor(context: PlanContext, catalogue: StepCatalogue) {
    this.#context = context;
    this.#catalogue = catalogue;
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

  #compileEntry(entry: ChainEntry, scope: TypeScope): { readonly node: PlanNode; readonly scope: TypeScope } {
    const condition = this.#condition(entry, scope);
    switch (entry.sort) {
      case "step":
        return this.#compileStep(entry, { scope, condition });
      case "for-each": {
        const { items, body } = this.#loop(entry, scope);
        const { nodes } = new ChainCompiler(this.#context, this.#catalogue).compile(entry.steps, body);
        const { as } = entry.entry;
        return { node: { type: "for-each", key: this.#key("for-each"), items, as, ...condition, steps: nodes }, scope };
      }
      case "lock": {
        const keys = this.#lockKeys(entry, scope);
        const key = this.#key("lock");
        const inner = this.compile(entry.steps, scope);
        const { "when-locked": whenLocked, hold } = entry.entry;
        const holding = hold ? { hold: true } : {};
        const node: PlanNode = { type: "lock", key, keys, whenLocked, ...holding, ...condition, steps: inner.nodes };
        return { node, scope: inner.scope };
      }
      case "group": {
        const key = this.#key("group");
        const inner = this.compile(entry.steps, scope);
        return { node: { type: "group", key, ...condition, steps: inner.nodes }, scope: inner.scope };
      }
    }
  }

  #key(sort: string): string {
    const count = (this.#blocks.get(sort) ?? 0) + 1;
    this.#blocks.set(sort, count);
    return count === 1 ? sort : `${sort}-${count}`;
  }

  #condition({ entry, path }: ChainEntry, scope: TypeScope): { readonly if?: string } {
    if (entry.if === undefined) return {};
    const place = { path: [...path, "if"], text: entry.if };
    this.#expect(["bool"], { place, scope, what: '"if" is true or false' });
    return { if: bareExpression(entry.if) };
  }

  #loop(
    { entry, path }: ChainEntry & { readonly sort: "for-each" },
    scope: TypeScope,
  ): { readonly items: string; readonly body: TypeScope } {
    const place = { path: [...path, "for-each"], text: entry["for-each"] };
    const type = this.#expect(["list"], { place, scope, what: '"for-each" goes through a list' });
    if (Object.hasOwn(scope, entry.as) || entry.as === "failure") {
      const span = this.#context.source.valueSpan([...path, "as"]);
      this.#context.report(span, `there is a "${entry.as}" already; give the loop's variable a name of its own`);
    }
    const item: ExpressionType = type.kind === "list" ? type.of : { kind: "any" };
    return { items: bareExpression(entry["for-each"]), body: { ...scope, [entry.as]: item } };
  }

  /** The keys as one template that gives a text or a list of texts. */
  #lockKeys({ entry, path }: ChainEntry & { readonly sort: "lock" }, scope: TypeScope): string {
    const what = "a lock's key is a text, or a list of texts";
    if (typeof entry.lock !== "string") {
      const keys = entry.lock.map((text, index) => {
        this.#expectKey({ place: { path: [...path, "lock", index], text }, scope, what });
        return templateExpression(text);
      });
      return `\${{ [${keys.join(", ")}] }}`;
    }
    this.#expectKey({ place: { path: [...path, "lock"], text: entry.lock }, scope, what });
    return `\${{ ${templateExpression(entry.lock)} }}`;
  }

  #expectKey({ place, scope, what }: Expectation): void {
    const type = this.#context.checkTemplate(place, scope);
    const item = type.kind === "list" ? type.of : type;
    if (item.kind === "string" || item.kind === "any") return;
    this.#context.report(this.#context.source.valueSpan(place.path), `${what}, but this is ${typeText(type)}`);
  }

  #expect(kinds: readonly string[], { place, scope, what }: Expectation): ExpressionType {
    const type = this.#context.checkExpression(place, scope);
    if (type.kind === "any" || kinds.includes(type.kind)) return type;
    this.#context.report(this.#context.source.valueSpan(place.path), `${what}, but this is ${typeText(type)}`);
    return { kind: "any" };
  }

  #compileStep(
    { entry, path }: ChainEntry & { readonly sort: "step" },
    { scope, condition }: { readonly scope: TypeScope; readonly condition: { readonly if?: string } },
  ): { readonly node: StepNode; readonly scope: TypeScope } {
    const kind = this.#catalogue.get(entry.uses);
    if (kind === undefined) this.#reportUnknownKind(entry, path);
    else checkWith(this.#context, { entry, path, schema: kind.inputSchema }, scope);
    this.#checkTiming({ entry, path, kind });
    const node: StepNode = {
      type: "step",
      key: entry.id,
      uses: entry.uses,
      sort: kind?.sort ?? "action",
      protects: kind?.protects ?? false,
      with: entry.with,
      ...(kind?.stopWith === undefined ? {} : { stopWith: kind.stopWith }),
      ...condition,
      ...timingOf(entry),
    };
    const outputs = kind && typeOfSchema(kind.outputSchema, `steps.${entry.id}.outputs`);
    return { node, scope: withStep(scope, entry.id, outputs ?? { kind: "any" }) };
  }

  #reportUnknownKind(entry: StepEntry, path: ValuePath): void {
    const kinds = [...this.#catalogue.keys()];
    const near = didYouMean(entry.uses, kinds);
    const right = near === undefined ? `There is: ${kinds.toSorted().join(", ")}` : `Did you mean "${near}"?`;
    this.#context.report(this.#context.source.valueSpan([...path, "uses"]), `no step kind "${entry.uses}". ${right}`);
  }

  #checkTiming({
    entry,
    path,
    kind,
  }: {
    readonly entry: StepEntry;
    readonly path: ValuePath;
    readonly kind: StepDescription | undefined;
  }): void {
    const { retry, timeout, "attempt-timeout": attemptTimeout } = entry;
    const at = (key: string) => this.#context.source.keySpan([...path, key]);
    if (kind?.sort === "gate" && retry !== undefined) {
      this.#context.report(at("retry"), `${entry.uses} waits for people; there is nothing to try again`);
    }
    if (kind?.sort === "gate" && attemptTimeout !== undefined) {
      this.#context.report(at("attempt-timeout"), `${entry.uses} has one attempt; use "timeout"`);
    }
    if (attemptTimeout !== undefined && timeout !== undefined && attemptTimeout > timeout) {
      this.#context.report(at("attempt-timeout"), `one attempt may take longer than all of them ("timeout")`);
    }
    if (retry !== undefined && retry["max-delay"] < retry.delay) {
      this.#context.report(at("retry"), `"max-delay" is shorter than "delay"`);
    }
  }
}

interface Expectation {
  readonly place: { readonly path: ValuePath; readonly text: string };
  readonly scope: TypeScope;
  readonly what: string;
}

function timingOf(entry: StepEntry): Pick<StepNode, "retry" | "timeoutMs" | "attemptTimeoutMs"> {
  return {
    ...(entry.retry === undefined ? {} : { retry: retryRule(entry.retry) }),
    ...(entry.timeout === undefined ? {} : { timeoutMs: entry.timeout }),
    ...(entry["attempt-timeout"] === undefined ? {} : { attemptTimeoutMs: entry["attempt-timeout"] }),
  };
}

function retryRule(retry: NonNullable<StepEntry["retry"]>): RetryRule {
  return { attempts: retry.attempts, delayMs: retry.delay, factor: retry.factor, maxDelayMs: retry["max-delay"] };
}

function withStep(scope: TypeScope, id: string, outputs: ExpressionType): TypeScope {
  const steps = scope["steps"];
  const before = steps?.kind === "object" ? steps.fields : {};
  const step: ExpressionType = { kind: "object", name: `steps.${id}`, fields: { outputs } };
  return { ...scope, steps: { kind: "object", name: "steps", fields: { ...before, [id]: step } } };
}

/** A text with `${{ }}` in it as one CEL expression. */
function templateExpression(text: string): string {
  const template = parseTemplate(text);
  const parts = template.ok ? template.parts : [];
  const [only] = parts;
  if (parts.length === 1 && only?.kind === "expression") return only.text;
  return parts.map((part) => (part.kind === "text" ? celText(part.text) : `string(${part.text})`)).join(" + ");
}

function celText(text: string): string {
  return `'${text.replaceAll(/[\\']/gu, String.raw`\$&`).replaceAll("\n", String.raw`\n`)}'`;
}
