import { ArgocdError } from "./argocd-errors.ts";
import { BEHIND_A_PAGE, isHtml } from "./classify-response.ts";

/** What is needed of undici's answer. */
export interface HttpResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: AsyncIterable<Uint8Array> & {
    on(event: "error", listener: () => void): { destroy(): unknown };
  };
}

export function contentTypeOf(response: HttpResponse): string {
  const value = response.headers["content-type"];
  return typeof value === "string" ? value : "";
}

/** What an answer is to, for messages. */
interface Asked {
  readonly what: string;
}

/** The whole body, of at most so many bytes. */
export async function readText(
  response: HttpResponse,
  { what, limit }: Asked & { readonly limit: number },
): Promise<string> {
  const { text, complete } = await readUpTo(response, limit);
  if (complete) return text;
  throw new ArgocdError(`${what}: the answer is larger than ${Math.round(limit / 1024 / 1024)} MiB.`, {
    class: "too-large",
  });
}

/** The body up to so many bytes; the rest is not read. */
export async function readUpTo(response: HttpResponse, limit: number): Promise<{ text: string; complete: boolean }> {
  const chunks: Buffer[] = [];
  let left = limit;
  for await (const chunk of response.body) {
    const bytes = Buffer.from(chunk);
    chunks.push(bytes.subarray(0, left));
    left -= bytes.length;
    // Leaving the loop destroys the body.
    if (left < 0) return { text: Buffer.concat(chunks).toString("utf8"), complete: false };
  }
  return { text: Buffer.concat(chunks).toString("utf8"), complete: true };
}

export function parseJson(text: string, { what, contentType }: Asked & { readonly contentType: string }): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const got = isHtml(contentType, text)
      ? `got an HTML page where Argo CD's JSON was expected. ${BEHIND_A_PAGE}`
      : "got no complete JSON.";
    throw new ArgocdError(`${what}: ${got}`, {
      class: isHtml(contentType, text) ? "not-json" : "bad-response",
      details: { contentType },
      cause: error,
    });
  }
}
