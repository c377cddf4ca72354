import { type ApiToken, newToken, type Scope, tokenHash } from "../../src/api/api-token.ts";
import { changeTokens } from "../../src/api/token-file.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import type { AppRig } from "./app-rig.ts";
import { eventually } from "./eventually.ts";

/** Puts a role `ci` into a configuration, with these tokens in it, which may promote checkout anywhere. */
export function letTokensPromote(...names: readonly string[]): (text: string) => string {
  const members = names.map((name) => `    - token: ${name}\n`).join("");
  const grant = "  - role: ci\n    verbs: [promote]\n    services: [checkout]\n    environments: all\n";
  return (text) =>
    text.replace(/^roles:\n/mu, `roles:\n  ci:\n${members}`).replace(/^grants:\n/mu, `grants:\n${grant}`);
}

/** Tokens of an application that runs in this process, and what is asked with them. */
export class ApiWorld {
  readonly #app: AppRig;

  constructor(app: AppRig) {
    this.#app = app;
  }

  get folder(): string {
    return this.#app.world.environment["QUARTERDECK_DATA"] ?? "";
  }

  get address(): string {
    return this.#app.application.address;
  }

  /** A new token in the place of the one by this name; resolves when the server believes it. */
  async token(name: string, scopes: readonly Scope[], more: Partial<ApiToken> = {}): Promise<string> {
    const token = newToken(systemRandom);
    const made = { name, hash: tokenHash(token), scopes: [...scopes], madeAt: new Date().toISOString(), ...more };
    await changeTokens(this.folder, (tokens) => [...tokens.filter((each) => each.name !== name), made]);
    await eventually(async () => {
      const { status } = await this.ask(token, "/api/openapi.json");
      if (status !== 200) throw new Error(`the token is not believed: ${status}`);
    });
    return token;
  }

  async revoke(name: string): Promise<void> {
    await changeTokens(this.folder, (tokens) => tokens.filter((each) => each.name !== name));
  }

  async ask(token: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const isPost = body !== undefined;
    return await fetch(`${this.address}${path}`, {
      method: isPost ? "POST" : "GET",
      headers: { authorization: `Bearer ${token}`, ...(isPost && { "content-type": "application/json" }), ...headers },
      ...(isPost && { body: JSON.stringify(body) }),
    });
  }
}
