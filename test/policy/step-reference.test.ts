import { readdir } from "node:fs/promises";

import { describe, expect, it } from "vitest";

import { loadCommands } from "../../src/commands/load-commands.ts";
import { stepReference } from "../../src/engine/step-reference.ts";
import type { StepKind } from "../../src/engine/step-kind.ts";
import { allKinds } from "../support/all-kinds.ts";

const FOLDER = new URL("../../docs/reference/steps/", import.meta.url).pathname;
const CODE = /^[a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)+$/u;

const kinds = [...allKinds.values()];
const pages = stepReference(kinds);

function exampleOf({ notes, kind }: StepKind): string {
  if (notes === undefined) throw new Error(`${kind} has no notes`);
  return notes.example.trim();
}

/** The examples that an example needs before it, by the ids of the steps that it names, and then itself. */
function withNeeded(example: string, seen: readonly string[] = []): readonly string[] {
  const named = Array.from(example.matchAll(/steps\.([a-z_]\w*)/giu), ([, id]) => id ?? "");
  const own = /^id: (\w+)$/mu.exec(example)?.[1] ?? "";
  const before = [...new Set(named)].flatMap((id) => {
    if (seen.includes(id)) return [];
    const other = kinds.map((kind) => exampleOf(kind)).find((text) => text.includes(`id: ${id}\n`));
    return other === undefined ? [] : withNeeded(other, [...seen, own, id]);
  });
  return [...new Set([...before, example])];
}

function commandWith(examples: readonly string[]): string {
  const entries = examples.map((example) => `      - ${example.split("\n").join("\n        ")}`);
  return `name: Example
summary: Holds the example of a step kind
on:
  slash: /promote <service> <revision> to <environment>
inputs:
  service: { type: service }
  revision: { type: revision, of: service }
  environment: { type: environment, of: service }
steps:
  - for-each: \${{ upTo(service.environments, environment) }}
    as: target
    steps:
${entries.join("\n")}
`;
}

describe("the reference of step kinds", () => {
  it.each(pages)(
    "has a page $file that says what the program does (vitest -u writes it anew)",
    async ({ file, text }) => {
      await expect(text).toMatchFileSnapshot(`${FOLDER}${file}`);
    },
  );

  it("has no page of a kind that is gone", async () => {
    expect((await readdir(FOLDER)).toSorted()).toEqual(pages.map(({ file }) => file).toSorted());
  });

  it.each(kinds.map((kind) => [kind.kind, kind] as const))(
    "knows of %s how it fails and how it is used",
    (_name, kind) => {
      expect(kind.notes).toBeDefined();
      for (const code of Object.keys(kind.notes?.failures ?? {})) expect(code).toMatch(CODE);
      expect(exampleOf(kind)).toContain(`uses: ${kind.kind}`);
    },
  );

  it.each(kinds.map((kind) => [kind.kind, kind] as const))(
    "has an example of %s that the loader takes",
    (_name, kind) => {
      const text = commandWith(withNeeded(exampleOf(kind)));
      const { diagnostics } = loadCommands([{ file: "example.yaml", text }], {
        catalogue: allKinds,
        slashNames: {},
        secrets: Array.from(text.matchAll(/secrets\.(\w+)/gu), ([, name]) => name ?? ""),
      });
      expect(diagnostics.map(({ message }) => message)).toEqual([]);
    },
  );
});
