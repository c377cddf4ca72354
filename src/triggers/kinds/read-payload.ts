import { isJsonMap, type JsonMap } from "../../platform/canonical-json.ts";
import type { Delivery } from "../trigger-kind.ts";
import { mediaType } from "./lone-header.ts";
import { MOST_READ_VALUES, readJsonMap, readJsonText, tryText, unreadable, type Read } from "./read-json.ts";

export const FORM = "application/x-www-form-urlencoded";

/** Reads an object that came as JSON, or as the form field `payload` with JSON in it. */
export function readPayload({ headers, body }: Delivery): Read<JsonMap> {
  if (mediaType(headers) !== FORM) return readJsonMap(body);
  const text = tryText(body);
  if (text === undefined) return unreadable("the body is no UTF-8");
  const payload = new URLSearchParams(text).get("payload");
  if (payload === null) return unreadable("the form has no field `payload`");
  const read = readJsonText(payload, "the field `payload`", MOST_READ_VALUES);
  if (read.kind === "unreadable") return read;
  return isJsonMap(read.value)
    ? { kind: "read", value: read.value }
    : unreadable("the field `payload` is no JSON object");
}
