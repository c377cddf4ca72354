// What a list may be reduced to. The last one is a quirk: it answers the result of the sync, not the request.
const LIST_FIELDS = [
  "metadata.name",
  "metadata.namespace",
  "metadata.annotations",
  "metadata.labels",
  "metadata.creationTimestamp",
  "metadata.deletionTimestamp",
  "spec",
  "spec.destination",
  "spec.project",
  "spec.source",
  "spec.sources",
  "spec.sourceHydrator",
  "spec.syncPolicy",
  "status.sync.status",
  "status.sync.revision",
  "status.health",
  "status.summary",
  "status.sourceHydrator",
  "status.operationState.startedAt",
  "status.operationState.finishedAt",
  "status.operationState.phase",
  "status.resources",
  "operation.sync",
  "status.operationState.operation.sync",
];

type Members = Record<string, unknown>;

/** One item of a list with only the fields asked for, or without them when `fields` begins with `-`. Unknown ones are ignored. */
export function listItem(item: object, fields: string): object {
  const isExclusion = fields.startsWith("-");
  const asked = new Set(fields.replace(/^-/u, "").split(","));
  const shown: Members = {};
  for (const path of LIST_FIELDS) {
    if (asked.has(`items.${path}`) === isExclusion) continue;
    const from = path === "status.operationState.operation.sync" ? "status.operationState.syncResult" : path;
    const value = valueAt(item, from.split("."));
    if (value !== undefined) put(shown, path.split("."), value);
  }
  return shown;
}

/** A frame of a stream with only the parts asked for, its keys sorted, as Argo CD's generic filter leaves it. */
export function filteredFrame(frame: object, fields: string): object {
  const isExclusion = fields.startsWith("-");
  const paths = fields
    .replace(/^-/u, "")
    .split(",")
    .map((field) => `${field}.`);
  return filtered(frame, "", (path) => {
    if (isExclusion) return paths.some((field) => path.startsWith(field)) ? "drop" : "descend";
    if (paths.some((field) => path.startsWith(field))) return "keep";
    return paths.some((field) => field.startsWith(path)) ? "descend" : "drop";
  });
}

function filtered(value: object, prefix: string, decide: (path: string) => "keep" | "descend" | "drop"): Members {
  const kept: Members = {};
  for (const [name, member] of Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1))) {
    const path = `${prefix}${name}.`;
    const decision = decide(path);
    if (decision === "drop" || member === undefined) continue;
    if (!isMembers(member)) {
      kept[name] = member;
      continue;
    }
    const inner = filtered(member, path, decision === "keep" ? () => "keep" : decide);
    if (decision === "keep" || Object.keys(inner).length > 0) kept[name] = inner;
  }
  return kept;
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return value;
  return isMembers(value) ? valueAt(value[name], rest) : undefined;
}

function put(target: Members, path: readonly string[], value: unknown): void {
  const [name = "", ...rest] = path;
  if (rest.length === 0) {
    target[name] = value;
    return;
  }
  const inner = target[name];
  const members = isMembers(inner) ? { ...inner } : {};
  put(members, rest, value);
  target[name] = members;
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
