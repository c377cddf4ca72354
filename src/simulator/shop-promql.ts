/** The part of PromQL that the simulated Prometheus understands. */
export type PromExpression =
  | { readonly kind: "number"; readonly value: number }
  | {
      readonly kind: "series";
      readonly name: string;
      readonly matchers: readonly PromMatcher[];
      readonly rangeMs?: number;
    }
  | { readonly kind: "rate"; readonly of: PromExpression }
  | { readonly kind: "vector"; readonly of: PromExpression }
  | { readonly kind: "sum"; readonly by: readonly string[]; readonly of: PromExpression }
  | { readonly kind: "quantile"; readonly quantile: PromExpression; readonly of: PromExpression }
  | {
      readonly kind: "binary";
      readonly operator: PromOperator;
      readonly left: PromExpression;
      readonly right: PromExpression;
    };

export type PromOperator = "+" | "-" | "*" | "/" | "or";

export interface PromMatcher {
  readonly label: string;
  readonly operator: "=" | "!=" | "=~" | "!~";
  readonly value: string;
}

/** A query that cannot be understood; the message is for whoever wrote it. */
export class PromqlError extends Error {}

const TOKEN =
  /\s*(?:(?<duration>\[\d+(?:ms|[smhd])\])|(?<number>\d+(?:\.\d+)?(?:e[+-]?\d+)?|\.\d+)|(?<name>[a-z_:][\w:]*)|(?<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<sign>=~|!~|!=|[-+*/(){},=]))/iuy;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

interface Token {
  readonly kind: "duration" | "number" | "name" | "text" | "sign" | "end";
  readonly text: string;
  readonly at: number;
}

/** Reads an instant query; throws PromqlError for what is no PromQL, and for what of it is not simulated. */
export function parsePromql(text: string): PromExpression {
  const parser = new Parser(tokensOf(text));
  const expression = parser.expression(0);
  parser.take("end");
  return expression;
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(TOKEN);
  const end = text.trimEnd().length;
  while (pattern.lastIndex < end) {
    const at = pattern.lastIndex;
    const groups = pattern.exec(text)?.groups;
    const [kind, found] = Object.entries(groups ?? {}).find(([, value]) => value !== undefined) ?? [];
    if (found === undefined) throw new PromqlError(`1:${at + 1}: parse error: unexpected character`);
    if (kind === "duration" || kind === "number" || kind === "name" || kind === "text" || kind === "sign")
      tokens.push({ kind, text: found, at });
  }
  return [...tokens, { kind: "end", text: "", at: end }];
}

const BINDING: Readonly<Record<string, number>> = { or: 1, "+": 2, "-": 2, "*": 3, "/": 3 };

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** What binds more closely than `binding`. */
  expression(binding: number): PromExpression {
    let left = this.#operand();
    for (;;) {
      const { text } = this.#peek();
      const own = BINDING[text] ?? 0;
      if (own <= binding || !isOperator(text)) return left;
      this.#next += 1;
      left = { kind: "binary", operator: text, left, right: this.expression(own) };
    }
  }

  take(kind: Token["kind"], text?: string): string {
    const token = this.#peek();
    if (token.kind !== kind || (text !== undefined && token.text !== text)) {
      const found = token.kind === "end" ? "end of input" : `"${token.text}"`;
      throw new PromqlError(`1:${token.at + 1}: parse error: unexpected ${found}`);
    }
    this.#next += 1;
    return token.text;
  }

  #operand(): PromExpression {
    const { kind, text } = this.#peek();
    if (kind === "number") return { kind: "number", value: Number(this.take("number")) };
    if (text === "(") return this.#inBrackets();
    const name = text === "{" ? "" : this.take("name");
    if (this.#peek().text !== "(" && this.#peek().text !== "by") return this.#series(name);
    return this.#call(name);
  }

  #call(name: string): PromExpression {
    switch (name) {
      case "rate":
      case "vector":
        return { kind: name, of: this.#inBrackets() };
      case "sum":
        return this.#sum();
      case "histogram_quantile": {
        this.take("sign", "(");
        const quantile = this.expression(0);
        this.take("sign", ",");
        const of = this.expression(0);
        this.take("sign", ")");
        return { kind: "quantile", quantile, of };
      }
      default:
        throw new PromqlError(`unknown function with name "${name}" (this Prometheus is simulated and knows few)`);
    }
  }

  #sum(): PromExpression {
    const before = this.#by();
    const of = this.#inBrackets();
    return { kind: "sum", by: before ?? this.#by() ?? [], of };
  }

  #by(): readonly string[] | undefined {
    if (this.#peek().text !== "by") return undefined;
    this.#next += 1;
    this.take("sign", "(");
    const labels = this.#list(() => this.take("name"), ")");
    return labels;
  }

  #inBrackets(): PromExpression {
    this.take("sign", "(");
    const inner = this.expression(0);
    this.take("sign", ")");
    return inner;
  }

  #series(name: string): PromExpression {
    const isSelecting = this.#peek().text === "{";
    if (isSelecting) this.#next += 1;
    const matchers = isSelecting ? this.#list(() => this.#matcher(), "}") : [];
    const range = this.#peek();
    if (range.kind !== "duration") return { kind: "series", name, matchers };
    this.#next += 1;
    const [, count = "0", unit = "s"] = /(\d+)(\D+)\]/u.exec(range.text) ?? [];
    return { kind: "series", name, matchers, rangeMs: Number(count) * (UNIT_MS[unit] ?? 0) };
  }

  #matcher(): PromMatcher {
    const label = this.take("name");
    const operator = this.take("sign");
    if (operator !== "=" && operator !== "!=" && operator !== "=~" && operator !== "!~")
      throw new PromqlError(`parse error: unexpected "${operator}" in label matching`);
    return { label, operator, value: this.take("text").slice(1, -1).replaceAll(/\\(.)/gu, "$1") };
  }

  /** What stands between commas, up to the closing sign, which is taken too. */
  #list<Item>(item: () => Item, close: string): readonly Item[] {
    const items: Item[] = [];
    while (this.#peek().text !== close) {
      items.push(item());
      if (this.#peek().text !== close) this.take("sign", ",");
    }
    this.take("sign", close);
    return items;
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: "end", text: "", at: 0 };
  }
}

function isOperator(text: string): text is PromOperator {
  return text in BINDING;
}
