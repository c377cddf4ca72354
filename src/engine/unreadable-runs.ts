import { nodesIn, type Plan, type PlanNode, Plan as PlanSchema } from "../domain/plan.ts";
import { RunEvent } from "../domain/run-event.ts";
import { AppError } from "../platform/errors.ts";
import { shortId } from "../platform/ids.ts";
import type { StepKind } from "./step-kind.ts";

/** As much of an open run as tells whether this program can continue it. */
export interface RunOutline {
  readonly run: string;
  readonly title: string;
  /** The types of its events, each once. */
  readonly types: readonly string[];
  /** Equal for equal plans. */
  readonly planDigest: string;
  /** As it was recorded; undefined when it was redacted. */
  readonly plan: () => unknown;
}

type Kinds = ReadonlyMap<string, Pick<StepKind, "sort">>;

const KNOWN_TYPES: ReadonlySet<string> = new Set(RunEvent.options.map((option) => option.shape.type.value));
const MOST_NAMED = 10;

/**
 * Throws `runs.unreadable`, which names the runs and says what to do, when some open run was written by a version whose plans,
 * events or step kinds this program does not know. Asked before anything is taken up: half a start would leave them standing.
 */
export function refuseUnreadableRuns(outlines: Iterable<RunOutline>, kinds: Kinds): void {
  const faults = [...faultsOf(outlines, kinds)];
  if (faults.length === 0) return;
  const named = faults.slice(0, MOST_NAMED).map(({ run, title, why }) => `${shortId(run)} (${title}): ${why}`);
  const more = faults.length > MOST_NAMED ? [`and ${faults.length - MOST_NAMED} more`] : [];
  const message =
    `this version cannot continue ${faults.length === 1 ? "a run that is" : `${faults.length} runs that are`} open: ` +
    `${[...named, ...more].join("; ")}. Start the version that ran last, with what \`steps\` named then, let them end or cancel them there, and then start this one`;
  throw new AppError(message, { code: "runs.unreadable", details: { runs: faults.map(({ run }) => run) } });
}

interface Fault {
  readonly run: string;
  readonly title: string;
  readonly why: string;
}

function* faultsOf(outlines: Iterable<RunOutline>, kinds: Kinds): Generator<Fault> {
  // Thousands of runs share a few plans.
  const byDigest = new Map<string, string | undefined>();
  for (const { run, title, types, planDigest, plan } of outlines) {
    if (!byDigest.has(planDigest)) byDigest.set(planDigest, planFault(plan(), kinds));
    const why = byDigest.get(planDigest) ?? typesFault(types);
    if (why !== undefined) yield { run, title, why };
  }
}

function typesFault(types: readonly string[]): string | undefined {
  const unknown = types.filter((type) => !KNOWN_TYPES.has(type));
  return unknown.length === 0 ? undefined : `its log has events that are not known here (${unknown.join(", ")})`;
}

function planFault(raw: unknown, kinds: Kinds): string | undefined {
  const plan = PlanSchema.safeParse(raw);
  if (!plan.success) return "its plan is of another version of the engine";
  const unknown = [...usedKinds(plan.data)].filter(({ uses, sort }) => kinds.get(uses)?.sort !== sort);
  if (unknown.length === 0) return undefined;
  const names = [...new Set(unknown.map(({ uses }) => `"${uses}"`))];
  return `it uses ${names.join(", ")}, which this version does not have`;
}

interface Use {
  readonly uses: string;
  readonly sort: StepKind["sort"];
}

function* usedKinds(plan: Plan): Generator<Use> {
  yield* usesOf(plan.steps);
  yield* usesOf(plan.onFailure);
  yield* usesOf(plan.finally ?? []);
}

function* usesOf(nodes: readonly PlanNode[]): Generator<Use> {
  for (const node of nodes) {
    if (node.type !== "step") {
      yield* usesOf(nodesIn(node));
      continue;
    }
    yield { uses: node.uses, sort: node.sort };
    if (node.stopWith !== undefined) yield { uses: node.stopWith, sort: "action" };
  }
}
