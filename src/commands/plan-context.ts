import { checkExpression } from "../expressions/check.ts";
import type { ExpressionProblem } from "../expressions/expression-problem.ts";
import { ANY, type ExpressionType, holdsSecret, type TypeScope, typeText } from "../expressions/expression-type.ts";
import { bareExpression, parseTemplate } from "../expressions/template.ts";
import { didYouMean } from "../platform/did-you-mean.ts";
import type { Defaults } from "./command-file.ts";
import type { CommandDiagnostic, CommandSource, Span, ValuePath } from "./command-source.ts";
import type { StepCatalogue } from "./step-catalogue.ts";
import type { FindUsed } from "./used-command.ts";

/** A string of a command file in which expressions stand. */
export interface ExpressionText {
  readonly path: ValuePath;
  readonly text: string;
}

/** What a value has to be: its type, and how a message says so. */
export interface Expectation {
  readonly place: ExpressionText;
  readonly scope: TypeScope;
  readonly kinds: readonly ExpressionType["kind"][];
  readonly what: string;
}

export interface PlanContextDeps {
  readonly source: CommandSource;
  readonly catalogue: StepCatalogue;
  /** Finds the commands that are used as steps. */
  readonly findUsed: FindUsed;
  readonly defaults: Defaults | undefined;
  /** Every step id of the command, wherever its entry stands. */
  readonly ids: ReadonlySet<string>;
}

// Nobody reads more at once, and each has to be looked for in the file.
const MOST_DIAGNOSTICS = 100;

/** Gathers what is wrong while a plan is compiled, and checks the expressions in it. */
export class PlanContext {
  readonly source: CommandSource;
  readonly catalogue: StepCatalogue;
  readonly findUsed: FindUsed;
  readonly defaults: Defaults | undefined;
  readonly diagnostics: CommandDiagnostic[] = [];
  /** The secrets that expressions name. */
  readonly secrets = new Set<string>();
  /** What stands after `uses` anywhere in the command. */
  readonly kindsUsed = new Set<string>();
  readonly ids: ReadonlySet<string>;

  constructor({ source, catalogue, findUsed, defaults, ids }: PlanContextDeps) {
    this.source = source;
    this.catalogue = catalogue;
    this.findUsed = findUsed;
    this.defaults = defaults;
    this.ids = ids;
  }

  report(span: Span, message: string): void {
    this.add(this.source.diagnostic(span, message));
  }

  /** What stands once in the file, such as a default, is wrong once, however often it is used. */
  add(diagnostic: CommandDiagnostic): void {
    const { line, column, message } = diagnostic;
    const isKnown = this.diagnostics.some(
      (other) => other.line === line && other.column === column && other.message === message,
    );
    if (!isKnown) this.diagnostics.push(diagnostic);
  }

  /** The type of a text that is one expression, in `${{ }}` or bare; `any` after reporting what is wrong with it. */
  checkExpression({ path, text }: ExpressionText, scope: TypeScope): ExpressionType {
    const bare = bareExpression(text);
    return this.#check({ path, text }, { expression: bare, offset: Math.max(0, text.indexOf(bare)) }, scope);
  }

  /**
   * The type of a text with `${{ }}` in it: that of the expression when it is nothing else, otherwise text.
   * Reports what is wrong, and values that cannot stand inside a text.
   */
  checkTemplate({ path, text }: ExpressionText, scope: TypeScope): ExpressionType {
    const template = parseTemplate(text);
    if (!template.ok) {
      this.report(this.source.textSpan(path, text, template.problem), template.problem.message);
      return ANY;
    }
    const types = template.parts.flatMap((part) => {
      if (part.kind === "text") return [];
      const type = this.#check({ path, text }, { expression: part.text, offset: part.offset }, scope);
      if (template.parts.length > 1) this.#refuseStructure({ path, text }, { part, type });
      return [type];
    });
    const [only] = types;
    return template.parts.length === 1 && only !== undefined ? only : { kind: "string" };
  }

  /** The type of an expression that has to be of one of some kinds; `any` after reporting that it is not. */
  expectExpression(expectation: Expectation): ExpressionType {
    return this.#expect(this.checkExpression(expectation.place, expectation.scope), expectation);
  }

  /** The same of a text with `${{ }}` in it. */
  expectTemplate(expectation: Expectation): ExpressionType {
    return this.#expect(this.checkTemplate(expectation.place, expectation.scope), expectation);
  }

  #expect(type: ExpressionType, { place, kinds, what }: Expectation): ExpressionType {
    if (type.kind === "any" || kinds.includes(type.kind)) return type;
    this.report(this.source.valueSpan(place.path), `${what}, but this is ${typeText(type)}`);
    return ANY;
  }

  #refuseStructure(
    { path, text }: ExpressionText,
    {
      part,
      type,
    }: { readonly part: { readonly text: string; readonly offset: number }; readonly type: ExpressionType },
  ): void {
    const isStructure = type.kind === "list" || type.kind === "map" || type.kind === "object";
    if (!isStructure && !holdsSecret(type)) return;
    const span = this.source.textSpan(path, text, { offset: part.offset, length: part.text.length });
    const fields = type.kind === "object" ? `; name one of its fields: ${Object.keys(type.fields).join(", ")}` : "";
    const whole = type.kind === "secret" ? "; it is only ever passed on as a whole, with nothing around it" : "";
    this.report(span, `${typeText(type)} cannot stand inside a text${fields}${whole}`);
  }

  #check(
    { path, text }: ExpressionText,
    { expression, offset }: { readonly expression: string; readonly offset: number },
    scope: TypeScope,
  ): ExpressionType {
    if (this.diagnostics.length >= MOST_DIAGNOSTICS) return ANY;
    const check = checkExpression(expression, scope);
    if (check.ok) {
      for (const name of check.secrets) this.secrets.add(name);
      return check.type;
    }
    const { problem } = check;
    const part = { offset: offset + problem.offset, length: problem.length };
    this.report(this.source.textSpan(path, text, part), this.#explain(problem, scope));
    return ANY;
  }

  #explain({ message, unknown }: ExpressionProblem, scope: TypeScope): string {
    if (unknown?.of === "secrets") return unknownSecret(unknown.name, scope);
    if (unknown?.of !== "steps" || !this.ids.has(unknown.name)) return message;
    return `the outputs of step "${unknown.name}" are not known here: it runs later, in a loop, or in another branch`;
  }
}

function unknownSecret(name: string, { secrets }: TypeScope): string {
  const known = secrets?.kind === "object" ? Object.keys(secrets.fields) : [];
  const near = didYouMean(name, known);
  const what = `the configuration declares no secret "${name}"`;
  if (near !== undefined) return `${what}. Did you mean "${near}"?`;
  return known.length === 0
    ? `${what}; "secrets:" there says where each is kept`
    : `${what}. There is: ${known.join(", ")}`;
}
