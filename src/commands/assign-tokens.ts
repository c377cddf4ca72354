import { didYouMean } from "../platform/did-you-mean.ts";
import type { Command } from "./command.ts";
import { readToken } from "./input-value.ts";
import { meantDuration } from "./meant-duration.ts";
import { allItems, restWord, type OptionalItems, type PatternFlag, type PatternItem } from "./slash-pattern.ts";
import { quoteToken, type Token } from "./slash-text.ts";
import { isFlag, isWord, joinTokens, tokensText } from "./token-text.ts";
import { inputText } from "./usage.ts";

/** Which token is the value of which input; `true` for a flag that takes no value. */
export interface Assignment {
  readonly ok: true;
  readonly values: ReadonlyMap<string, Token | true>;
}

/** Why the tokens do not fit the grammar. Without a token it is the end of the text that is meant. */
export interface Refusal {
  readonly ok: false;
  readonly code: "missing" | "unexpected" | "unknown-flag" | "invalid";
  readonly message: string;
  readonly token?: Token;
  /** The text with this one mistake put right, without the slash. */
  readonly fixed?: string;
}

/** Fits tokens to the grammar of a command: fixed words, inputs, optional groups, flags anywhere. */
export function assignTokens(command: Command, tokens: readonly Token[]): Assignment | Refusal {
  const assigner = new Assigner(command, tokens);
  return assigner.run();
}

class Assigner {
  readonly #command: Command;
  readonly #tokens: readonly Token[];
  readonly #values = new Map<string, Token | true>();
  readonly #positional: Token[] = [];
  #at = 0;

  constructor(command: Command, tokens: readonly Token[]) {
    this.#command = command;
    this.#tokens = tokens;
  }

  run(): Assignment | Refusal {
    const { required, optional } = this.#command.pattern;
    const refusal = this.#takeFlags() ?? this.#takeAll(required) ?? this.#takeOptional(optional) ?? this.#refuseRest();
    return refusal ?? { ok: true, values: this.#values };
  }

  #takeFlags(): Refusal | undefined {
    const word = restWord(this.#command.pattern);
    const begun = word === undefined ? -1 : this.#tokens.findIndex((token) => isWord(token, word));
    for (let at = 0; at < this.#tokens.length; at += 1) {
      const token = this.#tokens[at];
      if (token === undefined) break;
      // In the rest of the text nothing is a flag.
      if (!isFlag(token) || (begun !== -1 && at > begun)) {
        this.#positional.push(token);
        continue;
      }
      const flag = this.#command.pattern.flags.find((candidate) => `--${candidate.flag}` === token.value.toLowerCase());
      if (flag === undefined) return this.#unknownFlag(token);
      const refusal = this.#takeFlag(flag, { token, next: this.#tokens[at + 1] });
      if (refusal !== undefined) return refusal;
      if (flag.takesValue) at += 1;
    }
    return undefined;
  }

  #takeFlag(
    { flag, input, takesValue }: PatternFlag,
    { token, next }: { readonly token: Token; readonly next: Token | undefined },
  ): Refusal | undefined {
    if (this.#values.has(input)) return refuse("unexpected", `--${flag} is given twice`, token);
    if (takesValue && (next === undefined || isFlag(next))) {
      return refuse("missing", `--${flag} is followed by ${this.#describe(input)}`, token);
    }
    this.#values.set(input, takesValue && next !== undefined ? next : true);
    return undefined;
  }

  #unknownFlag(token: Token): Refusal {
    const flags = this.#command.pattern.flags.map(({ flag }) => `--${flag}`);
    const near = didYouMean(token.value, flags);
    const known = flags.length === 0 ? "this command has no flags" : `there is: ${flags.join(", ")}`;
    const refusal = refuse(
      "unknown-flag",
      `there is no flag ${quoteToken(token.value.slice(0, 60))} here; ${known}`,
      token,
    );
    return near === undefined ? refusal : { ...refusal, fixed: tokensText(this.#tokens, { token, by: near }) };
  }

  #takeAll(items: readonly PatternItem[]): Refusal | undefined {
    for (const item of items) {
      const refusal = item.kind === "word" ? this.#takeWord(item.word) : this.#takeInput(item);
      if (refusal !== undefined) return refusal;
      this.#at += 1;
    }
    return undefined;
  }

  #takeWord(word: string): Refusal | undefined {
    const token = this.#positional[this.#at];
    if (isWord(token, word)) return undefined;
    if (token === undefined) return refuse("missing", this.#missingFrom(word));
    const refusal = refuse("unexpected", `the word "${word}" is expected here`, token);
    const isTypo = didYouMean(token.value, [word]) !== undefined;
    return isTypo ? { ...refusal, fixed: tokensText(this.#tokens, { token, by: word }) } : refusal;
  }

  /** What a sentence ends without: the word and the input that it leads to. */
  #missingFrom(word: string): string {
    const items = allItems(this.#command.pattern);
    const next = items[items.findIndex((item) => item.kind === "word" && item.word === word) + 1];
    if (next?.kind !== "input") return `the word "${word}" is missing at the end`;
    return `"${word}" and ${this.#describe(next.input)} are missing at the end`;
  }

  #takeInput(item: PatternItem & { readonly kind: "input" }): Refusal | undefined {
    const token = this.#positional[this.#at];
    const what = this.#describe(item.input);
    if (token === undefined) return refuse("missing", `${what} is missing at the end`);
    if (item.rest === true) return this.#takeRest(item.input, what);
    const items = allItems(this.#command.pattern);
    const next = items.slice(items.indexOf(item) + 1).find(({ kind }) => kind === "word");
    if (next?.kind === "word" && isWord(token, next.word)) {
      return refuse("missing", `${what} is missing before "${next.word}"`, token);
    }
    this.#values.set(item.input, token);
    return undefined;
  }

  /** Everything up to the end, or up to the optional words that follow, where what stands there fits them to the end. */
  #takeRest(input: string, what: string): Refusal | undefined {
    const { optional } = this.#command.pattern;
    const owner = optional.findIndex(({ items }) =>
      items.some((item) => item.kind === "input" && item.input === input),
    );
    const following = optional.slice(owner + 1);
    const rest = this.#positional.slice(this.#at);
    const first = rest.findIndex((_, index) => this.#fits(rest.slice(index), following));
    const refusal = first === -1 ? this.#refuseDuration(rest, following) : undefined;
    if (refusal !== undefined) return refusal;
    const taken = first === -1 ? rest : rest.slice(0, first);
    const [only] = taken;
    if (only === undefined) return refuse("missing", `${what} is missing here`, rest[0]);
    this.#values.set(input, taken.length === 1 ? only : joinTokens(taken));
    this.#at += taken.length - 1;
    return undefined;
  }

  #refuseDuration(rest: readonly Token[], groups: readonly OptionalItems[]): Refusal | undefined {
    const duration = meantDuration(this.#command, { rest, groups });
    if (duration === undefined) return undefined;
    const { meant, right } = duration;
    const text = `"${tokensText(meant)}"`;
    const message = `${text} is no duration, which is written such as 30m, 2h or 7d; a text that ends so goes in quotes`;
    const refusal = refuse("invalid", message, joinTokens(meant));
    const kept = this.#tokens.slice(0, this.#tokens.length - meant.length);
    return right === undefined ? refusal : { ...refusal, fixed: `${tokensText(kept)} ${right}` };
  }

  #fits(tokens: readonly Token[], groups: readonly OptionalItems[]): boolean {
    const items = groups.flatMap((group) => group.items);
    if (items.length === 0 || items.length !== tokens.length) return false;
    return items.every((item, index) => {
      const token = tokens[index];
      if (item.kind === "word") return isWord(token, item.word);
      const input = this.#command.inputs.find(({ name }) => name === item.input);
      return token !== undefined && (input === undefined || readToken(input, token).ok);
    });
  }

  #takeOptional(groups: readonly OptionalItems[]): Refusal | undefined {
    const words = groups.flatMap(({ items: [first] }) => (first?.kind === "word" ? [first.word] : []));
    for (const { items } of groups) {
      const [first] = items;
      const token = this.#positional[this.#at];
      if (first === undefined || token === undefined) continue;
      const begins = first.kind === "word" ? isWord(token, first.word) : !words.some((word) => isWord(token, word));
      const refusal = begins ? this.#takeAll(items) : undefined;
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }

  #refuseRest(): Refusal | undefined {
    const token = this.#positional[this.#at];
    if (token === undefined) return undefined;
    const together = this.#quoted(token);
    if (together !== undefined) {
      const message = "this word is one too many; put a text of several words in quotes";
      return { ...refuse("unexpected", message, token), fixed: together };
    }
    const refusal = refuse("unexpected", "nothing more is expected here", token);
    const near = didYouMean(token.value, this.#restWords());
    const flag = this.#command.pattern.flags.find((candidate) => isWord(token, candidate.flag));
    const by = flag === undefined ? near : `--${flag.flag}`;
    return by === undefined ? refusal : { ...refusal, fixed: tokensText(this.#tokens, { token, by }) };
  }

  /** The words with which optional groups begin that were not typed. */
  #restWords(): readonly string[] {
    return this.#command.pattern.optional.flatMap(({ items }) => {
      const [first] = items;
      const isThere = items.some((item) => item.kind === "input" && this.#values.has(item.input));
      return first?.kind === "word" && !isThere ? [first.word] : [];
    });
  }

  /** When the words before are the value of a text: the whole with that value and what follows it in quotes. */
  #quoted(token: Token): string | undefined {
    const index = this.#tokens.indexOf(token);
    const before = this.#tokens[index - 1];
    const owner = [...this.#values].find(([, value]) => value === before && before !== undefined)?.[0];
    const isText = this.#command.inputs.some(({ name, definition }) => name === owner && definition.type === "string");
    if (before === undefined || !isText) return undefined;
    const end = this.#tokens.findIndex((candidate, at) => at > index && isFlag(candidate));
    const rest = this.#tokens.slice(index, end === -1 ? undefined : end);
    const text = [before, ...rest].map(({ value }) => value).join(" ");
    const head = tokensText(this.#tokens.slice(0, index - 1));
    const tail = end === -1 ? "" : tokensText(this.#tokens.slice(end));
    return [head, quoteToken(text), tail].filter((part) => part !== "").join(" ");
  }

  #describe(name: string): string {
    const input = this.#command.inputs.find((candidate) => candidate.name === name);
    return input === undefined ? `<${name}>` : `<${name}> (${inputText(input)})`;
  }
}

function refuse(code: Refusal["code"], message: string, token?: Token): Refusal {
  return token === undefined ? { ok: false, code, message } : { ok: false, code, message, token };
}
