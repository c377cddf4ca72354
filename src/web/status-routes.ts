import { type HttpAnswer, type HttpRoute, jsonAnswer, textAnswer } from "../http/http-route.ts";
import type { Metrics } from "./metrics.ts";
import { readinessOf, type Standings } from "./readiness.ts";

export interface StatusDeps {
  readonly metrics: Pick<Metrics, "text" | "contentType">;
  readonly standings: () => Promise<Standings>;
}

const ALIVE = textAnswer(200, "alive");

/** For those who watch the server: whether it lives, whether it is of use, and how it does. Nothing in them is about people. */
export function statusRoutes({ metrics, standings }: StatusDeps): readonly HttpRoute[] {
  const ready = async (): Promise<HttpAnswer> => {
    const readiness = readinessOf(await standings());
    return jsonAnswer(readiness.ready ? 200 : 503, readiness);
  };
  const figures = async (): Promise<HttpAnswer> => {
    return { status: 200, headers: { "content-type": metrics.contentType }, body: await metrics.text() };
  };
  return [get("/healthz", () => ALIVE), get("/readyz", ready), get("/metrics", figures)];
}

function get(path: string, answer: HttpRoute["answer"]): HttpRoute {
  return { method: "GET", path, mostBodyBytes: 0, answer };
}
