import { z } from "zod";

import { diagnosticText } from "./diagnostic-text.ts";
import { type StreamMessage, unreadable } from "./stream-message.ts";

/** What a plan does with one resource. */
const PlannedAction = z.enum([
  "create",
  "update",
  "replace",
  "delete",
  "read",
  "move",
  "import",
  "forget",
  "forget-and-create",
]);
type PlannedAction = z.infer<typeof PlannedAction>;

const PlannedResource = z.strictObject({
  address: z.string(),
  action: PlannedAction,
  reason: z.string().optional().meta({ description: "Why it is replaced or deleted, such as `cannot_update`" }),
  from: z.string().optional().meta({ description: "Its address before it is moved" }),
});
export type PlannedResource = z.infer<typeof PlannedResource>;

const count = z.int().min(0);

/** What a plan would do, as people weigh it. A replacement counts in `add`, in `destroy` and in `replace`. */
export const PlanSummary = z.strictObject({
  add: count,
  change: count,
  destroy: count,
  replace: count,
  import: count,
  resources: z.array(PlannedResource).meta({ description: "What hurts most comes first; of many only the first ones" }),
  otherResources: count,
  drift: z.array(z.string()).meta({ description: "What was found to be otherwise than the state had it" }),
  otherDrift: count,
  outputs: z.array(z.string()).meta({ description: "The outputs of the configuration that would change" }),
  warnings: z.array(z.string()),
});
export type PlanSummary = z.infer<typeof PlanSummary>;

const MOST_RESOURCES = 100;
const MOST_DRIFT = 50;
const MOST_OUTPUTS = 100;
const MOST_WARNINGS = 20;
const LONGEST_ADDRESS = 300;

/** The order in which people want to know. */
const ORDER: readonly PlannedAction[] = [
  "delete",
  "replace",
  "forget-and-create",
  "forget",
  "update",
  "create",
  "import",
  "move",
  "read",
];

// The program's own words; "remove" is for resources that are forgotten, and not destroyed.
const ACTIONS: Readonly<Record<string, PlannedAction>> = {
  create: "create",
  update: "update",
  replace: "replace",
  delete: "delete",
  read: "read",
  move: "move",
  import: "import",
  remove: "forget",
  forget: "forget",
  // What would be replaced and is to be left alone, in OpenTofu 1.12: it has no word of its own for it.
  noop: "forget-and-create",
};

interface PlanEnd {
  readonly messages: readonly StreamMessage[];
  /** Of `plan -detailed-exitcode`: 0 nothing to do, 2 something to do. */
  readonly exitCode: 0 | 2;
}

/**
 * What the stream of a plan says. Throws `terraform.unreadable-output` where it ends without its summary, or where the resources
 * it names, its summary and the exit code do not agree: then nobody knows what the plan does.
 */
export function planSummary({ messages, exitCode }: PlanEnd): PlanSummary & { readonly isChange: boolean } {
  const changes = ofType(messages, "planned_change").map(({ change }) => change);
  const planned = changes.map(plannedResource);
  const drift = ofType(messages, "resource_drift").map(({ change }) => cut(change.resource.addr));
  const outputs = ofType(messages, "outputs").flatMap((message) => Object.entries(message.outputs));
  const changedOutputs = outputs.flatMap(([name, { action = "noop" }]) => (action === "noop" ? [] : [cut(name)]));
  const counts = agreedCounts(messages, { planned, imported: changes.filter(isImport).length });
  const isChange = planned.some(({ action }) => action !== "read") || changedOutputs.length > 0;
  // With drift or data to be read alone it depends on the mode and the version whether there is something to do.
  const isAgreed = isChange ? exitCode === 2 : exitCode === 0 || drift.length > 0 || planned.length > 0;
  if (!isAgreed) {
    const said = isChange ? "there are changes" : "there are none";
    throw unreadable(`its stream says that ${said}, and its exit code ${exitCode} says otherwise`);
  }
  const warnings = ofType(messages, "diagnostic").flatMap(({ diagnostic }) =>
    diagnostic.severity === "warning" ? [diagnosticText(diagnostic)] : [],
  );
  const ordered = planned.toSorted(inOrder);
  return {
    ...counts,
    resources: ordered.slice(0, MOST_RESOURCES),
    otherResources: Math.max(0, ordered.length - MOST_RESOURCES),
    drift: drift.slice(0, MOST_DRIFT),
    otherDrift: Math.max(0, drift.length - MOST_DRIFT),
    outputs: changedOutputs.slice(0, MOST_OUTPUTS),
    warnings: [
      ...warnings.slice(0, MOST_WARNINGS),
      ...(warnings.length > MOST_WARNINGS ? [`… and ${warnings.length - MOST_WARNINGS} more warnings`] : []),
    ],
    isChange: exitCode === 2,
  };
}

function inOrder(left: PlannedResource, right: PlannedResource): number {
  const byAction = ORDER.indexOf(left.action) - ORDER.indexOf(right.action);
  return byAction === 0 ? left.address.localeCompare(right.address, "en", { numeric: true }) : byAction;
}

/** `3 to add, 1 to change, 3 to destroy` */
export function countsText({ add, change, destroy }: Pick<PlanSummary, "add" | "change" | "destroy">): string {
  return `${add} to add, ${change} to change, ${destroy} to destroy`;
}

function agreedCounts(
  messages: readonly StreamMessage[],
  { planned, imported }: { readonly planned: readonly PlannedResource[]; readonly imported: number },
): Pick<PlanSummary, "add" | "change" | "destroy" | "replace" | "import"> {
  const summaries = ofType(messages, "change_summary").filter(({ changes }) => changes.operation === "plan");
  const [summary, ...others] = summaries;
  if (summary === undefined || others.length > 0) throw unreadable("it ended without its summary");
  const of = (action: PlannedAction): number => planned.filter((resource) => resource.action === action).length;
  const replace = of("replace");
  const renewed = of("forget-and-create");
  const counted = {
    add: of("create") + replace + renewed,
    change: of("update"),
    destroy: of("delete") + replace,
    import: imported,
  };
  const forgotten = of("forget") + renewed;
  const { add, change, remove: destroy, forget = forgotten } = summary.changes;
  const isAgreed = counted.add === add && counted.change === change && counted.destroy === destroy;
  if (!isAgreed || imported !== summary.changes.import || forgotten !== forget) {
    throw unreadable(`its summary says ${countsText({ add, change, destroy })}, and it names ${countsText(counted)}`);
  }
  return { ...counted, replace };
}

type Change = Extract<StreamMessage, { type: "planned_change" }>["change"];

function plannedResource(change: Change): PlannedResource {
  const action = Object.hasOwn(ACTIONS, change.action) ? ACTIONS[change.action] : undefined;
  if (action === undefined) throw unreadable(`the action ${JSON.stringify(change.action)} is not known`);
  const { reason } = change;
  const from = change.previous_resource?.addr;
  return {
    address: cut(change.resource.addr),
    action: change.action === "noop" && isImport(change) ? "import" : action,
    ...(reason !== undefined && { reason: cut(reason) }),
    ...(from !== undefined && from !== change.resource.addr && { from: cut(from) }),
  };
}

function isImport({ action, importing }: Change): boolean {
  return importing !== undefined || action === "import";
}

function ofType<Type extends StreamMessage["type"]>(
  messages: readonly StreamMessage[],
  type: Type,
): readonly Extract<StreamMessage, { type: Type }>[] {
  return messages.filter((message): message is Extract<StreamMessage, { type: Type }> => message.type === type);
}

// What is between quotation marks in an address is anybody's text.
function cut(text: string): string {
  return text.length <= LONGEST_ADDRESS ? text : `${text.slice(0, LONGEST_ADDRESS - 1)}…`;
}
