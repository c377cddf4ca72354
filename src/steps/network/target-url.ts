import { z } from "zod";

import { AppError } from "../../platform/errors.ts";

const LONGEST = 4000;

/** An address to which a step sends something: without user and password, for which there are inputs of their own. */
export function urlInput(protocols: readonly string[]): z.ZodType<string, string> {
  return z.string().superRefine((text, context) => {
    const message = whyNoUrl(text, protocols);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });
}

/** Throws `http.bad-url`. What `urlInput` let through is one. */
export function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null) throw new AppError("The address cannot be read.", { code: "http.bad-url" });
  url.hash = "";
  return url;
}

function whyNoUrl(text: string, protocols: readonly string[]): string | undefined {
  const url = text.length > LONGEST ? null : URL.parse(text);
  const wanted = protocols.map((protocol) => `${protocol}//`).join(" or ");
  if (url === null || !protocols.includes(url.protocol)) return `an address that begins with ${wanted} is expected`;
  const hasUser = url.username !== "" || url.password !== "";
  return hasUser ? `an address has no user or password in it; "basic" and "bearer" are for that` : undefined;
}
