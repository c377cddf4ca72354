import { httpRequest } from "../../../src/steps/http/http-request.ts";
import { type ActionScene, TOKEN } from "../step-kind.contract.ts";

/** A server that knows a request again by its key, and says back everything that it was sent. */
export function requestScene(isKeyed: boolean): () => Promise<ActionScene> {
  return async () => {
    const done = new Set<string>();
    const state = { isHeld: false };
    const begun = Promise.withResolvers<void>();
    const kind = httpRequest({
      networkPolicy: () => ({ privateAddresses: "deny", allow: [] }),
      send: async ({ headers, signal }) => {
        done.add(headers["idempotency-key"] ?? `request ${done.size}`);
        if (state.isHeld) {
          const stopped = new Promise<never>((_, reject) => {
            signal.addEventListener("abort", () => reject(signal.reason), { once: true });
          });
          begun.resolve();
          await stopped;
        }
        const body = Buffer.from(JSON.stringify({ headers }));
        const echoed = { "content-type": "application/json", etag: headers["authorization"] ?? "" };
        return { status: 200, headers: echoed, body, isCut: false, url: "u", redirects: 0, latencyMs: 1 };
      },
    });
    return {
      kind,
      input: {
        url: "https://api.example.com/deployments",
        method: "POST",
        bearer: { secret: "TOKEN" },
        headers: { "x-key": { secret: "TOKEN" } },
        json: { state: "begun" },
        ...(isKeyed && { "idempotency-key": true }),
        assert: [`response.text.contains('${TOKEN.slice(0, 10)}')`],
      },
      effects: () => done.size,
      hold: () => {
        state.isHeld = true;
        return begun.promise;
      },
    };
  };
}
