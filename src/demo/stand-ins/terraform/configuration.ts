import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import type { Json } from "../../../platform/canonical-json.ts";

const JsonValue: z.ZodType<Json> = z.json();

const Provisioner = z.strictObject({
  "local-exec": z.strictObject({
    command: z.string(),
    environment: z.record(z.string(), z.string()).default({}),
  }),
});

const Resource = z.strictObject({
  for_each: z.record(z.string(), JsonValue).optional(),
  input: JsonValue.default(null),
  triggers_replace: JsonValue.default(null),
  provisioner: z.array(Provisioner).default([]),
});

/** What a configuration in JSON may hold here; anything else is refused. */
export const Configuration = z.strictObject({
  terraform: z
    .looseObject({ backend: z.strictObject({ local: z.strictObject({ path: z.string().optional() }) }).optional() })
    .default({}),
  variable: z
    .record(z.string(), z.looseObject({ default: JsonValue.optional(), sensitive: z.boolean().default(false) }))
    .default({}),
  resource: z.strictObject({ terraform_data: z.record(z.string(), Resource).default({}) }).prefault({}),
  output: z.record(z.string(), z.looseObject({ value: JsonValue, sensitive: z.boolean().default(false) })).default({}),
});
export type Configuration = z.infer<typeof Configuration>;

/** Reads the `*.tf.json` of a folder. Throws with the file where one is not as it should be. */
export async function readConfiguration(folder: string): Promise<Configuration> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".tf.json")).toSorted();
  const others = (await readdir(folder)).filter((name) => name.endsWith(".tf"));
  if (others.length > 0) throw new Error(`this stand-in reads *.tf.json alone, and there is ${others.join(", ")}`);
  const files = await Promise.all(names.map(async (name) => readOne(folder, name)));
  const [first = Configuration.parse({}), ...more] = files;
  return more.reduce(
    (all, one) => ({
      terraform: { ...all.terraform, ...one.terraform },
      variable: { ...all.variable, ...one.variable },
      resource: { terraform_data: { ...all.resource.terraform_data, ...one.resource.terraform_data } },
      output: { ...all.output, ...one.output },
    }),
    first,
  );
}

async function readOne(folder: string, name: string): Promise<Configuration> {
  try {
    return Configuration.parse(JSON.parse(await readFile(join(folder, name), "utf8")));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new Error(`${name} cannot be read: ${why}`, { cause: error });
  }
}

/** Values of the variables: from files, then `TF_VAR_NAME`, then the defaults. Throws for one that has none. */
export async function readVariables(
  { variable }: Configuration,
  given: { readonly files: readonly string[]; readonly env: Readonly<Record<string, string | undefined>> },
): Promise<Readonly<Record<string, Json>>> {
  const fromFiles: Record<string, Json> = {};
  for (const file of given.files) {
    Object.assign(fromFiles, z.record(z.string(), JsonValue).parse(JSON.parse(await readFile(file, "utf8"))));
  }
  return Object.fromEntries(
    Object.entries(variable).map(([name, { default: fallback }]) => {
      const value = fromFiles[name] ?? fromText(given.env[`TF_VAR_${name}`]) ?? fallback;
      if (value === undefined) throw new Error(`No value for required variable: ${name}`);
      return [name, value];
    }),
  );
}

/** A variable of the environment is JSON where it can be, as numbers and lists are given so. */
function fromText(text: string | undefined): Json | undefined {
  if (text === undefined) return undefined;
  try {
    return JsonValue.parse(JSON.parse(text));
  } catch {
    return text;
  }
}
