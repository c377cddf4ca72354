import { isDeepStrictEqual } from "node:util";

import { parse } from "yaml";

import { editYaml } from "../../../src/config/edit-yaml.ts";
import { AppError } from "../../../src/platform/errors.ts";
import { type FuzzTarget, must } from "../fuzz-target.ts";

const VALUE = "1.4.2-of-the-write-back";

/** A file of somebody's repository into which one value is written; after an empty line first the way to it. */
export const target: FuzzTarget = {
  seeds: [
    "image.tag\n\n# the image of checkout\nimage:\n  repository: checkout # ours\n  tag: 1.4.1 # set by the release\nreplicas: 2\n",
    'images[name=checkout].newTag\n\nkind: Kustomization\nimages:\n- name: checkout\n  newTag: "1.4.1"\n- name: other\n  newTag: "7"\n',
    "spec.template.spec.containers[0].image\n\nspec:\n  template:\n    spec:\n      containers:\n        - name: web\n          image: >-\n            a:1\n",
    'a["b.c"]\n\n{ "a": { "b.c": "x", "d": [1, 2] } }\n',
    "a.b\n\nx: &x { b: 1 }\na: *x\n",
    "a\n\na: |\n  long\n  text\nb: 1\n",
  ],
  words: [
    "tag:",
    "- ",
    "# ",
    "&x ",
    "*x",
    "<<: *x",
    "|\n",
    ">-\n",
    '"',
    "'",
    "---\n",
    "? ",
    "!!str ",
    "[0]",
    "[name=web]",
    "\r\n",
    "\t",
  ],
  longest: 5000,
  run(input) {
    const at = input.indexOf("\n\n");
    const [path, text] = at === -1 ? ["a", input] : [input.slice(0, at), input.slice(at + 2)];
    let written: string;
    try {
      written = editYaml(text, { path, value: VALUE, create: false });
    } catch (error) {
      must(error instanceof AppError, `refused by an error of its own: ${String(error)}`);
      return error.code;
    }
    const [before, after] = [leaves(text), leaves(written)];
    must(after !== undefined, "what is written can be read");
    const changed = [...after].filter(([place, value]) => !isDeepStrictEqual(before?.get(place), value));
    must(
      changed.every(([, value]) => value === VALUE),
      "no other value is another one",
    );
    must(
      [...(before?.keys() ?? [])].every((place) => after.has(place)),
      "nothing is gone",
    );
    must(editYaml(written, { path, value: VALUE, create: false }) === written, "it is written once");
    return written;
  },
};

/** Every scalar by its place, read anew by the parser alone; undefined for more or less than one document. */
function leaves(text: string): ReadonlyMap<string, unknown> | undefined {
  let value: unknown;
  try {
    value = parse(text, { logLevel: "error", maxAliasCount: 50 });
  } catch {
    return undefined;
  }
  const found = new Map<string, unknown>();
  const visit = (place: string, part: unknown): void => {
    if (typeof part !== "object" || part === null) found.set(place, part);
    else for (const [key, member] of Object.entries(part)) visit(`${place}/${key}`, member);
  };
  visit("", value);
  return found;
}
