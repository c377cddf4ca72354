import { type Fact, numberOf, runsIn, textOf } from "./evidence.ts";

/** Something that was killed or stood still, and is there again. */
export interface Mark {
  readonly kind: "server" | "worker" | "redis";
  /** From when on it is there again: the start of the process, the kill of a worker that others stand in for, Redis taking connections. */
  readonly atMs: number;
  /** When the next thing happened to it that makes waiting for it pointless. */
  readonly untilMs: number;
  /** When Slack could reach the server; undefined where that is not part of it. */
  readonly reachableAtMs?: number | undefined;
  /** The steps that a lost worker had, as the server tells; all that were under way where absent. */
  readonly steps?: readonly string[] | undefined;
}

/** How long it took until everything that was being executed moved. */
export interface Recovery {
  readonly kind: Mark["kind"];
  readonly afterMs: number;
  readonly waitedFor: number;
}

/** A worker began to execute a step. */
export interface Begun {
  readonly step: string;
  readonly atMs: number;
}

export interface Recoveries {
  readonly measured: readonly Recovery[];
  /** For each lost worker, how long until others had begun all that it executed. */
  readonly takeoversMs: readonly number[];
  /** Marks after which the next fault came before everything had moved. */
  readonly cutShort: number;
}

/** When something began to be executed, and when it moved on; undefined while it has not. */
interface Span {
  readonly path: string;
  readonly fromMs: number;
  readonly movedMs: readonly number[];
}

// What has not moved after so long counts as slow, even where another fault came after it.
const LONG_MS = 6000;

/** For each mark: from then on, how long until every action and request that was under way had its next event in the log. */
export function recoveries(facts: readonly Fact[], marks: readonly Mark[], begun: readonly Begun[] = []): Recoveries {
  const spans = [...spansOfActions(facts), ...spansOfRequests(facts)];
  const results = marks.map((mark) => recoveryOf(mark, spans));
  const measured = results.filter((result) => result !== "cut short" && result !== undefined);
  const takeoversMs = marks.flatMap((mark) => takeoverOf(mark, begun));
  return { measured, takeoversMs, cutShort: results.filter((result) => result === "cut short").length };
}

/** What nobody has begun until the next fault counts as late as that. */
function takeoverOf({ kind, atMs, untilMs, steps = [] }: Mark, begun: readonly Begun[]): readonly number[] {
  if (kind !== "worker" || steps.length === 0) return [];
  const begins = steps.map((step) => begun.find((one) => one.step === step && one.atMs > atMs)?.atMs ?? Infinity);
  return [Math.min(Math.max(...begins), untilMs) - atMs];
}

function recoveryOf(mark: Mark, spans: readonly Span[]): Recovery | "cut short" | undefined {
  const under = spans.filter(({ path, fromMs, movedMs }) => {
    const isMeant = mark.steps === undefined || mark.steps.includes(path);
    return isMeant && fromMs < mark.atMs && (movedMs.at(-1) ?? Infinity) > mark.atMs;
  });
  const moved = under.map(({ movedMs }) => movedMs.find((at) => at > mark.atMs) ?? Infinity);
  const last = Math.max(mark.reachableAtMs ?? 0, ...moved);
  if (under.length === 0 && mark.reachableAtMs === undefined) return undefined;
  const isInTime = last <= mark.untilMs;
  if (!isInTime && mark.untilMs - mark.atMs < LONG_MS) return "cut short";
  return { kind: mark.kind, afterMs: Math.min(last, mark.untilMs) - mark.atMs, waitedFor: under.length };
}

const MOVES = new Set(["step.checkpointed", "step.postponed", "step.succeeded", "step.failed", "step.cancelled"]);
const ENDS = new Set(["step.postponed", "step.succeeded", "step.failed", "step.cancelled"]);

function spansOfActions(facts: readonly Fact[]): readonly Span[] {
  return [...runsIn(facts)].flatMap(([run, events]) => {
    const open = new Map<string, { fromMs: number; movedMs: number[] }>();
    const spans: Span[] = [];
    for (const { type, body, atMs } of events) {
      const path = textOf(body, "path");
      if (type === "step.started" && body["sort"] === "action") {
        const span = { path: `${run}/${path}/${numberOf(body, "attempt")}`, fromMs: atMs, movedMs: [] };
        open.set(path, span);
        spans.push(span);
      }
      if (MOVES.has(type)) open.get(path)?.movedMs.push(atMs);
      if (ENDS.has(type)) open.delete(path);
    }
    return spans;
  });
}

function spansOfRequests(facts: readonly Fact[]): readonly Span[] {
  const intents = facts.filter(({ stream }) => stream === "intents");
  const settled = new Map(
    intents.filter(({ type }) => type === "intent.settled").map(({ body, atMs }) => [textOf(body, "id"), atMs]),
  );
  return intents
    .filter(({ type }) => type === "intent.received")
    .map(({ body, atMs }) => {
      const end = settled.get(textOf(body, "id"));
      return { path: "", fromMs: atMs, movedMs: end === undefined ? [] : [end] };
    });
}
