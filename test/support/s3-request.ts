import { createHash, createHmac } from "node:crypto";

import { request } from "undici";

/** Who asks, and where. */
export interface S3Account {
  /** `http://127.0.0.1:9000` */
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

export interface S3Request {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** `/bucket/key`, not encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface S3Answer {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

const REGION = "us-east-1";

/** Sends one request of the S3 protocol, signed as version 4 of Amazon's signatures has it; throws where it is refused. */
export async function s3Request(account: S3Account, asked: S3Request): Promise<S3Answer> {
  const { method, body = "" } = asked;
  const { host } = new URL(account.url);
  const path = asked.path.split("/").map(encoded).join("/");
  const query = Object.entries(asked.query ?? {})
    .map((pair) => pair.map(encoded).join("="))
    .toSorted()
    .join("&");
  const moment = new Date().toISOString().replaceAll(/[:-]|\.\d{3}/gu, "");
  const digest = sha256(body);
  const headers: Record<string, string> = {
    ...asked.headers,
    host,
    "x-amz-content-sha256": digest,
    "x-amz-date": moment,
  };
  const names = Object.keys(headers).toSorted();
  const signed = names.map((name) => `${name}:${headers[name]}\n`).join("");
  const canonical = [method, path, query, signed, names.join(";"), digest].join("\n");
  const scope = `${moment.slice(0, 8)}/${REGION}/s3/aws4_request`;
  const toSign = ["AWS4-HMAC-SHA256", moment, scope, sha256(canonical)].join("\n");
  const key = scope.split("/").reduce((before: string | Buffer, part) => hmac(before, part), `AWS4${account.password}`);
  const signature = hmac(key, toSign).toString("hex");
  const authorization = `AWS4-HMAC-SHA256 Credential=${account.user}/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
  const answer = await request(`${account.url}${path}${query === "" ? "" : `?${query}`}`, {
    method,
    headers: { ...headers, authorization },
    ...(body !== "" && { body }),
  });
  const text = await answer.body.text();
  if (answer.statusCode >= 300)
    throw new Error(`${method} ${asked.path} was answered with ${answer.statusCode}: ${text}`);
  return { headers: answer.headers, text };
}

/** Stricter than `encodeURIComponent`: the signature covers the spelling. */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/gu,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
