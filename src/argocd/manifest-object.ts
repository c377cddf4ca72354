import { z } from "zod";

import { tryJson } from "../platform/try-json.ts";

/** One rendered Kubernetes object. Only what identifies it is known; the rest is compared as it is. */
export const ManifestObject = z.looseObject({
  apiVersion: z.string().default(""),
  kind: z.string().default(""),
  metadata: z
    .looseObject({
      name: z.string().default(""),
      generateName: z.string().default(""),
      namespace: z.string().default(""),
    })
    .prefault({}),
});
export type ManifestObject = z.output<typeof ManifestObject>;

/** Reads one rendered manifest; undefined for text that is no object. */
export function tryManifest(text: string): ManifestObject | undefined {
  // Finding out that something is no JSON takes longer than reading what is.
  return /^\s*\{/u.test(text) ? ManifestObject.safeParse(tryJson(text)).data : undefined;
}

export function groupOf(object: ManifestObject): string {
  return object.apiVersion.includes("/") ? object.apiVersion.slice(0, object.apiVersion.indexOf("/")) : "";
}

/** The identity of an object across two renderings; the version of its API is not part of it. */
export function manifestKey(object: ManifestObject): string {
  const { name, generateName, namespace } = object.metadata;
  return `${groupOf(object)}/${object.kind}/${namespace}/${name || generateName}`;
}
