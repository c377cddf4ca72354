import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import { z } from "zod";

import { type Clock, isoTime } from "../../../platform/clock.ts";
import type { Json } from "../../../platform/canonical-json.ts";
import { typeOf } from "./expression.ts";

const JsonValue: z.ZodType<Json> = z.json();
const Typed = z.object({ value: JsonValue, type: JsonValue }).nullable();
const Output = z.object({ value: JsonValue, type: JsonValue, sensitive: z.boolean().optional() });

const Instance = z.object({
  index_key: z.string().optional(),
  /** `tainted` where it was made, and what belongs to its making failed. */
  status: z.literal("tainted").optional(),
  schema_version: z.literal(0),
  attributes: z.object({ id: z.string(), input: Typed, output: Typed, triggers_replace: Typed }),
  sensitive_attributes: z.array(JsonValue),
});

const StateDocument = z.object({
  version: z.literal(4),
  terraform_version: z.string(),
  serial: z.int(),
  lineage: z.string(),
  outputs: z.record(z.string(), Output),
  resources: z.array(
    z.object({
      mode: z.literal("managed"),
      type: z.literal("terraform_data"),
      name: z.string(),
      provider: z.string(),
      instances: z.array(Instance),
    }),
  ),
  check_results: z.null(),
});
type StateDocument = z.infer<typeof StateDocument>;

/** A resource as the state has it. */
export interface Made {
  readonly name: string;
  readonly key: string | undefined;
  readonly id: string;
  readonly input: Json;
  readonly output: Json;
  readonly triggers: Json;
  readonly isTainted: boolean;
}

export interface KeptOutput {
  readonly value: Json;
  readonly sensitive: boolean;
}

export interface State {
  readonly lineage: string;
  readonly serial: number;
  readonly made: readonly Made[];
  readonly outputs: Readonly<Record<string, KeptOutput>>;
}

const PROVIDER = 'provider["terraform.io/builtin/terraform"]';

/** Reads the state; an empty one of a new lineage where there is none yet. */
export async function readState(path: string): Promise<State> {
  const text = await readFile(path, "utf8").catch(() => "");
  if (text === "") return { lineage: randomUUID(), serial: 0, made: [], outputs: {} };
  const { lineage, serial, resources, outputs } = StateDocument.parse(JSON.parse(text));
  const made = resources.flatMap(({ name, instances }) =>
    instances.map(({ index_key: key, status, attributes }) => ({
      name,
      key,
      id: attributes.id,
      input: attributes.input?.value ?? null,
      output: attributes.output?.value ?? null,
      triggers: attributes.triggers_replace?.value ?? null,
      isTainted: status === "tainted",
    })),
  );
  const kept = Object.entries(outputs).map(([name, { value, sensitive = false }]) => [name, { value, sensitive }]);
  return { lineage, serial, made, outputs: Object.fromEntries(kept) };
}

/** Writes the state in one piece, with the next serial, and gives it back. */
export async function writeState(path: string, state: State, version: string): Promise<State> {
  const next = { ...state, serial: state.serial + 1 };
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, `${JSON.stringify(documentOf(next, version), null, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
  return next;
}

function documentOf({ lineage, serial, made, outputs }: State, version: string): StateDocument {
  const names = [...new Set(made.map(({ name }) => name))].toSorted();
  return {
    version: 4,
    terraform_version: version,
    serial,
    lineage,
    outputs: Object.fromEntries(
      Object.entries(outputs).map(([name, { value, sensitive }]) => [
        name,
        { value, type: typeOf(value), ...(sensitive && { sensitive }) },
      ]),
    ),
    resources: names.map((name) => ({
      mode: "managed",
      type: "terraform_data",
      name,
      provider: PROVIDER,
      instances: made.filter((one) => one.name === name).map(instanceOf),
    })),
    check_results: null,
  };
}

function instanceOf({ key, isTainted, id, input, output, triggers }: Made): z.infer<typeof Instance> {
  return {
    ...(key !== undefined && { index_key: key }),
    ...(isTainted && { status: "tainted" }),
    schema_version: 0,
    attributes: { id, input: typed(input), output: typed(output), triggers_replace: typed(triggers) },
    sensitive_attributes: [],
  };
}

function typed(value: Json): z.infer<typeof Typed> {
  return value === null ? null : { value, type: typeOf(value) };
}

const Lock = z.looseObject({
  ID: z.string(),
  Who: z.string(),
  Operation: z.string(),
  Created: z.string(),
  pid: z.int(),
});
type Lock = z.infer<typeof Lock>;

/** Somebody else is at work on the state. */
export class StateLocked extends Error {
  readonly lock: Lock;

  constructor(lock: Lock) {
    super("Error acquiring the state lock");
    this.lock = lock;
  }
}

/** Holds the lock of a state until it is disposed; that of a process which is gone counts no more. Throws StateLocked. */
export async function lockState(
  path: string,
  { operation, waitMs, clock }: { readonly operation: string; readonly waitMs: number; readonly clock: Clock },
): Promise<AsyncDisposable> {
  const file = join(dirname(path), `.${basename(path)}.lock.info`);
  const own: Lock = {
    ID: randomUUID(),
    Who: `stand-in@${process.pid}`,
    Operation: operation,
    Created: isoTime(clock.now()),
    pid: process.pid,
  };
  await mkdir(dirname(path), { recursive: true });
  const until = clock.monotonic() + waitMs;
  for (;;) {
    const isOurs = await writeFile(file, JSON.stringify(own), { flag: "wx" }).then(
      () => true,
      () => false,
    );
    if (isOurs) return { [Symbol.asyncDispose]: () => rm(file, { force: true }) };
    const other = await tryLock(file);
    if (other !== undefined && !isAlive(other.pid)) await rm(file, { force: true });
    else if (clock.monotonic() > until && other !== undefined) throw new StateLocked(other);
    else await clock.sleep(100);
  }
}

/** Undefined where it is gone by now, or not yet whole. */
async function tryLock(file: string): Promise<Lock | undefined> {
  try {
    return Lock.parse(JSON.parse(await readFile(file, "utf8")));
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
