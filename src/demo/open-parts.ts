import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { playFailure } from "./finding.ts";
import { type ConfigurationPart, inOrder, type Opened, type PartContext, type WorldPart } from "./world-part.ts";

/** What all parts of a world give together. */
export type OpenedParts = Required<Omit<Opened<unknown>, "thing" | "configuration">> & {
  readonly configuration: Required<ConfigurationPart>;
};

/** Opens the parts one after another, each with a folder of its own below `folder`. */
export async function openParts(parts: readonly WorldPart[], context: PartContext): Promise<OpenedParts> {
  const opened: Opened<unknown>[] = [];
  for (const part of inOrder(parts)) {
    const folder = join(context.folder, part.name);
    await mkdir(folder);
    opened.push(await part.open({ ...context, folder }));
  }
  const configurations = opened.map(({ configuration }) => configuration ?? {});
  return {
    environment: merged(opened.map(({ environment }) => environment)),
    applications: opened.flatMap(({ applications }) => applications ?? []),
    images: merged(opened.map(({ images }) => images)),
    policies: opened.flatMap(({ policies }) => policies ?? []),
    replacements: merged(opened.map(({ replacements }) => replacements)),
    onArgocd: (argocd) => {
      for (const { onArgocd } of opened) onArgocd?.(argocd);
    },
    configuration: {
      environments: configurations.flatMap(({ environments }) => environments ?? []),
      services: configurations.flatMap(({ services }) => services ?? []),
      programs: merged(configurations.map(({ programs }) => programs)),
      roles: merged(configurations.map(({ roles }) => roles)),
      grants: configurations.flatMap(({ grants }) => grants ?? []),
      secrets: configurations.flatMap(({ secrets }) => secrets ?? []),
      repositories: configurations.flatMap(({ repositories }) => repositories ?? []),
      others: merged(configurations.map(({ others }) => others)),
    },
  };
}

/** Throws where two parts say different things about the same. */
function merged<Value>(records: readonly (Readonly<Record<string, Value>> | undefined)[]): Record<string, Value> {
  const all = new Map<string, Value>();
  for (const [key, value] of records.flatMap((record) => Object.entries(record ?? {}))) {
    if (all.has(key) && all.get(key) !== value) throw playFailure(`Two parts of this world give a ${key}.`);
    all.set(key, value);
  }
  return Object.fromEntries(all);
}
