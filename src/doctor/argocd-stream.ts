import type { ArgocdHttp } from "../argocd/argocd-http.ts";
import { AppError, errorMessage } from "../platform/errors.ts";
import { type Finding, Subject } from "./finding.ts";

/** Whether changes arrive: a proxy that holds back what it is sent makes every run late. Of an Argo CD without applications nothing arrives. */
export async function argocdStream(
  http: Pick<ArgocdHttp, "stream">,
  { server, signal }: { readonly server: string; readonly signal: AbortSignal },
): Promise<readonly Finding[]> {
  const about = new Subject("argocd", `${server} stream`);
  const stop = new AbortController();
  const path = "/api/v1/stream/applications?fields=error,result.type,result.application.metadata.name";
  try {
    const both = AbortSignal.any([signal, stop.signal]);
    const body = await http.stream({ what: "watch of the applications", path, signal: both });
    const { done = false } = await body[Symbol.asyncIterator]().next();
    if (!done) return [about.ok("changes arrive")];
    throw new AppError("it ended at once", { code: "argocd.stream-ended" });
  } catch (error) {
    const why = "changes would be noticed late, by asking now and then";
    const mend = "let proxies in front of Argo CD pass streams on at once (nginx: proxy_buffering off)";
    const what = signal.aborted ? "nothing arrives" : errorMessage(error);
    return [about.problem({ what, why, mend })];
  } finally {
    stop.abort();
  }
}
