import { type Document, isAlias, isMap, isScalar, isSeq, type Node } from "yaml";

import { isJsonMap, type Json } from "../platform/canonical-json.ts";
import { type PathStep, tryValuePath, valuePathText } from "./value-path.ts";
import { changedYaml, type DocumentChoice, isJson, refused, type YamlChange } from "./yaml-change.ts";
import { choicesAt, yamlPlace } from "./yaml-place.ts";
import { insertedMember, scalarInPlace } from "./yaml-splice.ts";

/** One change of a YAML or JSON text. */
export interface YamlEdit {
  /** See `tryValuePath`. */
  readonly path: string;
  readonly value: Json;
  /** Whether what is missing on the way is made. */
  readonly create: boolean;
  readonly document?: DocumentChoice | undefined;
}

/**
 * Sets a value in a text of YAML, or of JSON, and changes nothing else in it: comments, order, quotes, anchors and indentation stay
 * as they are. Throws `yaml.broken`, `yaml.path-missing`, `yaml.bad-path`, `yaml.through-alias`, `yaml.other-kind`, `yaml.which-document`, `yaml.too-large`.
 */
export function editYaml(text: string, { path, value, create, document }: YamlEdit): string {
  const steps = tryValuePath(path);
  if (steps === undefined)
    throw refused("bad-path", `"${path}" is no way to a value, such as image.tag or containers[0].image`);
  const change: YamlChange = {
    document,
    splice: (whole, parsed) => {
      const place = yamlPlace(parsed, steps);
      if (place.kind === "found") return scalarInPlace({ text: whole, node: place.node, value, isJson: isJson(whole) });
      if (place.kind === "missing" && place.at === steps.length - 1) {
        const last = steps[place.at];
        if (last?.kind === "key") return insertedMember(whole, { parent: place.parent, key: last.key, value });
      }
      return undefined;
    },
    apply: (parsed) => setIn(parsed, { steps, value, create }),
  };
  return changedYaml(text, change);
}

function setIn(
  document: Document.Parsed,
  { steps, value, create }: { readonly steps: readonly PathStep[]; readonly value: Json; readonly create: boolean },
): void {
  const place = yamlPlace(document, steps);
  if (place.kind === "alias") {
    const message = `${valuePathText(steps, place.at - 1)} is *${place.name}, so a change would be one of what is called &${place.name}. Name the path there`;
    throw refused("through-alias", message);
  }
  if (place.kind === "found") {
    refuseOtherKind(place.node, value, steps);
    // The parser would keep the text of a number, such as 1.10, for another one.
    if (isScalar(place.node)) delete place.node.source;
    document.setIn(place.keys, isScalarValue(value) && !isAlias(place.node) ? value : document.createNode(value));
    return;
  }
  if (!create || !isOpen(place.parent, steps[place.at])) {
    const what = `there is no ${valuePathText(steps, place.at)}: ${choicesAt(place.parent, steps, place.at)}`;
    throw refused("path-missing", create ? what : `${what}. Check how it is written, or say create: true`);
  }
  addIn(document, { parent: place.parent, keys: place.keys, rest: steps.slice(place.at), value });
}

/** A path that is too short by a key, or a template in curly brackets, is not overwritten. */
function refuseOtherKind(node: Node, value: Json, steps: readonly PathStep[]): void {
  if (isAlias(node) || (isScalar(node) && node.value === null) || value === null) return;
  if (!isScalarValue(value) === !isScalar(node)) return;
  const [is, wanted] = isScalar(node)
    ? ["a single value", "a mapping or list"]
    : ["a mapping or list", "a single value"];
  throw refused("other-kind", `${valuePathText(steps)} is ${is}, and not replaced by ${wanted}. Name what is below it`);
}

function addIn(
  document: Document.Parsed,
  way: {
    readonly parent: Node | undefined;
    readonly keys: readonly unknown[];
    readonly rest: readonly PathStep[];
    readonly value: Json;
  },
): void {
  const { parent, keys, rest, value } = way;
  const [first, ...others] = rest;
  const inner = nested(others, value);
  if (first?.kind === "key" && isMap(parent)) parent.set(first.key, document.createNode(inner));
  else if (first !== undefined && isSeq(parent)) parent.add(document.createNode(entryOf(first, inner)));
  else document.setIn(keys, document.createNode(nested(rest, value)));
}

/** Whether a step can be added there: to nothing, to a mapping, and to the end of a list. */
function isOpen(parent: Node | undefined, step: PathStep | undefined): boolean {
  if (isMap(parent)) return step?.kind === "key";
  if (isSeq(parent)) return step?.kind === "entry" || (step?.kind === "index" && step.index === parent.items.length);
  return parent === undefined || (isScalar(parent) && parent.value === null);
}

function nested(steps: readonly PathStep[], value: Json): Json {
  return steps.reduceRight<Json>((inner, step) => {
    if (step.kind === "key") return { [step.key]: inner };
    return [entryOf(step, inner)];
  }, value);
}

function entryOf(step: PathStep, inner: Json): Json {
  if (step.kind !== "entry") return inner;
  return { [step.key]: step.value, ...(isJsonMap(inner) && inner) };
}

function isScalarValue(value: Json): boolean {
  return typeof value !== "object" || value === null;
}
