import type { IncomingMessage, ServerResponse } from "node:http";

import { AppError } from "../platform/errors.ts";
import { isObject } from "./slack-block-kit-rules.ts";
import type { JsonObject } from "./slack-messages.ts";

const LARGEST_BODY_BYTES = 20 * 1024 * 1024;

/** One HTTP request with its body read. */
export interface SlackExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly body: Buffer;
}

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > LARGEST_BODY_BYTES)
      throw new AppError("The body is too large", { code: "slack-simulator.body-too-large" });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The arguments of a call: the query, and the body as a form or as JSON. */
export function readArguments({ request, url, body }: SlackExchange): JsonObject {
  const query = Object.fromEntries(url.searchParams);
  const text = body.toString("utf8");
  if (!isJson(request)) return { ...query, ...Object.fromEntries(new URLSearchParams(text)) };
  const parsed = tryJson(text);
  return isObject(parsed) ? { ...query, ...parsed } : query;
}

export function isJson(request: IncomingMessage): boolean {
  return request.headers["content-type"]?.startsWith("application/json") ?? false;
}

export function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export interface SlackReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly type?: string;
  readonly body: string | Buffer;
}

export function reply(response: ServerResponse, { status, headers = {}, type = "text/plain", body }: SlackReply): void {
  response.writeHead(status, {
    "Content-Type": `${type}; charset=utf-8`,
    "Content-Length": Buffer.byteLength(body),
    "X-Content-Type-Options": "nosniff",
    ...headers,
  });
  response.end(body);
}

export function replyJson(response: ServerResponse, body: unknown, status = 200): void {
  reply(response, { status, type: "application/json", body: JSON.stringify(body ?? null) });
}
