import type { StepInput } from "./input-value.ts";
import { metricLooks } from "./metric-check.ts";
import type { Attempt } from "./net-book.ts";
import type { NetWorld } from "./net-world.ts";
import { codeOf, httpLooks } from "./probe-check.ts";

/** A look at something beside the application, or a time in which something was as it was. */
interface Stretch {
  readonly from: number;
  readonly until: number;
}

interface SeenLook {
  readonly kind: string;
  readonly askedAt: number;
  readonly answeredAt: number;
  readonly code?: string;
}

interface Source {
  readonly input: StepInput;
  readonly intervalMs: number;
  readonly looks: readonly SeenLook[];
}

// A frame of the stream takes up to so long.
const FRAME_MS = 1000;
const SLACK_MS = 100;
// The longest that a first look may take.
const FIRST_MS = 10_100;
// The longest that it may take until all is looked at for the first time.
const BEGUN_MS = 60_000;
// The longest that an answer of Argo CD takes that is there.
const CONFIRM_MS = 5000;
// So often a soak looks at where it is.
const SHOW_MS = 60_000;

/** What is wrong about the end of a soak. */
export function soakFaults(attempt: Attempt, world: NetWorld): readonly string[] {
  const { end } = attempt;
  if (end === undefined || end.type === "step.cancelled") return [];
  const sources = sourcesOf(attempt, world, end.life);
  return end.type === "step.succeeded"
    ? successFaults(attempt, { world, sources, at: end.at, life: end.life })
    : failureFaults(attempt, { world, sources, at: end.at, life: end.life });
}

/** What is wrong about a soak that has not ended. */
export function soakingFaults(attempt: Attempt, world: NetWorld): readonly string[] {
  const { now, span } = world;
  const sources = sourcesOf(attempt, world, span.number);
  const looked = { world, sources, at: now, life: span.number };
  const since = Math.max(attempt.startedAt, span.from);
  const goodFrom = Math.max(since, ...troubles(looked).map(({ until }) => until));
  const isLate = now > goodFrom + Number(attempt.input["for"]) + 2 * SHOW_MS;
  return [
    ...(isLate ? ["a soak that is good does not end"] : []),
    ...(isOverdue(attempt, looked) ? ["a soak goes on although something is bad for longer than its grace"] : []),
  ];
}

/** Whether it should have failed by now. */
function isOverdue({ input, startedAt }: Attempt, looked: Looked): boolean {
  if (input["on-bad"] === "restart") return false;
  const { world, sources, at } = looked;
  // It begins when the application has been read, and everything else was looked at.
  const begunAt = Math.max(startedAt, world.span.from) + BEGUN_MS;
  const { outages } = world.argocd;
  const graceMs = Number(input["grace"]);
  const bad = [...seenBad(looked), ...sources.flatMap(({ looks }) => stretchesOf(looks, at, (kind) => kind === "bad"))];
  // What is wrong with the application is confirmed, for which Argo CD has to answer.
  const confirms = ({ from, until }: Stretch): boolean =>
    outages.some((outage) => outage.from < from + graceMs && outage.until > from - BEGUN_MS && outage.from < until);
  return bad.some(
    (stretch) => stretch.until - Math.max(stretch.from, begunAt) > graceMs + CONFIRM_MS && !confirms(stretch),
  );
}

interface Looked {
  readonly world: NetWorld;
  readonly sources: readonly Source[];
  readonly at: number;
  readonly life: number;
}

function successFaults(attempt: Attempt, looked: Looked): readonly string[] {
  const { world, sources, at } = looked;
  const [forMs, graceMs] = [Number(attempt.input["for"]), Number(attempt.input["grace"])];
  // What the clock on the wall was set forward in between seems to have passed.
  const drifts = world.offsets.filter(({ from }) => from <= at).map(({ offsetMs }) => offsetMs);
  const driftMs = Math.max(...drifts) - Math.min(...drifts);
  const from = at - forMs + driftMs;
  const faults: string[] = [];
  if (attempt.startedAt > from) faults.push("a soak ends early");
  const isLong = ({ from: begun, until }: Stretch): boolean =>
    Math.min(until, at) - Math.max(begun, from) > graceMs + FRAME_MS;
  if (knownBad(looked).some(isLong)) faults.push("a soak succeeds over what was bad");
  if (unknown(looked).some(isLong)) faults.push("a soak succeeds over what nobody knows");
  if (merged(notGood(looked)).some(isLong)) faults.push("a soak succeeds over time that nobody knows to be good");
  if (isForgotten(attempt, looked, from)) faults.push("a soak counts time before a restart in which something was bad");
  for (const source of sources) faults.push(...sourceFaults(source, { at, from, graceMs }));
  return faults;
}

/** What was bad before the process began, Argo CD can tell. */
function isForgotten({ startedAt }: Attempt, { world, life }: Looked, from: number): boolean {
  const begun = world.spans[life - 1]?.from ?? 0;
  if (begun <= startedAt) return false;
  const { healths } = world.argocd;
  return healths.some(({ from: bad, status }, index) => {
    const until = Math.min(healths[index + 1]?.from ?? begun, begun);
    return status !== "Healthy" && bad < begun && until > from + FRAME_MS;
  });
}

function sourceFaults(
  { looks, input, intervalMs }: Source,
  { at, from, graceMs }: { readonly at: number; readonly from: number; readonly graceMs: number },
): readonly string[] {
  const timeoutMs = Number(input["timeout"] ?? 10_000);
  const last = looks.findLast(({ answeredAt }) => answeredAt < at);
  const [first] = looks;
  const faults: string[] = [];
  if (last === undefined || first === undefined) return ["a soak succeeds without a look"];
  if (last.kind !== "good") faults.push("a soak succeeds in the middle of something bad");
  if (first.answeredAt > from + SLACK_MS) faults.push("a soak counts time in which nobody looked");
  if (badStretches(looks, at).some((bad) => Math.min(bad.until, at) - Math.max(bad.from, from) > graceMs + SLACK_MS))
    faults.push("a soak succeeds over a bad look");
  // All begin to rest when each has looked once.
  const restMs = (index: number): number => intervalMs + (index === 1 ? FIRST_MS : 0);
  const isSlow = looks.some(
    ({ askedAt }, index) => askedAt - (looks[index - 1]?.answeredAt ?? askedAt) > restMs(index),
  );
  if (isSlow || at - last.answeredAt > restMs(looks.length) + timeoutMs + SLACK_MS)
    faults.push("a soak rests for too long");
  return faults;
}

function failureFaults(attempt: Attempt, looked: Looked): readonly string[] {
  const { input } = attempt;
  const { world, sources, at, life } = looked;
  const code = codeOf(attempt);
  if (sources.some(({ looks }) => looks.at(-1)?.code === code)) return [];
  if (code === "network.refused-address")
    return world.looks.some((look) => look.isRefused && look.life === life)
      ? []
      : ["an address is refused that is none"];
  if (code !== "soak.broken") return [`a soak ends with ${code}`];
  const faults: string[] = [];
  if (input["on-bad"] === "restart") faults.push("a soak fails that was to begin anew");
  // What decides was read some moments ago.
  const isNow = ({ until }: Stretch): boolean => until >= at - CONFIRM_MS;
  const isBad = knownBad(looked).some(isNow) || sources.some(({ looks }) => looks.at(-1)?.kind === "bad");
  if (!isBad) faults.push("a soak fails although nothing is bad");
  if (at - sinceOf(troubles(looked), at) < Number(input["grace"]) - FRAME_MS)
    faults.push("a soak does not wait for its grace");
  return faults;
}

/** Since when something was always in trouble. */
function sinceOf(all: readonly Stretch[], at: number): number {
  let since = at;
  for (let isMoved = true; isMoved;) {
    isMoved = false;
    for (const { from, until } of all) {
      if (from >= since || until < since - FRAME_MS) continue;
      since = from;
      isMoved = true;
    }
  }
  return since;
}

/** Whatever a soak may have taken for bad or unknown. */
function troubles(looked: Looked): readonly Stretch[] {
  const { world, sources, at, life } = looked;
  const outages = world.argocd.outages.filter((outage) => outage.life === life);
  return [
    ...knownBad(looked).map(({ from, until }) => ({ from, until: until + FRAME_MS })),
    ...unknown(looked),
    // It is read again some seconds later.
    ...outages.map(({ from, until }) => ({ from, until: until + 25_000 })),
    ...sources.flatMap(({ looks }) => badStretches(looks, at)),
  ];
}

/** When something was bad or unknown beyond doubt. */
function notGood(looked: Looked): readonly Stretch[] {
  const { sources, at } = looked;
  return [...seenBad(looked), ...unknown(looked), ...sources.flatMap(({ looks }) => badStretches(looks, at))];
}

/** When the application was not healthy, and the process must have seen it. */
function seenBad(looked: Looked): readonly Stretch[] {
  return knownBad(looked).flatMap(({ from, until }) =>
    from + FRAME_MS < until ? [{ from: from + FRAME_MS, until }] : [],
  );
}

function merged(stretches: readonly Stretch[]): readonly Stretch[] {
  const all: Stretch[] = [];
  for (const stretch of stretches.toSorted((one, other) => one.from - other.from)) {
    const last = all.at(-1);
    if (last === undefined || stretch.from >= last.until) all.push(stretch);
    else all.splice(-1, 1, { from: last.from, until: Math.max(last.until, stretch.until) });
  }
  return all;
}

/** When the application was not healthy, and the process could know. */
function knownBad({ world, at, life }: Looked): readonly Stretch[] {
  const { healths, connections } = world.argocd;
  const bad = healths.flatMap(({ from, status }, index) =>
    status === "Healthy" ? [] : [{ from, until: healths[index + 1]?.from ?? at }],
  );
  return joined(bad).flatMap((stretch) =>
    connections.flatMap(({ life: of, from, until }) => {
      const both = { from: Math.max(from, stretch.from), until: Math.min(until, stretch.until, at) };
      return of === life && both.from < both.until ? [both] : [];
    }),
  );
}

/** When the process could not know how the application was. */
function unknown({ world, at, life }: Looked): readonly Stretch[] {
  const own = world.argocd.connections.filter((each) => each.life === life);
  const begun = world.spans[life - 1]?.from ?? 0;
  return [{ from: begun, until: begun }, ...own].map(({ until }, index) => ({
    from: until,
    until: own[index]?.from ?? at,
  }));
}

/** One that follows at once on another is the same. */
function joined(stretches: readonly Stretch[]): readonly Stretch[] {
  const all: Stretch[] = [];
  for (const stretch of stretches) {
    const last = all.at(-1);
    if (last?.until === stretch.from) all.splice(-1, 1, { from: last.from, until: stretch.until });
    else all.push(stretch);
  }
  return all;
}

function badStretches(looks: readonly SeenLook[], at: number): readonly Stretch[] {
  return stretchesOf(looks, at, (kind) => kind !== "good");
}

function stretchesOf(looks: readonly SeenLook[], at: number, isOne: (kind: string) => boolean): readonly Stretch[] {
  return joined(
    looks.flatMap(({ kind, answeredAt }, index) =>
      isOne(kind) ? [{ from: answeredAt, until: looks[index + 1]?.answeredAt ?? at }] : [],
    ),
  );
}

function sourcesOf({ input, startedAt }: Attempt, world: NetWorld, life: number): readonly Source[] {
  const asked = { world, life, from: startedAt };
  const probes = listOf(input["probes"]).map((probe): Source => {
    const looks = httpLooks(String(probe["url"]), { ...asked, input: probe });
    const seen = looks.map((look) => ({ ...look, kind: look.isGood ? "good" : "bad" }));
    return { input: probe, intervalMs: Number(probe["interval"] ?? 10_000), looks: seen };
  });
  const metrics = listOf(input["metrics"]).map((metric): Source => ({
    input: metric,
    intervalMs: Number(metric["interval"] ?? 15_000),
    looks: metricLooks(metric, asked),
  }));
  return [...probes, ...metrics];
}

function listOf(value: unknown): readonly StepInput[] {
  return Array.isArray(value) ? value : [];
}
