import { ArgocdError } from "../../../src/argocd/argocd-errors.ts";
import type { HttpCall as ArgocdCall } from "../../../src/argocd/argocd-http.ts";
import type { Clock } from "../../../src/platform/clock.ts";
import { CallError } from "../../../src/steps/network/call-failure.ts";
import type { SendHttp } from "../../../src/steps/network/http-call.ts";
import type { Dice } from "../dice.ts";

/** The secret that nothing may say. */
export const CANARY = "canary-of-the-kinds-4711";
export const CLUSTER = "https://10.0.0.1:6443";

/** How the cluster is reached: a secret, in which there is another one. */
export const KUBECONFIG = JSON.stringify({
  clusters: [{ name: "c", cluster: { server: CLUSTER } }],
  users: [{ name: "u", user: { token: CANARY } }],
  contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
});

/** What the steps of the tools speak with: servers that take their time, and whose answers may get lost. */
export class ToolEnds {
  readonly #dice: Dice;
  readonly #clock: () => Clock;
  /** Once it is false, everything is well. */
  isTroubled = true;
  /** How often each address was posted to. */
  readonly posts = new Map<string, number>();
  /** The clusters that Argo CD holds, by address. */
  readonly clusters = new Map<string, string>();

  constructor(dice: Dice, clock: () => Clock) {
    this.#dice = dice;
    this.#clock = clock;
  }

  readonly send: SendHttp = async ({ url, signal }) => {
    await this.#clock().sleep(this.#dice.between(5, 3000), signal);
    if (this.#hasTrouble(0.1)) throw away(false);
    const address = url.toString();
    this.posts.set(address, (this.posts.get(address) ?? 0) + 1);
    await this.#clock().sleep(this.#dice.between(5, 3000), signal);
    if (this.#hasTrouble(0.15)) throw away(true);
    const body = Buffer.from('{"ok":true}');
    const headers = { "content-type": "application/json" };
    return { status: 200, headers, body, isCut: false, url: address, redirects: 0, latencyMs: 1 };
  };

  /** Argo CD, as far as it is asked about clusters. */
  readonly argocd = async ({ method, body, signal }: ArgocdCall): Promise<unknown> => {
    await this.#clock().sleep(this.#dice.between(5, 2000), signal);
    if (this.#hasTrouble(0.15)) throw new ArgocdError("no answer", { class: "unreachable", retry: "backoff" });
    if (method === "GET" && !this.clusters.has(CLUSTER))
      throw new ArgocdError("hidden", { class: "hidden", details: { status: 403 } });
    if (method !== "GET") {
      if (this.#hasTrouble(0.2)) throw refusedBy(JSON.stringify(body));
      this.clusters.set(CLUSTER, JSON.stringify(body));
      await this.#clock().sleep(this.#dice.between(5, 2000), signal);
      if (this.#hasTrouble(0.2)) throw new ArgocdError("lost", { class: "timeout", retry: "backoff" });
    }
    return {
      server: CLUSTER,
      name: "eu-1",
      info: { connectionState: { status: "Successful" }, serverVersion: "1.35" },
    };
  };

  #hasTrouble(chance: number): boolean {
    return this.isTroubled && this.#dice.chance(chance);
  }
}

function away(wasConnected: boolean): CallError {
  const code = wasConnected ? "network.broken" : "network.unreachable";
  return new CallError("the server is away", { code, wasConnected });
}

/** A refusal that repeats what it was sent, as careless servers do. */
function refusedBy(sent: string): ArgocdError {
  const said = `error getting server version: Get "${CLUSTER}": dial tcp: i/o timeout; sent ${sent}`;
  return new ArgocdError(`register: ${said}`, { class: "server", retry: "backoff", details: { said } });
}
