import type { IncomingHttpHeaders } from "node:http";

/** The value of a header that was sent once and is not empty; undefined otherwise. `name` is in lower case, as Node has it. */
export function loneHeader(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The media type of the body in lower case, without its parameters; empty when there is none. */
export function mediaType(headers: IncomingHttpHeaders): string {
  return (loneHeader(headers, "content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}
