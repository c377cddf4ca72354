import { EnvHttpProxyAgent, request } from "undici";

import { errorText } from "../platform/errors.ts";
import type { FetchText, FetchedText } from "../triggers/kinds/fetch-text-port.ts";

/** Asks over the network of this machine, by its proxy where the environment names one. */
export function openFetchText(resources: AsyncDisposableStack): FetchText {
  const dispatcher = new EnvHttpProxyAgent();
  resources.defer(() => dispatcher.close());
  return async (address, { mostBytes, timeoutMs }) => {
    if (!address.startsWith("https://")) return failed("the address does not begin with https://", false);
    try {
      const timed = { headersTimeout: timeoutMs, bodyTimeout: timeoutMs, signal: AbortSignal.timeout(timeoutMs) };
      const { statusCode, body } = await request(address, { dispatcher, method: "GET", ...timed });
      const text = await readUpTo(body, mostBytes);
      if (statusCode < 200 || statusCode > 299) return failed(`it was answered with ${statusCode}`, statusCode >= 500);
      return text === undefined
        ? failed(`the answer is longer than ${mostBytes} bytes`, false)
        : { kind: "text", text };
    } catch (error) {
      return failed(errorText(error), true);
    }
  };
}

function failed(reason: string, isPassing: boolean): FetchedText {
  return { kind: "failed", isPassing, reason };
}

/** Undefined for more than that; the rest is not read. */
async function readUpTo(body: AsyncIterable<Buffer>, mostBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > mostBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
