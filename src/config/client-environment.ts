import { z } from "zod";

import { AppError } from "../platform/errors.ts";
import type { Variables } from "./environment.ts";
import { isLoopback } from "./loopback.ts";

const DEFAULT_URL = "http://127.0.0.1:8080";

/** Where a server's API is, and the token for it. */
export interface ClientEnvironment {
  /** Without a slash at the end. */
  readonly url: string;
  readonly token: string;
}

const Token = z.string().regex(/^qd_[\w-]{43}$/u);

export interface ClientChoice {
  /** In the place of `QUARTERDECK_URL`. */
  readonly url?: string | undefined;
  /** Whether the token may go over a network unencrypted. */
  readonly plaintext?: boolean | undefined;
}

/** Reads `QUARTERDECK_URL` and `QUARTERDECK_TOKEN`. Throws `usage`, saying what to set; never with the value of the token. */
export function readClientEnvironment(choice: ClientChoice, variables: Variables = process.env): ClientEnvironment {
  const text = (choice.url ?? variables["QUARTERDECK_URL"] ?? "").trim();
  const url = serverUrl(text === "" ? DEFAULT_URL : text, choice.plaintext === true);
  const token = Token.safeParse((variables["QUARTERDECK_TOKEN"] ?? "").trim());
  if (token.success) return { url, token: token.data };
  throw usage(
    "Set QUARTERDECK_TOKEN to a token of the API. On the machine of the server: quarterdeck token create NAME --scopes run,read",
  );
}

function serverUrl(text: string, isPlaintext: boolean): string {
  const url = URL.parse(text);
  if (url === null || !["http:", "https:"].includes(url.protocol) || url.search !== "" || url.hash !== "") {
    throw usage(`"${text}" is no address of a server: it begins with https:// or http://. Set QUARTERDECK_URL.`);
  }
  if (url.username !== "" || url.password !== "") throw usage("The address of a server has no user in it.");
  if (url.protocol === "https:" || isLoopback(url.hostname) || isPlaintext) return url.href.replace(/\/+$/u, "");
  throw usage(
    `${url.origin} would get the token unencrypted. Use https://, or add --plaintext where the network in between is yours.`,
  );
}

function usage(message: string): AppError {
  return new AppError(message, { code: "usage" });
}
