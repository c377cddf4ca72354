import { createHmac } from "node:crypto";

interface Parts {
  readonly v: unknown;
  readonly kid: string;
  readonly body: string;
  readonly mac: string;
}

const LEAVING = '"content":{"type":"leaving","unfinished":[]}';

/** What somebody who knows no secret can make of an envelope. */
export function forgeriesOf(text: string): readonly string[] {
  const parts = partsOf(text);
  if (parts === undefined) return [text.slice(1), "{}", "no JSON"];
  const { body } = parts;
  const more = (change: Partial<Parts>): string => JSON.stringify({ ...parts, ...change });
  return [
    // As it would be with another token, epoch or answer.
    more({ body: body.replace(/"token":(\d+)/u, (_all, token: string) => `"token":${Number(token) + 1}`) }),
    more({ body: body.replace('"ok":false', '"ok":true') }),
    more({ body: body.replace(/"seq":(\d+)/u, (_all, seq: string) => `"seq":${Number(seq) + 1000}`) }),
    more({ body: body.replace(/"seq":(\d+).*/u, (_all, seq: string) => `"seq":${Number(seq) + 1000},${LEAVING}}`) }),
    more({ body: body.replace(/"epoch":"[^"]*"/u, '"epoch":"mine"') }),
    more({ mac: "" }),
    more({ mac: createHmac("sha256", "a guess").update(body).digest("base64url") }),
    more({ kid: "stranger" }),
    text.slice(0, -2),
    "[]",
  ].filter((forged) => forged !== text);
}

function partsOf(text: string): Parts | undefined {
  try {
    const parts: Parts = JSON.parse(text);
    return parts;
  } catch {
    return undefined;
  }
}
