import { readFile } from "node:fs/promises";

import { describe, expect, it } from "vitest";
import { z } from "zod";

import { Configuration } from "../../src/config/configuration.ts";
import { checkConfiguration } from "../../src/config/load-configuration.ts";

const page = new URL("../../docs/configuration.md", import.meta.url).pathname;
const setUp = new URL("../../docs/set-up.md", import.meta.url).pathname;

type Schema = z.core.JSONSchema.BaseSchema;
interface Row {
  readonly key: string;
  readonly fallback: string;
  readonly meaning: string;
}

/** One row for each key below a schema, in the order of the schema; `[]` stands for the entries of a list, `NAME` for names. */
function rowsOf(schema: Schema, path: string): readonly Row[] {
  const { properties = {}, required = [], items, additionalProperties, anyOf = [] } = schema;
  const own = Object.entries(properties).flatMap(([name, inner]) => {
    if (typeof inner !== "object") return [];
    const key = path === "" ? name : `${path}.${name}`;
    const row = { key, fallback: fallbackOf(inner, required.includes(name)), meaning: inner.description ?? "" };
    return [row, ...rowsOf(inner, key)];
  });
  const list = typeof items === "object" && !Array.isArray(items) ? rowsOf(items, `${path}[]`) : [];
  const named = typeof additionalProperties === "object" ? rowsOf(additionalProperties, `${path}.NAME`) : [];
  const either = anyOf.flatMap((inner) => (typeof inner === "object" ? rowsOf(inner, path) : []));
  return [...own, ...list, ...named, ...either];
}

function fallbackOf(schema: Schema, isRequired: boolean): string {
  const { default: value } = schema;
  if (Array.isArray(value) && value.length > 0) return `\`[${value.join(", ")}]\``;
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return `\`${value}\``;
  return isRequired ? "required" : "";
}

function table(rows: readonly Row[]): string {
  const cells = [
    ["key", "default", "meaning"],
    ...rows.map(({ key, fallback, meaning }) => [`\`${key}\``, fallback, meaning.replaceAll("|", String.raw`\|`)]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const rule = widths.map((width) => "-".repeat(width));
  return [cells[0] ?? [], rule, ...cells.slice(1)].map((row) => line(row)).join("\n");
}

/** The text with the table after each `<!-- keys of SECTION -->` made anew from the schema. */
function withTables(text: string): string {
  const rows = rowsOf(z.toJSONSchema(Configuration, { io: "input" }), "");
  return text.replaceAll(/(<!-- keys of ([a-z]+) -->\n)\n(?:\|.*\n)*\n*/gu, (_, mark: string, section: string) => {
    const own = rows.filter(({ key }) => key.split(/[.[]/u)[0] === section);
    return `${mark}\n${table(own)}\n\n`;
  });
}

/** The pieces of YAML in a page that are whole configurations. */
function configurationsIn(text: string): readonly string[] {
  const pieces = Array.from(text.matchAll(/```yaml\n([^]*?)```/gu), ([, piece]) => piece ?? "");
  return pieces.filter((piece) => piece.includes("slack:") && piece.includes("services:"));
}

describe("the pages about the configuration", () => {
  it("list every key with the default and meaning that the program knows (vitest -u writes the tables anew)", async () => {
    const text = await readFile(page, "utf8");
    await expect(withTables(text)).toMatchFileSnapshot(page);
  });

  it("have a table for every section", async () => {
    const sections = Array.from(
      (await readFile(page, "utf8")).matchAll(/<!-- keys of ([a-z]+) -->/gu),
      ([, name]) => name,
    );
    expect(new Set(sections)).toEqual(new Set(Object.keys(Configuration.shape)));
  });

  it("explain every key", () => {
    const silent = rowsOf(z.toJSONSchema(Configuration, { io: "input" }), "").filter(({ meaning }) => meaning === "");
    expect(silent).toEqual([]);
  });

  it("show configurations that are right", async () => {
    const shown = (await Promise.all([page, setUp].map((file) => readFile(file, "utf8")))).flatMap(configurationsIn);
    expect(shown.length).toBeGreaterThan(0);
    for (const text of shown) expect(checkConfiguration({ text, file: "shown.yaml" })).toMatchObject({ kind: "valid" });
  });
});
