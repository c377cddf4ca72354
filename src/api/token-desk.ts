import { join } from "node:path";

import type { Append } from "../engine/ports.ts";
import { type Clock, type Timer, tryIsoTime } from "../platform/clock.ts";
import { errorText } from "../platform/errors.ts";
import { signatureOf } from "../platform/file-watch.ts";
import type { Logger } from "../platform/logger.ts";
import { type ApiToken, findToken, type Scope, tokenHash } from "./api-token.ts";
import { readTokens, TOKEN_FILE } from "./token-file.ts";
import { afterFacts, isKnown, type KnownTokens, tokenFacts, TOKENS_STREAM } from "./token-facts.ts";

interface Deps {
  /** The data folder. */
  readonly folder: string;
  /** What the log has of tokens, oldest first. */
  readonly facts: () => readonly unknown[];
  readonly append: (change: Append) => Promise<void>;
  /** The pseudonym of a Slack user; undefined until it is known which workspace that is in. */
  readonly pseudonymOf: (user: string) => string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

export type FoundToken =
  | { readonly kind: "good"; readonly token: ApiToken }
  | { readonly kind: "unknown" }
  | { readonly kind: "expired" };

const LOOK_EVERY_MS = 1000;
const AT_THE_END = -1;

/**
 * The tokens that count now. The file is looked at every second: what was revoked there counts no more from then on, what was made
 * there counts once the log has it. Of a file that cannot be read no token counts.
 */
export class TokenDesk implements AsyncDisposable {
  readonly #deps: Deps;
  #known: KnownTokens = new Map();
  #tokens: readonly ApiToken[] = [];
  /** The file as it was when all that it says was taken over. */
  #taken: string | undefined;
  #said: string | undefined;
  #timer: Timer | undefined;
  #looking: Promise<void> = Promise.resolve();
  #isDisposed = false;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Begins; resolves when the tokens that there are now count. */
  async start(): Promise<void> {
    this.#known = afterFacts(new Map(), this.#deps.facts());
    await this.#look();
    this.#lookLater();
  }

  find(secret: string): FoundToken {
    return this.#found(tokenHash(secret));
  }

  /** Whether one that was found counts still, and may do that. */
  isGoodFor({ hash }: Pick<ApiToken, "hash">, scope: Scope): boolean {
    const found = this.#found(hash);
    return found.kind === "good" && found.token.scopes.includes(scope);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    this.#timer?.cancel();
    await this.#looking;
  }

  #found(hash: string): FoundToken {
    const token = findToken(this.#tokens, hash);
    if (token === undefined) return { kind: "unknown" };
    const until = token.expiresAt === undefined ? Infinity : (tryIsoTime(token.expiresAt) ?? 0);
    return this.#deps.clock.now() < until ? { kind: "good", token } : { kind: "expired" };
  }

  #lookLater(): void {
    if (this.#isDisposed) return;
    this.#timer = this.#deps.clock.setTimer(LOOK_EVERY_MS, () => {
      this.#looking = this.#look().then(() => this.#lookLater());
    });
  }

  /** Never rejects: what could not be done is tried again at the next look. */
  async #look(): Promise<void> {
    const { folder } = this.#deps;
    const signature = await signatureOf([join(folder, TOKEN_FILE)]);
    if (signature === this.#taken) return;
    const read = await readTokens(folder);
    if (read.kind === "broken") return this.#refuseAll(read.problem);
    // What is not there any more, or says something else now, counts no more before anything else happens.
    this.#tokens = read.tokens.filter((token) => isKnown(this.#known, token));
    if (await this.#record(read.tokens)) this.#taken = signature;
  }

  #refuseAll(problem: string): void {
    this.#tokens = [];
    this.#taken = undefined;
    this.#say(problem, (text) =>
      this.#deps.logger.error("no token of the API is believed until this is mended", { problem: text }),
    );
  }

  /** False where it has to be tried again. */
  async #record(tokens: readonly ApiToken[]): Promise<boolean> {
    const { append, pseudonymOf, clock, logger } = this.#deps;
    const news = tokens.filter((token) => !isKnown(this.#known, token));
    // Who owns them cannot be said yet.
    if (news.some(({ owner }) => owner !== undefined && pseudonymOf(owner) === undefined)) return false;
    const at = clock.now();
    const facts = tokenFacts(this.#known, { tokens, at, pseudonymOf: (user) => pseudonymOf(user) ?? "" });
    try {
      if (facts.length > 0) {
        await append({ stream: TOKENS_STREAM, expectedVersion: AT_THE_END, events: facts });
        const changes = facts.map(({ type, name }) => `${type} ${name}`);
        logger.info("tokens of the API changed", { changes });
      }
      this.#known = afterFacts(this.#known, facts);
      this.#tokens = tokens;
      this.#said = undefined;
      return true;
    } catch (error) {
      this.#say(errorText(error), (text) =>
        logger.error("what became of tokens could not be recorded; it is tried again", { error: text }),
      );
      return false;
    }
  }

  /** The same problem is told once, however often it is met. */
  #say(problem: string, tell: (problem: string) => void): void {
    if (this.#said === problem) return;
    this.#said = problem;
    tell(problem);
  }
}
