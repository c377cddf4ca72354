import { readFile } from "node:fs/promises";

import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";

import {
  ForEachEntry,
  GroupEntry,
  LockEntry,
  ParallelEntry,
  StepEntry,
  UseEntry,
} from "../../src/commands/chain-entries.ts";
import { CommandFile, Defaults, InputDefinition, OutputDefinition } from "../../src/commands/command-file.ts";
import { Retry } from "../../src/commands/file-fields.ts";
import { loadCommands } from "../../src/commands/load-commands.ts";
import { CALLABLE } from "../../src/expressions/cel-functions.ts";
import { allKinds } from "../support/all-kinds.ts";

const PAGE = new URL("../../docs/commands.md", import.meta.url);

/** What stands above an example that is a part of a file. */
const HEAD: Readonly<Record<string, string>> = {
  name: "name: Example\n",
  summary: "summary: An example\n",
  on: "on: { slash: /example <service> <revision> to <environment> }\n",
  inputs:
    "inputs: { service: { type: service }, revision: { type: revision, of: service }, environment: { type: environment, of: service } }\n",
  steps: "steps: [{ id: something, uses: slack/alert }]\n",
};

const Keys = z.record(z.string(), z.unknown());

const page = (await readFile(PAGE, "utf8")).split("\n## Writing commands\n")[1] ?? "";
const examples = Array.from(page.matchAll(/```yaml\n([^]*?)```/gu), ([, example = ""]) => example);
const files = examples.flatMap((text) => {
  const [, file] = /^# (commands\/[a-z-]+\.yaml)\n/u.exec(text) ?? [];
  return file === undefined ? [] : [{ file, text }];
});
const parts = examples.filter((text) => !text.startsWith("# commands/"));

function mistakesIn(texts: readonly { readonly file: string; readonly text: string }[]): readonly string[] {
  const setting = { catalogue: allKinds, slashNames: {}, secrets: ["RELEASES_TOKEN"] };
  return loadCommands(texts, setting).diagnostics.map(({ file, line, message }) => `${file}:${line}: ${message}`);
}

/** A part of a file with what it needs around it. */
function completed(part: string): string {
  const own = Keys.parse(parse(part));
  const missing = Object.entries(HEAD).flatMap(([key, text]) => (key in own ? [] : [text]));
  return [...missing, part].join("");
}

/** Every key that stands anywhere in a value. */
function keysIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(keysIn);
  const map = Keys.safeParse(value);
  if (!map.success) return [];
  return Object.entries(map.data).flatMap(([key, member]) => [key, ...keysIn(member)]);
}

describe("the page about writing commands", () => {
  it("has whole files, which can be loaded together", () => {
    expect(files.length).toBeGreaterThan(3);
    expect(mistakesIn(files)).toEqual([]);
  });

  it.each(parts.map((part, index) => [index, part] as const))(
    "has parts of files that can be loaded: %d",
    (_, part) => {
      expect(mistakesIn([...files, { file: "commands/example.yaml", text: completed(part) }])).toEqual([]);
    },
  );

  it("has every key of the language in an example", () => {
    const used = new Set(examples.flatMap((text) => keysIn(parse(text))));
    const entries = [StepEntry, UseEntry, ForEachEntry, ParallelEntry, LockEntry, GroupEntry, Retry];
    const schemas = [CommandFile, Defaults, OutputDefinition, ...entries, ...InputDefinition.options];
    const shapes = schemas.flatMap(({ shape }) => Object.keys(shape));
    expect([...new Set(shapes)].filter((key) => !used.has(key))).toEqual([]);
  });

  it("has every type of input in an example, and names every question, every act and every function", () => {
    const text = examples.join("\n");
    const types = InputDefinition.options.map(({ shape }) => shape.type.value);
    expect(types.filter((type) => !text.includes(`type: ${type}`))).toEqual([]);
    const { answers, acts } = CommandFile.shape;
    const words = [...answers.unwrap().options, ...acts.unwrap().options];
    expect(words.filter((word) => !page.includes(`\`${word}\``))).toEqual([]);
    expect([...CALLABLE].filter((name) => !page.includes(`\`${name}`))).toEqual([]);
  });
});
