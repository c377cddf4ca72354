import { isJsonList, type Json } from "../../platform/canonical-json.ts";

/**
 * A value as YAML that Ansible takes as it is. A text in which it would look for a template is tagged, because it may come from a
 * person or from another program, and a template can run commands.
 */
export function literalYaml(value: Json): string {
  if (typeof value === "string") return value.includes("{") ? `!unsafe ${quoted(value)}` : quoted(value);
  if (isJsonList(value)) return `[${value.map(literalYaml).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, member]) => `${quoted(key)}: ${literalYaml(member)}`);
  return `{${members.join(", ")}}`;
}

/** YAML reads what JSON writes, apart from characters that it does not take for printable. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll(/[^\u0020-\u007e]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}
