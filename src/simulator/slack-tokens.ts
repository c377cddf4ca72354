import { SlackApiError } from "./slack-api-error.ts";

export type SlackTokenKind = "bot" | "app";

/** The two tokens of the installed app, and what has become of them. */
export class SlackTokens {
  readonly #values: Readonly<Record<SlackTokenKind, string>>;
  readonly #refusals = new Map<SlackTokenKind, string>();

  constructor(values: Readonly<Record<SlackTokenKind, string>>) {
    this.#values = values;
  }

  /** From now on the token is refused with this error, such as `token_revoked`; undefined makes it valid again. */
  refuse(kind: SlackTokenKind, error: string | undefined): void {
    if (error === undefined) this.#refusals.delete(kind);
    else this.#refusals.set(kind, error);
  }

  /** Throws Slack's refusal unless `token` is the valid token of this kind. */
  require(kind: SlackTokenKind, token: string | undefined): void {
    if (token === undefined || token === "") throw new SlackApiError("not_authed");
    const other = kind === "bot" ? "app" : "bot";
    if (token === this.#values[other]) throw new SlackApiError("not_allowed_token_type");
    if (token !== this.#values[kind]) throw new SlackApiError("invalid_auth");
    const refusal = this.#refusals.get(kind);
    if (refusal !== undefined) throw new SlackApiError(refusal);
  }
}
