import { readFile } from "node:fs/promises";

import { z } from "zod";

import type { Json, JsonMap } from "../../../platform/canonical-json.ts";

const JsonValue: z.ZodType<Json> = z.json();
const Members = z.record(z.string(), JsonValue);

/** What a task does, and what it is called with. */
export interface Task {
  readonly name: string;
  readonly module: string;
  readonly args: Json;
  readonly notify: readonly string[];
}

export interface PlaybookPlay {
  readonly name: string;
  /** `all`, or a group. */
  readonly hosts: string;
  readonly tasks: readonly Task[];
  readonly handlers: readonly Task[];
}

const KEYWORDS = new Set(["name", "notify"]);

/** Keys that change what a task means are refused rather than passed over. */
const TaskFile = Members.transform((members, context): Task => {
  const [module, ...more] = Object.keys(members).filter((key) => !KEYWORDS.has(key));
  if (module === undefined || more.length > 0) {
    context.addIssue({
      code: "custom",
      message: `this stand-in does not know ${more.join(", ") || "a task without a module"}`,
    });
    return z.NEVER;
  }
  const { name = module, notify = [] } = z
    .looseObject({ name: z.string().optional(), notify: z.union([z.string(), z.array(z.string())]).optional() })
    .parse(members);
  const args = members[module] ?? null;
  return { name, module: module.replace(/^ansible\.builtin\./u, ""), args, notify: [notify].flat() };
});

const PlayFile = z.strictObject({
  name: z.string().default("a play"),
  hosts: z.string(),
  gather_facts: z.boolean().default(false),
  become: z.boolean().optional(),
  tasks: z.array(TaskFile).default([]),
  handlers: z.array(TaskFile).default([]),
});

/** Reads a playbook in JSON. Throws with what is at fault. */
export async function readPlaybook(file: string): Promise<readonly PlaybookPlay[]> {
  try {
    return z.array(PlayFile).parse(JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new Error(`${file} cannot be read; this stand-in reads playbooks in JSON alone: ${why}`, { cause: error });
  }
}

/** YAML as the step writes it: JSON, with a tag before what is no template. */
export async function readLiteral(file: string): Promise<Json> {
  const text = await readFile(file, "utf8");
  const plain = text
    .replaceAll(/!unsafe (?="(?:[^"\\]|\\.)*")/gu, "")
    .replaceAll(/\\U([0-9a-f]{8})/gu, (_all, code: string) => {
      return String.fromCodePoint(Number.parseInt(code, 16));
    });
  return JsonValue.parse(JSON.parse(plain));
}

const Inventory = z.object({
  all: z.object({
    hosts: z.record(z.string(), Members.nullable()).default({}),
    children: z
      .record(z.string(), z.object({ hosts: z.record(z.string(), JsonValue).default({}), vars: Members.default({}) }))
      .default({}),
  }),
});

/** A host with its variables, those of its groups included. */
export interface Host {
  readonly name: string;
  readonly groups: readonly string[];
  readonly variables: JsonMap;
}

export async function readInventory(file: string): Promise<readonly Host[]> {
  const { hosts, children } = Inventory.parse(await readLiteral(file)).all;
  const groups = Object.entries(children);
  return Object.entries(hosts).map(([name, own]) => {
    const mine = groups.filter(([, group]) => Object.hasOwn(group.hosts, name));
    const fromGroups = Object.assign({}, ...mine.map(([, { vars }]) => vars));
    return {
      name,
      groups: mine.map(([group]) => group),
      variables: { ...fromGroups, ...own, inventory_hostname: name },
    };
  });
}
