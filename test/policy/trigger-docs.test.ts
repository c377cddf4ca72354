import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";

import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { z } from "zod";

import { triggerFaults, triggerKinds } from "../../src/app/triggers.ts";
import { loadCommands, readCommandFolder } from "../../src/commands/load-commands.ts";
import { matchValues } from "../../src/commands/match-command.ts";
import type { Configuration } from "../../src/config/configuration.ts";
import { checkConfiguration } from "../../src/config/load-configuration.ts";
import { machineStanding } from "../../src/domain/approver-policy.ts";
import { machineUser } from "../../src/domain/machine.ts";
import { typeOfSchema, typeText, type ExpressionType } from "../../src/expressions/expression-type.ts";
import { actsIn, namePlaces } from "../../src/intake/name-places.ts";
import { authorize } from "../../src/inventory/authorize.ts";
import { Inventory } from "../../src/inventory/inventory.ts";
import { compileTriggers } from "../../src/triggers/compile-triggers.ts";
import { decideStarts } from "../../src/triggers/decide-starts.ts";
import { scheduleFaults } from "../../src/triggers/schedule/schedule-faults.ts";
import { httpKinds } from "../../src/triggers/kinds/http-kinds.ts";
import { allKinds } from "../support/all-kinds.ts";
import { rightConfiguration } from "../support/configured.ts";
import { ARRIVES_AT, eventsOf, triggerFixture, withPart } from "../support/trigger-samples.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const FOLDER = `${ROOT}docs/triggers/`;
const kinds = httpKinds({ fetchText: () => Promise.reject(new Error("nobody is asked")) });
const pages = (await readdir(FOLDER)).filter((file) => file.endsWith(".md"));
const texts = new Map(
  await Promise.all(
    pages.map(async (file): Promise<[string, string]> => [file, await readFile(`${FOLDER}${file}`, "utf8")]),
  ),
);

type Schema = z.core.JSONSchema.BaseSchema;

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [rows[0] ?? [], widths.map((width) => "-".repeat(width)), ...rows.slice(1)].map((row) => line(row)).join("\n");
}

/** A row for each field that expressions see. */
function eventRows(type: ExpressionType, { properties = {} }: Schema, path: string): readonly (readonly string[])[] {
  if (type.kind !== "object") return [];
  return Object.entries(type.fields).flatMap(([name, field]) => {
    const schema = properties[name];
    if (typeof schema !== "object") return [];
    const own = [`\`${path}.${name}\``, field.kind === "object" ? "" : typeText(field), meaningOf(field, schema)];
    return [own, ...eventRows(field, schema, `${path}.${name}`)];
  });
}

/** With all that it can be, where that is said nowhere else. */
function meaningOf(type: ExpressionType, { description = "" }: Schema): string {
  const values = type.kind === "string" ? (type.values ?? []).map((value) => `\`${value}\``) : [];
  if (values.every((value) => description.includes(value))) return description;
  return `One of ${values.join(", ")}. ${description}`;
}

function eventTable(kind: (typeof kinds)[number]): string {
  const schema = z.toJSONSchema(kind.event, { unrepresentable: "any", io: "output" });
  return table([["field", "type", "meaning"], ...eventRows(typeOfSchema(kind.event, "event"), schema, "event")]);
}

/** A row for each key under `with`; of alternatives those of each. */
function settingRows(schema: Schema, path = ""): readonly (readonly string[])[] {
  const { properties = {}, required = [], anyOf = [], oneOf = [] } = schema;
  const either = [...anyOf, ...oneOf].flatMap((inner) => (typeof inner === "object" ? settingRows(inner, path) : []));
  const own = Object.entries(properties).flatMap(([name, inner]) => {
    if (typeof inner !== "object") return [];
    const key = path === "" ? name : `${path}.${name}`;
    const value = inner.const === undefined ? "" : `: ${String(inner.const)}`;
    const fallback = inner.default === undefined ? "" : `\`${JSON.stringify(inner.default)}\``;
    const isNeeded = required.includes(name) && inner.const === undefined;
    return [
      [`\`${key}${value}\``, isNeeded ? "required" : fallback, inner.description ?? ""],
      ...settingRows(inner, key),
    ];
  });
  return [...own, ...either];
}

function settingsTable(kind: (typeof kinds)[number]): string {
  const rows = settingRows(z.toJSONSchema(kind.settings, { io: "input" }));
  return rows.length === 0 ? "Nothing." : table([["key", "default", "meaning"], ...rows]);
}

/** The page with what stands below each mark made anew. */
function withTables(text: string): string {
  const marked = /(<!-- (event|settings) of ([a-z0-9-]+) -->\n)(?:\n(?:\|.*\n)+|\nNothing\.\n)?/gu;
  const filled = text.replaceAll(marked, (_, mark: string, what: string, name: string) => {
    const kind = kinds.find((candidate) => candidate.name === name);
    if (kind === undefined) return mark;
    return `${mark}\n${what === "event" ? eventTable(kind) : settingsTable(kind)}\n`;
  });
  return filled.replaceAll(/(<!-- senders -->\n)(?:\n(?:\|.*\n)+)?/gu, (_, mark: string) => {
    const rows = kinds.map(({ name, summary }) => [`[\`${name}\`](${name}.md)`, summary]);
    return `${mark}\n${table([["`from`", "what it tells of"], ...rows])}\n`;
  });
}

function piecesIn(text: string, isWanted: (value: unknown) => boolean): readonly string[] {
  const pieces = Array.from(text.matchAll(/```yaml\n([^]*?)```/gu), ([, piece]) => piece ?? "");
  return pieces.filter((piece) => isWanted(parse(piece)));
}

const Entry = z.union([
  z.looseObject({ triggers: z.array(z.unknown()) }),
  z.looseObject({ schedules: z.array(z.unknown()) }),
]);
const File = z.looseObject({ on: z.unknown(), steps: z.array(z.unknown()) });

/** The shipped commands and blueprints, and those that the pages show, by the file that they are to be copied to. */
const commandTexts = [
  ...(await readCommandFolder(`${ROOT}commands`)),
  ...(await readCommandFolder(`${ROOT}blueprints`)),
  ...Array.from(texts.values()).flatMap((text) =>
    piecesIn(text, (value) => File.safeParse(value).success).map((piece) => {
      const file = /\/qd ([a-z-]+)/u.exec(piece)?.[1] ?? "shown";
      return { file: `${file}.yaml`, text: piece };
    }),
  ),
];
const secrets = commandTexts.flatMap(({ text }) =>
  Array.from(text.matchAll(/secrets\.(\w+)/gu), ([, name]) => name ?? ""),
);
const { commands, diagnostics } = loadCommands(commandTexts, { catalogue: allKinds, slashNames: {}, secrets });

/** The shown piece in a configuration that has everything else. */
function whole(piece: string): string {
  const base = z
    .looseObject({ roles: z.looseObject({}), grants: z.array(z.unknown()), secrets: z.looseObject({}) })
    .parse(parse(rightConfiguration));
  const shown = z
    .looseObject({
      roles: z.looseObject({}).default({}),
      grants: z.array(z.unknown()).default([]),
      secrets: z.looseObject({}).default({}),
    })
    .parse(parse(piece));
  return stringify({
    ...base,
    ...shown,
    roles: { ...base.roles, ...shown.roles },
    // What others are granted is of no help to it.
    grants: shown.grants,
    // Beside those that it declares it may use the one of the demo.
    secrets: { ...base.secrets, DEMO_HOOK: { env: "DEMO_HOOK" }, ...shown.secrets },
  });
}

const configurationPage = await readFile(`${ROOT}docs/configuration.md`, "utf8");
const examples = [...texts, ["configuration.md", configurationPage] as const].flatMap(([file, text]) =>
  piecesIn(text, (value) => Entry.safeParse(value).success).map(
    (piece, index) => [`${file} ${index + 1}`, piece] as const,
  ),
);

/** What is shown in a page asks for this, and a value that is worked out from an event is some such. */
const ASKED: Readonly<Record<string, string>> = {
  service: "checkout",
  environment: "staging",
  revision: "4f1c9a2b7d".repeat(4),
  image: `registry.acme.example/shop/checkout@sha256:${"7c1d".repeat(16)}`,
};

/** Why what an example says would not be let by what it grants; nothing where all of it would be. */
function refusals(configuration: Configuration): readonly string[] {
  const { triggers } = compileTriggers(configuration, { kinds: triggerKinds(), commands });
  const asking = [
    ...triggers.map(({ machine, starts }) => ({ machine, starts })),
    ...configuration.schedules.map(({ name, start }) => ({
      machine: { sort: "schedule", name } as const,
      starts: [start],
    })),
  ];
  return asking.flatMap(({ machine, starts }) =>
    starts.flatMap(({ command, inputs }) => {
      const values = Object.fromEntries(
        Object.entries(inputs).map(([name, value]) => {
          const isWorkedOut = String(value).includes("${{");
          return [name, isWorkedOut ? (ASKED[name] ?? "some") : String(value)];
        }),
      );
      const why = refusalOf(configuration, { user: machineUser(machine), command, values });
      return why === undefined ? [] : [`${machine.name}: ${why}`];
    }),
  );
}

function refusalOf(
  configuration: Configuration,
  {
    user,
    ...asked
  }: { readonly user: string; readonly command: string; readonly values: Readonly<Record<string, string>> },
): string | undefined {
  const match = matchValues(commands, asked)?.match;
  if (match?.kind !== "matched" || match.command.body.kind !== "plan") return `it is not understood: ${match?.kind}`;
  const { plan } = match.command.body;
  const places = namePlaces(new Inventory(configuration), { ...match, plan });
  if (places.kind === "refused") return "it names what is not there";
  const { environment, service, targets } = places.value;
  const named = targets.map(({ name }) => ({ service: service?.name ?? "", environment: name }));
  const person = machineStanding(user);
  for (const act of actsIn(plan.verb, { environment: environment?.name, targets: named })) {
    const authorization = authorize(configuration, { act, person, groups: new Map() });
    if (authorization.kind === "denied") return authorization.message;
  }
  return undefined;
}

const DIGEST = `sha256:${"7c1d".repeat(16)}`;
const KEY = `checkout/${"4f1c9a2b7d".repeat(4)}.json`;
const RECORDS = JSON.stringify({
  Records: [{ eventName: "ObjectCreated:Put", s3: { bucket: { name: "acme-releases" }, object: { key: KEY } } }],
});

/** Page, payload of the vendor, what is changed in it so that it fits what the page shows, and headers that are needed. */
const VENDORS: readonly (readonly [
  string,
  string,
  Readonly<Record<string, unknown>>,
  Readonly<Record<string, string>>,
])[] = [
  ["github.md", "github/workflow_run", {}, { "x-github-event": "workflow_run" }],
  ["ghcr.md", "github/package", {}, { "x-github-event": "package" }],
  ["gitlab.md", "gitlab/pipeline", {}, {}],
  ["harbor.md", "harbor/push-artifact", {}, {}],
  ["oci.md", "oci/azure", {}, {}],
  ["docker-hub.md", "docker-hub/push", { "push_data.digest": DIGEST }, {}],
  ["quay.md", "quay/repo-push", { updated_tags: { "1.4.0": DIGEST } }, {}],
  ["cloudevents.md", "cloudevents/ecr-eventbridge", {}, {}],
  ["s3.md", "s3/minio/put", { "Records.0.s3.object.key": KEY, "Records.0.eventTime": "2026-01-01T09:59:27.000Z" }, {}],
  ["sns.md", "sns/notification", { Message: RECORDS }, {}],
  ["terraform-cloud.md", "terraform-cloud/run", {}, {}],
  ["argocd-notifications.md", "argocd-notifications/operation", { "app.name": "checkout-staging" }, {}],
  ["argo-events.md", "argo-events/sensor", {}, {}],
  ["generic.md", "generic/build", { "build.image": `registry.acme.example/shop/checkout@${DIGEST}` }, {}],
];

describe("the pages about triggers", () => {
  it.each(pages)("%s says what the kinds say (vitest -u writes the tables anew)", async (file) => {
    await expect(withTables(texts.get(file) ?? "")).toMatchFileSnapshot(`${FOLDER}${file}`);
  });

  it.each(kinds.map(({ name }) => name))("has a page for %s with both tables and an entry", (name) => {
    const text = texts.get(`${name}.md`) ?? "";
    expect(text).toContain(`<!-- event of ${name} -->`);
    expect(text).toContain(`<!-- settings of ${name} -->`);
    expect(text).toContain(`from: ${name}\n`);
    expect(text).toMatch(/^## What it does not cover$/mu);
  });

  it.each(kinds.map((kind) => [kind.name, kind] as const))(
    "has a meaning for every field and key of %s",
    (_name, kind) => {
      const empty = [...eventTable(kind).split("\n"), ...settingsTable(kind).split("\n")].filter((row) =>
        /\| +\|$/u.test(row),
      );
      expect(empty).toEqual([]);
    },
  );

  it("shows commands that the loader takes", () => {
    expect(diagnostics).toEqual([]);
  });

  it.each(examples)("shows a right entry in %s", (file, piece) => {
    const result = checkConfiguration({ text: whole(piece), file }, (configuration) => [
      ...triggerFaults(configuration, commands),
      ...scheduleFaults(configuration, commands),
    ]);
    expect(result.kind === "valid" ? [] : result.diagnostics).toEqual([]);
  });

  it.each(examples)("grants what is shown in %s what it asks for", (file, piece) => {
    const result = checkConfiguration({ text: whole(piece), file });
    expect(result.kind === "valid" ? refusals(result.configuration) : result.diagnostics).toEqual([]);
  });

  it.each(VENDORS)("starts by %s what it shows, when %s is delivered", async (page, fixture, parts, query) => {
    const [, piece = ""] = examples.find(([name]) => name === `${page} 1`) ?? [];
    const result = checkConfiguration({ text: whole(piece), file: page });
    if (result.kind === "invalid") throw new Error(`${page} shows no right entry`);
    const [trigger] = compileTriggers(result.configuration, { kinds: triggerKinds(), commands }).triggers;
    if (trigger === undefined) throw new Error(`${page} shows no trigger`);
    const body = Object.entries(parts).reduce(
      (before, [path, value]) => withPart(before, path, value),
      triggerFixture(fixture),
    );
    const headers = { "content-type": "application/json", ...query };
    const reading = await trigger.kind.read({ headers, query: "", body, at: ARRIVES_AT }, trigger.settings);
    const decisions = decideStarts(trigger, { events: eventsOf(reading), at: ARRIVES_AT });
    const started = decisions.flatMap((one) => (one.kind === "start" ? [one.values] : []));
    const reasons = decisions.flatMap((one) => (one.kind === "nothing" ? [one.reason] : []));
    expect({ starts: started.length, reasons }).toMatchObject({ starts: 1 });
    for (const value of Object.values(started[0] ?? {})) expect(value).not.toBe("");
  });

  it("links only to what is there", () => {
    for (const [file, text] of texts) {
      for (const [, target = ""] of text.matchAll(/\]\(((?!https?:)[^)#]+)(?:#[^)]*)?\)/gu)) {
        expect([file, target, existsSync(`${FOLDER}${target}`)]).toEqual([file, target, true]);
      }
    }
  });
});
