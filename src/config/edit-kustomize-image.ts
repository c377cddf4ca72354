import { type Document, isScalar, type Pair, Scalar } from "yaml";

import { editYaml } from "./edit-yaml.ts";
import { type PathStep, valuePathText } from "./value-path.ts";
import { changedYaml, isJson, refused, yamlDocuments } from "./yaml-change.ts";
import { yamlPlace } from "./yaml-place.ts";

/** What an entry under `images` of a kustomization is to have. */
export interface ImageEdit {
  readonly name: string;
  readonly value: { readonly digest: string } | { readonly tag: string };
  readonly create: boolean;
}

/** Sets the digest or the tag of an image in a kustomization, as `kustomize edit set image` does: of the two only one stays. */
export function editKustomizeImage(text: string, { name, value, create }: ImageEdit): string {
  const [key, other] = "digest" in value ? ["digest", "newTag"] : ["newTag", "digest"];
  const wanted = "digest" in value ? value.digest : value.tag;
  const entry: readonly PathStep[] = [
    { kind: "key", key: "images" },
    { kind: "entry", key: "name", value: name },
  ];
  const way = (last: string): readonly PathStep[] => [...entry, { kind: "key", key: last }];
  const [document] = yamlDocuments(text);
  if (document === undefined) throw refused("broken", "there is nothing in it");
  const has = (last: string): boolean => yamlPlace(document, way(last)).kind === "found";
  const path = valuePathText(way(key));
  if (!has(other))
    return editYaml(text, { path, value: wanted, create: create || yamlPlace(document, entry).kind === "found" });
  if (!has(key)) return editYaml(renamed(text, way(other), key), { path, value: wanted, create: false });
  return editYaml(removed(text, way(other)), { path, value: wanted, create: false });
}

function renamed(text: string, steps: readonly PathStep[], key: string): string {
  return changedYaml(text, {
    document: undefined,
    splice: (_whole, parsed) => {
      const old = pairAt(parsed, steps)?.key;
      if (!isScalar(old) || old.range === undefined || old.range === null) return undefined;
      return { from: old.range[0], to: old.range[1], text: isJson(text) ? JSON.stringify(key) : key };
    },
    apply: (parsed) => {
      const pair = pairAt(parsed, steps);
      if (pair !== undefined) pair.key = new Scalar(key);
    },
  });
}

function removed(text: string, steps: readonly PathStep[]): string {
  return changedYaml(text, {
    document: undefined,
    splice: (whole, parsed) => {
      const pair = pairAt(parsed, steps);
      const from = isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
      const to = isScalar(pair?.value) ? pair.value.range?.[1] : undefined;
      if (from === undefined || to === undefined) return undefined;
      const [start, end] = [whole.lastIndexOf("\n", from - 1) + 1, whole.indexOf("\n", to)];
      // Only a line that holds nothing else.
      if (whole.slice(start, from).trim() !== "" || end < 0) return undefined;
      return { from: start, to: end + 1, text: "" };
    },
    apply: (parsed) => {
      const place = yamlPlace(parsed, steps);
      if (place.kind === "found") parsed.deleteIn(place.keys);
    },
  });
}

function pairAt(document: Document.Parsed, steps: readonly PathStep[]): Pair | undefined {
  const place = yamlPlace(document, steps);
  return place.kind === "found" ? place.pair : undefined;
}
