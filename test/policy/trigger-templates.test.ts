import { readFile } from "node:fs/promises";

import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { z } from "zod";

import { argoEventsKind } from "../../src/triggers/kinds/argo-events.ts";
import { argocdNotificationsKind } from "../../src/triggers/kinds/argocd-notifications.ts";
import type { Reading, TriggerKind } from "../../src/triggers/trigger-kind.ts";
import { ARRIVES_AT, eventsOf } from "../support/trigger-samples.ts";

const FOLDER = new URL("../../docs/triggers/", import.meta.url).pathname;

const ConfigMap = z.looseObject({ kind: z.literal("ConfigMap"), data: z.record(z.string(), z.string()) });
const Template = z.looseObject({ webhook: z.looseObject({ quarterdeck: z.looseObject({ body: z.string() }) }) });
const Sensor = z.looseObject({
  kind: z.literal("Sensor"),
  spec: z.looseObject({
    triggers: z.tuple([
      z.looseObject({
        template: z.looseObject({ http: z.looseObject({ payload: z.array(z.looseObject({ dest: z.string() })) }) }),
      }),
    ]),
  }),
});

/** The pieces of YAML of a page that fit the schema. */
async function shown<Value>(page: string, schema: z.ZodType<Value>): Promise<readonly Value[]> {
  const text = await readFile(`${FOLDER}${page}`, "utf8");
  const pieces = Array.from(text.matchAll(/```yaml\n([^]*?)```/gu), ([, piece]) => piece ?? "");
  return pieces
    .flatMap((piece) => parseAllDocuments(piece).map((document): unknown => document.toJS()))
    .flatMap((value) => {
      const parsed = schema.safeParse(value);
      return parsed.success ? [parsed.data] : [];
    });
}

/** What a template of Go comes to, as far as those of the page go: `with`, and values that are written as JSON. */
function rendered(
  template: string,
  { isThere, values }: { isThere: boolean; values: Readonly<Record<string, unknown>> },
): string {
  const innermost =
    /\{\{ with [^}]+ \}\}((?:(?!\{\{ (?:with|else|end))[^])*)\{\{ else \}\}((?:(?!\{\{ (?:with|else|end))[^])*)\{\{ end \}\}/u;
  let text = template;
  while (innermost.test(text))
    text = text.replace(innermost, (_, full: string, empty: string) => (isThere ? full : empty));
  return text.replaceAll(/\{\{ (?:toJson ([^ ]+)|printf .* \| toJson) \}\}/gu, (_, path: string | undefined) => {
    const name = path?.split(".").at(-1) ?? "link";
    return JSON.stringify(values[name] ?? null);
  });
}

async function read(kind: TriggerKind, body: string): Promise<Reading> {
  const delivery = { headers: {}, query: "", body: Buffer.from(body), at: ARRIVES_AT };
  return kind.read(delivery, kind.settings.parse({}));
}

const VALUES = {
  name: "checkout-prod",
  namespace: "argocd",
  uid: "u-1",
  project: "shop",
  revision: "a".repeat(40),
  status: "Synced",
  phase: "Succeeded",
  message: 'quotes "and" lines\n',
  startedAt: "2026-01-01T09:59:10Z",
  finishedAt: "2026-01-01T09:59:20Z",
  info: null,
  link: "https://argocd.acme.example/applications/argocd/checkout-prod",
};

describe("the templates for Argo CD", async () => {
  const [map] = await shown("argocd-notifications.md", ConfigMap);
  const templates = Object.entries(map?.data ?? {}).filter(([name]) => name.startsWith("template."));
  const bodies = templates.map(([name, text]) => {
    const [document] = parseAllDocuments(text);
    return [name, Template.parse(document?.toJS()).webhook.quarterdeck.body] as const;
  });

  it("are those that the triggers send", () => {
    const sent = Object.entries(map?.data ?? {}).flatMap(([name, text]) =>
      name.startsWith("trigger.")
        ? Array.from(text.matchAll(/send: \[(.+)\]/gu), ([, template]) => `template.${template}`)
        : [],
    );
    expect(new Set(sent)).toEqual(new Set(templates.map(([name]) => name)));
  });

  it.each(bodies)("make of an application what is read: %s", async (name, body) => {
    const text = rendered(body, { isThere: true, values: VALUES });
    expect(text).not.toContain("{{");
    expect(eventsOf(await read(argocdNotificationsKind, text))).toMatchObject([
      {
        event: {
          about: name.replace("template.quarterdeck-", ""),
          app: "checkout-prod",
          namespace: "argocd",
          project: "shop",
          revision: "a".repeat(40),
          sync: "Synced",
          health: "Synced",
        },
        link: VALUES.link,
      },
    ]);
  });

  it.each(bodies)("make JSON also of an application of which nothing is known yet: %s", async (_name, body) => {
    const text = rendered(body, { isThere: false, values: VALUES });
    expect(["events", "nothing"]).toContain((await read(argocdNotificationsKind, text)).kind);
  });

  it("hand on the infos by which an operation of ours is known", async () => {
    const [, body = ""] = bodies.find(([name]) => name === "template.quarterdeck-operation") ?? [];
    const info = [{ name: "quarterdeck.run", value: "run_7" }];
    const text = rendered(body, { isThere: true, values: { ...VALUES, info } });
    expect(await read(argocdNotificationsKind, text)).toMatchObject({
      kind: "nothing",
      reason: expect.stringContaining("run_7"),
    });
  });
});

describe("the Sensor for Argo Events", () => {
  it("makes of an event what is read", async () => {
    const [sensor] = await shown("argo-events.md", Sensor);
    const payload = sensor?.spec.triggers[0].template.http.payload ?? [];
    const context = { id: "1", source: "builds", subject: "finished", type: "sqs", time: "2026-01-01T09:59:30Z" };
    const Source = z.looseObject({ contextKey: z.string().optional(), dataKey: z.string().optional() });
    const body = payload.map(({ dest, src }): [string, unknown] => {
      const { contextKey } = Source.parse(src);
      return [dest, contextKey === undefined ? { state: "passed" } : Reflect.get(context, contextKey)];
    });
    expect(eventsOf(await read(argoEventsKind, JSON.stringify(Object.fromEntries(body))))).toMatchObject([
      {
        event: { source: "builds", name: "finished", type: "sqs", id: "1", data: { state: "passed" } },
        happenedAt: Date.UTC(2026, 0, 1, 9, 59, 30),
      },
    ]);
  });
});
