import { canonicalJson } from "../platform/canonical-json.ts";
import { AppError } from "../platform/errors.ts";
import { DEEPEST_JSON, isNestedDeeper } from "../platform/nesting.ts";
import { type FieldChange, fieldChanges } from "./field-changes.ts";
import { groupOf, manifestKey, type ManifestObject, tryManifest } from "./manifest-object.ts";

/** One object that a revision creates, changes or removes. */
export interface ObjectChange {
  readonly change: "created" | "changed" | "removed";
  readonly kind: string;
  readonly name: string;
  /** For a changed object, as far as the limit goes; `moreFields` counts the rest. */
  readonly fields: readonly FieldChange[];
  readonly moreFields: number;
}

/** What one rendering changes against another. */
export interface ManifestDiff {
  /** Both render the same, Secrets apart: see `maskedSecrets`. */
  readonly changesNothing: boolean;
  readonly created: number;
  readonly changed: number;
  readonly removed: number;
  readonly objects: readonly ObjectChange[];
  readonly moreObjects: number;
  /** Secrets whose values Argo CD masked: whether those change cannot be told. */
  readonly maskedSecrets: readonly string[];
}

const MOST_OBJECTS = 30;
const MOST_FIELDS = 12;
const ORDER = { removed: 0, changed: 1, created: 2 };

/**
 * Compares two lists of manifests as Argo CD renders them (JSON texts), for telling people what a revision changes.
 * Everything is compared; what is listed is capped. Values of Secrets are never in the result. Throws `argocd.too-deep`.
 */
export function diffManifests(from: readonly string[], to: readonly string[]): ManifestDiff {
  const before = readAll(from);
  const after = readAll(to);
  const objects = [...new Set([...before.keys(), ...after.keys()])]
    .flatMap((key) => compareObjects(before.get(key), after.get(key)) ?? [])
    .toSorted((left, right) => ORDER[left.change] - ORDER[right.change]);
  const count = (change: ObjectChange["change"]): number => objects.filter((object) => object.change === change).length;
  return {
    changesNothing: objects.length === 0,
    created: count("created"),
    changed: count("changed"),
    removed: count("removed"),
    objects: objects.slice(0, MOST_OBJECTS),
    moreObjects: Math.max(0, objects.length - MOST_OBJECTS),
    maskedSecrets: [
      ...new Set([...before.values(), ...after.values()].filter(isMasked).map(({ metadata }) => metadata.name)),
    ],
  };
}

function readAll(texts: readonly string[]): ReadonlyMap<string, ManifestObject> {
  const objects = new Map<string, ManifestObject>();
  const seen = new Map<string, number>();
  for (const text of texts) {
    const object = tryManifest(text);
    if (object === undefined) continue;
    if (isNestedDeeper(object)) throw tooDeep(object);
    // Hooks with a generated name may share one prefix.
    const key = manifestKey(object);
    const before = seen.get(key) ?? 0;
    seen.set(key, before + 1);
    objects.set(before === 0 ? key : `${key}+${before}`, object);
  }
  return objects;
}

function tooDeep({ kind, metadata }: ManifestObject): AppError {
  const message = `${kind} ${metadata.name} is nested more than ${DEEPEST_JSON} levels deep, so it cannot be compared.`;
  return new AppError(message, { code: "argocd.too-deep" });
}

function compareObjects(
  before: ManifestObject | undefined,
  after: ManifestObject | undefined,
): ObjectChange | undefined {
  if (before === undefined) return after && describe("created", after, []);
  if (after === undefined) return describe("removed", before, []);
  if (canonicalJson(before) === canonicalJson(after)) return undefined;
  return describe("changed", after, fieldChanges(before, after, isSecret(after) ? ["data", "stringData"] : []));
}

function describe(
  change: ObjectChange["change"],
  object: ManifestObject,
  fields: readonly FieldChange[],
): ObjectChange {
  return {
    change,
    kind: object.kind,
    name: object.metadata.name || `${object.metadata.generateName}*`,
    fields: fields.slice(0, MOST_FIELDS),
    moreFields: Math.max(0, fields.length - MOST_FIELDS),
  };
}

function isSecret(object: ManifestObject): boolean {
  return object.kind === "Secret" && groupOf(object) === "";
}

// Argo CD replaces every value by a run of plus signs.
function isMasked(object: ManifestObject): boolean {
  if (!isSecret(object)) return false;
  const values = [object["data"], object["stringData"]].flatMap((part) =>
    typeof part === "object" && part !== null ? Object.values(part) : [],
  );
  return values.some((value) => typeof value === "string" && /^\++$/u.test(value));
}
