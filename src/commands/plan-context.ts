import { checkExpression } from "../expressions/check.ts";
import { ANY, type ExpressionType, type TypeScope, typeText } from "../expressions/expression-type.ts";
import type { ExpressionProblem } from "../expressions/expression-problem.ts";
import { bareExpression, parseTemplate } from "../expressions/template.ts";
import type { CommandDiagnostic, CommandSource, Span, ValuePath } from "./command-source.ts";

/** A string of a command file in which expressions stand. */
export interface ExpressionText {
  readonly path: ValuePath;
  readonly text: string;
}

// Nobody reads more at once, and each has to be looked for in the file.
const MOST_DIAGNOSTICS = 100;

/** Gathers what is wrong while a plan is compiled, and checks the expressions in it. */
export class PlanContext {
  readonly source: CommandSource;
  readonly diagnostics: CommandDiagnostic[] = [];
  /** Every step id of the command, by where its entry stands. */
  readonly #ids: ReadonlySet<string>;

  constructor(source: CommandSource, ids: ReadonlySet<string>) {
    this.source = source;
    this.#ids = ids;
  }

  report(span: Span, message: string): void {
    this.diagnostics.push(this.source.diagnostic(span, message));
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

  #refuseStructure(
    { path, text }: ExpressionText,
    {
      part,
      type,
    }: { readonly part: { readonly text: string; readonly offset: number }; readonly type: ExpressionType },
  ): void {
    if (type.kind !== "list" && type.kind !== "map" && type.kind !== "object") return;
    const span = this.source.textSpan(path, text, { offset: part.offset, length: part.text.length });
    const fields = type.kind === "object" ? `; name one of its fields: ${Object.keys(type.fields).join(", ")}` : "";
    this.report(span, `${typeText(type)} cannot stand inside a text${fields}`);
  }

  #check(
    { path, text }: ExpressionText,
    { expression, offset }: { readonly expression: string; readonly offset: number },
    scope: TypeScope,
  ): ExpressionType {
    if (this.diagnostics.length >= MOST_DIAGNOSTICS) return ANY;
    const check = checkExpression(expression, scope);
    if (check.ok) return check.type;
    const { problem } = check;
    const part = { offset: offset + problem.offset, length: problem.length };
    this.report(this.source.textSpan(path, text, part), this.#explain(problem));
    return ANY;
  }

  #explain({ message, unknown }: ExpressionProblem): string {
    if (unknown?.of !== "steps" || !this.#ids.has(unknown.name)) return message;
    return `the outputs of step "${unknown.name}" are not known here: it runs later, in a loop, or in another branch`;
  }
}
