import { expect } from "vitest";
import { z } from "zod";

import { type CommandSet, loadCommands } from "../../../src/commands/load-commands.ts";
import type { StepCatalogue, StepDescription } from "../../../src/commands/step-catalogue.ts";
import type { Plan } from "../../../src/domain/plan.ts";
import { testCatalogue } from "./test-catalogue.ts";

const secret = z.string().meta({ secret: true });

const more: Readonly<Record<string, StepDescription>> = {
  /** Takes and gives secrets in every way in which a kind can. */
  "test/call": {
    sort: "action",
    protects: false,
    inputSchema: z.strictObject({
      url: z.string().optional(),
      token: secret.optional(),
      headers: z.record(z.string(), secret).optional(),
      login: z
        .union([z.strictObject({ user: z.string(), password: secret }), z.strictObject({ key: secret })])
        .optional(),
      body: z.json().optional(),
      share: z.number().optional(),
    }),
    outputSchema: z.strictObject({ status: z.int(), name: z.string(), key: secret, keys: z.array(secret) }),
  },
};

const catalogue: StepCatalogue = new Map([
  ...Array.from(testCatalogue.keys(), (uses) => [uses, testCatalogue.get(uses)] as const).flatMap(([uses, kind]) =>
    kind === undefined ? [] : [[uses, kind] as const],
  ),
  ...Object.entries(more),
]);

/** The beginning of a command that can be typed, with a service, a revision and an environment. */
export const TYPED = `name: X
summary: Something
on: { slash: "/x <service> <revision> in <environment> [--fast] [--share <share>] [--wait <wait>]" }
inputs:
  service: { type: service }
  revision: { type: revision, of: service }
  environment: { type: environment, of: service }
  fast: { type: boolean }
  share: { type: number, default: 1 }
  wait: { type: duration, default: 5m }
`;

/** Files by name without their extension, loaded together. */
export function loadAll(files: Readonly<Record<string, string>>): CommandSet {
  const texts = Object.entries(files).map(([id, text]) => ({ file: `${id}.yaml`, text: text.replace(/^\n/u, "") }));
  return loadCommands(texts, { catalogue, slashNames: {}, secrets: ["TOKEN", "DEPLOY_KEY"] });
}

/** Every mistake in them as `file:line part that is meant | message`. */
export function mistakesOf(files: Readonly<Record<string, string>>): readonly string[] {
  return loadAll(files).diagnostics.map(({ file, line, column, excerpt, length, message }) => {
    return `${file}:${line} ${excerpt.slice(column - 1, column - 1 + length)} | ${message}`;
  });
}

/** Every mistake in a chain below `TYPED`, as `line part that is meant | message`; lines count from the first of the chain. */
export function mistakesIn(chain: string, others: Readonly<Record<string, string>> = {}): readonly string[] {
  const above = TYPED.split("\n").length - 1;
  return mistakesOf({ x: TYPED + chain.replace(/^\n/u, ""), ...others }).map((mistake) =>
    mistake.replace(/^x\.yaml:(\d+)/u, (_, line: string) => String(Number(line) - above)),
  );
}

/** The plan of a chain below `TYPED`, in which nothing is wrong. */
export function planOf(chain: string, others: Readonly<Record<string, string>> = {}): Plan {
  const { commands, diagnostics } = loadAll({ x: TYPED + chain.replace(/^\n/u, ""), ...others });
  expect(diagnostics).toEqual([]);
  const body = commands.find(({ id }) => id === "x")?.body;
  if (body?.kind !== "plan") throw new Error("no plan");
  return body.plan;
}
