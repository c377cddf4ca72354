import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import type { Figure } from "./figure.ts";
import { textOf } from "./shown-messages.ts";
import { SlackDay, type Waiting } from "./slack-day.ts";
import { quantile } from "./spread.ts";

const RUNS = 200;
const CHANGES_PER_SECOND = 100;
const TICK_MS = 100;
// Each run is followed by another, so that there are always as many.
const EVENT_EVERY_MS = 20_000;
const APPROVED_AFTER_MS = 10_000;
const WARM_UP_MS = 600_000;
const MEASURED_MS = 600_000;
const LONGEST_END_MS = 3_600_000;
/** What Slack grants of changes to messages in a minute. */
const UPDATES_PER_MINUTE = 50;

interface Seen {
  readonly approvalsMs: number[];
  readonly failuresMs: number[];
  readonly stalenessMs: number[];
  /** How many messages were changing, at each look. */
  readonly moving: number[];
}

/** P7: how old what people see is with hundreds of runs and Slack's own limits, and whether what matters gets through. */
export async function measureBusySlack(folder: string): Promise<readonly Figure[]> {
  await using resources = new AsyncDisposableStack();
  const log = join(folder, "log");
  await mkdir(log);
  const day = await SlackDay.open(log, resources);
  const load = new Load(day);
  await load.pass(WARM_UP_MS, undefined);
  const before = { atMs: day.clock.monotonic(), posts: day.shown.posts };
  const seen: Seen = { approvalsMs: [], failuresMs: [], stalenessMs: [], moving: [] };
  await load.pass(MEASURED_MS, seen);
  const rests = day.shown.restsSince(before.atMs);
  const posts = day.shown.posts - before.posts;
  const endMs = await load.end();
  return figuresOf(day, { seen, leastMs: leastStaleness(seen, rests), posts, endMs });
}

/**
 * The 95th percentile that no order of sending can go below. One change of a message by `chat.update` keeps it no older than `s`
 * for at most `s` and the time until its next change, so for 95 % of the time of all messages that change, `s` has to be at least
 * 0.95 x messages x minutes / changes granted, less that time. What is granted is Slack's 50 a minute less
 * those that bring a message to a state in which it stays, such as an approval or the end, and that keep nothing else young.
 */
function leastStaleness({ moving }: Seen, rests: number): number {
  const messages = moving.reduce((sum, count) => sum + count, 0) / moving.length;
  const granted = (UPDATES_PER_MINUTE * MEASURED_MS) / 60_000 - rests;
  const changeEveryMs = (RUNS / CHANGES_PER_SECOND) * 1000;
  return (0.95 * messages * MEASURED_MS) / granted - changeEveryMs;
}

interface Awaited {
  readonly beginning: string;
  readonly sinceMs: number;
  readonly into: number[];
}

/** What happens to the runs. */
class Load {
  readonly #day: SlackDay;
  /** The number of each run's latest news. */
  readonly #newest = new Map<string, number>();
  #news = 0;
  #awaited: Awaited[] = [];
  #approvals: { readonly run: string; readonly atMs: number }[] = [];
  #missing = RUNS;
  #events = 0;
  #nextEventMs = EVENT_EVERY_MS;

  constructor(day: SlackDay) {
    this.#day = day;
  }

  async pass(durationMs: number, seen: Seen | undefined): Promise<void> {
    const { clock, shown } = this.#day;
    const endMs = clock.monotonic() + durationMs;
    for (let tick = 0; clock.monotonic() < endMs; tick += 1) {
      await clock.pass(TICK_MS);
      // Not all at once: nobody's Slack takes two hundred new messages in a moment.
      if (this.#missing > 0 && tick % 10 === 0) this.#start();
      this.#change((CHANGES_PER_SECOND * TICK_MS) / 1000);
      if (clock.monotonic() >= this.#nextEventMs) this.#happen(seen);
      this.#approve();
      this.#see();
      if (seen === undefined || tick % 10 > 0) continue;
      const staleness = shown.staleness();
      seen.stalenessMs.push(...staleness);
      seen.moving.push(staleness.length);
    }
  }

  /** All runs end at once; resolves with how long it took until Slack showed everything. */
  async end(): Promise<number> {
    const { clock, waiting } = this.#day;
    const begunMs = clock.monotonic();
    this.#nextEventMs = Infinity;
    while (clock.monotonic() - begunMs < LONGEST_END_MS) {
      for (const wait of waiting.values()) wait.end(SUCCEEDED);
      await clock.pass(1000);
      this.#approveAll();
      if (waiting.size === 0 && this.#day.backlog === 0 && clock.monotonic() - begunMs > 60_000) break;
    }
    return clock.monotonic() - begunMs;
  }

  #start(): void {
    this.#missing -= 1;
    this.#day.start();
  }

  /** Those that have not had news for longest have some. */
  #change(count: number): void {
    const { waiting } = this.#day;
    const next = [...waiting.values()]
      .toSorted((left, right) => this.#newsOf(left) - this.#newsOf(right))
      .slice(0, count);
    for (const wait of next) {
      this.#news += 1;
      this.#newest.set(wait.context.effect.run, this.#news);
      wait.context.progress({
        text: "Waiting for resources to become healthy",
        done: this.#news % 40,
        total: 40,
        lines: [`Deployment/web Progressing: replica ${this.#news} is being started`],
      });
    }
  }

  #newsOf({ context }: Waiting): number {
    return this.#newest.get(context.effect.run) ?? 0;
  }

  /** In turn: a run comes to its gate, another one fails; a run comes to its gate, another one succeeds. */
  #happen(seen: Seen | undefined): void {
    const { clock, waiting } = this.#day;
    const nowMs = clock.monotonic();
    this.#nextEventMs = nowMs + EVENT_EVERY_MS;
    this.#events += 1;
    const all = [...waiting.values()];
    // Those that wait longest; what was started lately is not looked at by anybody yet.
    const asking = all.find(({ context }) => context.effect.path.endsWith("healthy"));
    const ending = all.find(({ context }) => context.effect.path.endsWith("settled"));
    if (asking !== undefined) {
      const { run } = asking.context.effect;
      asking.end(SUCCEEDED);
      this.#approvals.push({ run, atMs: nowMs + APPROVED_AFTER_MS });
      if (seen !== undefined) this.#awaited.push({ beginning: `${run}/gate/`, sinceMs: nowMs, into: seen.approvalsMs });
    }
    if (ending === undefined) return;
    const { run } = ending.context.effect;
    const fails = this.#events % 2 === 0;
    ending.end(fails ? FAILED : SUCCEEDED);
    if (fails && seen !== undefined)
      this.#awaited.push({ beginning: `${run}/alert`, sinceMs: nowMs, into: seen.failuresMs });
    this.#missing += 1;
  }

  #approve(): void {
    const nowMs = this.#day.clock.monotonic();
    const due = this.#approvals.filter(({ atMs }) => atMs <= nowMs);
    this.#approvals = this.#approvals.filter(({ atMs }) => atMs > nowMs);
    for (const { run } of due) this.#day.approve(run);
  }

  #approveAll(): void {
    for (const run of this.#day.asking()) this.#day.approve(run);
    this.#approvals = [];
  }

  #see(): void {
    this.#awaited = this.#awaited.filter(({ beginning, sinceMs, into }) => {
      const postedMs = this.#day.shown.postedMs(beginning);
      if (postedMs !== undefined) into.push(postedMs - sinceMs);
      return postedMs === undefined;
    });
  }
}

const SUCCEEDED = { status: "succeeded", output: {} } as const;
const FAILED = {
  status: "failed",
  failure: { code: "argocd.degraded", message: "Deployment/web is Degraded: CrashLoopBackOff", retry: "never" },
} as const;

interface Result {
  readonly seen: Seen;
  readonly leastMs: number;
  readonly posts: number;
  readonly endMs: number;
}

function figuresOf(day: SlackDay, { seen, leastMs, posts, endMs }: Result): readonly Figure[] {
  const calls = day.slack.world.journal.calls();
  const refused = calls.filter(({ status }) => status === 429).length;
  const stale = quantile(sorted(seen.stalenessMs), 0.95);
  const load = `${RUNS} runs, ${CHANGES_PER_SECOND} changes/s for ${MEASURED_MS / 60_000} min`;
  const messages = Math.round(seen.moving.reduce((sum, count) => sum + count, 0) / seen.moving.length);
  const wrong = wrongMessages(day);
  const visible = (what: string, times: readonly number[]): Figure => ({
    goal: "P7",
    what: `p99 until ${what} is visible (${times.length} of them); p50 as product`,
    product: seconds(quantile(sorted(times), 0.5)),
    value: one(quantile(sorted(times), 0.99) / 1000),
    unit: "s",
    limit: 2,
  });
  return [
    {
      goal: "P7",
      what: `responses 429: ${load}`,
      product: `${calls.length} calls`,
      value: one(refused),
      unit: "",
      limit: 0,
    },
    {
      goal: "P7",
      what: `p95 of how old the ${messages} messages that change are / the least that Slack's limits allow`,
      product: seconds(stale),
      baseline: seconds(leastMs),
      value: one(stale / leastMs),
      unit: "x",
      limit: 1.15,
    },
    visible("a request for approval", seen.approvalsMs),
    visible("a failure", seen.failuresMs),
    {
      goal: "P7",
      what: `messages that do not show the final state, ${seconds(endMs)} after all runs ended at once`,
      product: `${wrong.of} messages`,
      value: one(wrong.count),
      unit: "",
      limit: 0,
    },
    { goal: "P7", what: "new messages meanwhile", value: one(posts), unit: "" },
  ];
}

/** Compares what Slack has with what the runs say. */
function wrongMessages({ shown, slack }: SlackDay): { readonly count: number; readonly of: number } {
  let [count, of] = [0, 0];
  for (const { wanted, place } of shown.all()) {
    of += 1;
    const message = place && slack.world.messages.all(place.channel).find(({ ts }) => ts === place.ts);
    if (message === undefined || textOf(message) !== wanted) count += 1;
  }
  return { count, of };
}

function one(value: number): { readonly measured: number; readonly min: number; readonly max: number } {
  return { measured: value, min: value, max: value };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 0)} s`;
}

function sorted(values: readonly number[]): readonly number[] {
  return values.toSorted((left, right) => left - right);
}
