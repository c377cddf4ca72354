import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";

export interface RegistryAccount {
  readonly user: string;
  readonly password: string;
  readonly mayPush: boolean;
}

/** Who may use a registry, and how it asks who they are. */
export interface RegistryLoginOptions {
  readonly accounts: readonly RegistryAccount[];
  /** `basic` at the registry itself, or `token` by way of `/token`, as public registries do. */
  readonly way: "basic" | "token";
}

type Right = "pull" | "push";

/** `pull` or `push` for whoever sent a request; `challenge` says how to ask again. */
type LoginVerdict =
  | { readonly kind: "allowed" }
  | { readonly kind: "denied" }
  | { readonly kind: "unknown"; readonly challenge: string };

/** Lets in whoever has an account. */
export class RegistryLogin {
  readonly #options: RegistryLoginOptions;
  readonly #tokens = new Map<string, RegistryAccount>();

  constructor(options: RegistryLoginOptions) {
    this.#options = options;
  }

  judge(
    request: IncomingMessage,
    { right, repository, base }: { readonly right: Right; readonly repository: string; readonly base: string },
  ): LoginVerdict {
    const account = this.#accountOf(request);
    if (account !== undefined) return right === "pull" || account.mayPush ? { kind: "allowed" } : { kind: "denied" };
    const scope =
      repository === "" ? "" : `,scope="repository:${repository}:${right === "push" ? "pull,push" : "pull"}"`;
    const bearer = `Bearer realm="${base}/token",service="registry"${scope}`;
    return { kind: "unknown", challenge: this.#options.way === "token" ? bearer : 'Basic realm="registry"' };
  }

  /** A token for whoever says who they are; undefined for anybody else. */
  token(request: IncomingMessage): string | undefined {
    const account = this.#byPassword(request);
    if (account === undefined) return undefined;
    const token = randomUUID();
    this.#tokens.set(token, account);
    return token;
  }

  #accountOf(request: IncomingMessage): RegistryAccount | undefined {
    if (this.#options.way === "basic") return this.#byPassword(request);
    const [scheme = "", token = ""] = (request.headers.authorization ?? "").split(" ");
    return scheme.toLowerCase() === "bearer" ? this.#tokens.get(token) : undefined;
  }

  #byPassword(request: IncomingMessage): RegistryAccount | undefined {
    const [scheme = "", value = ""] = (request.headers.authorization ?? "").split(" ");
    if (scheme.toLowerCase() !== "basic") return undefined;
    const text = Buffer.from(value, "base64").toString("utf8");
    return this.#options.accounts.find(({ user, password }) => `${user}:${password}` === text);
  }
}
