import { readFileSync } from "node:fs";

import { z } from "zod";

import { Application } from "../../../src/argocd/application.ts";
import { assess } from "../../../src/argocd/assess.ts";
import { type AssessMemory, noMemory, rememberAncestry } from "../../../src/argocd/assess-memory.ts";
import { type Expectation, rememberBefore } from "../../../src/argocd/expectation.ts";
import type { OperationIdentity } from "../../../src/argocd/operation-identity.ts";
import type { Verdict } from "../../../src/argocd/verdict.ts";

const START_MS = Date.UTC(2026, 10, 21, 9);

const Line = z.object({
  kind: z.string().optional(),
  t: z.number().default(0),
  ms: z.number().default(0),
  stream: z.string().default(""),
  text: z.string().default(""),
  request: z.object({ method: z.string(), path: z.string(), body: z.unknown().optional() }).optional(),
  response: z
    .object({ status: z.number(), headers: z.record(z.string(), z.string()).nullish(), body: z.unknown().optional() })
    .optional(),
  line: z.unknown().optional(),
});
export type RecordedLine = z.output<typeof Line>;

const Frame = z.object({ result: z.object({ type: z.string(), application: z.unknown().optional() }) });

/** Every line of a recording of a real Argo CD, in order of time. */
export function readRecording(name: string): readonly RecordedLine[] {
  const file = new URL(`../../fixtures/argocd/${name}.jsonl`, import.meta.url);
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  return lines.map((line) => Line.parse(JSON.parse(line)));
}

/** One moment at which a client saw an Application. */
export interface SeenApplication {
  readonly t: number;
  readonly how: string;
  readonly application: Application;
  readonly refreshBegunMs?: number;
}

/** Everything that shows the Application `name`: watch frames and the answers to calls, stream duplicates included. */
export function seenIn(recording: string, name: string): readonly SeenApplication[] {
  return readRecording(recording).flatMap((line) => {
    const seen = seenApplication(line);
    return seen === undefined || seen.application.metadata.name !== name ? [] : [seen];
  });
}

function seenApplication(line: RecordedLine): SeenApplication | undefined {
  const frame = Frame.safeParse(line.kind === "line" ? tryFrame(line.text) : line.line);
  if (frame.success) return withApplication(line.t, frame.data.result.type, frame.data.result.application);
  if (line.request === undefined || line.response?.status !== 200) return undefined;
  if (!/^\/api\/v1\/applications\/[^/?]+(?:\?|$|\/sync|\/rollback)/u.test(line.request.path)) return undefined;
  const refresh = line.request.path.includes("refresh=");
  const how = refresh ? "refresh" : line.request.method;
  const seen = withApplication(line.t, how, line.response.body);
  return seen === undefined || !refresh ? seen : { ...seen, refreshBegunMs: atMs(line.t) - line.ms };
}

function tryFrame(text: string): unknown {
  return text.startsWith("data: ") ? JSON.parse(text.slice(6)) : undefined;
}

function withApplication(t: number, how: string, body: unknown): SeenApplication | undefined {
  const parsed = Application.safeParse(body);
  return parsed.success ? { t, how, application: withOwner(parsed.data) } : undefined;
}

// The frames of the roll-out in steps were thinned when they were recorded: neither spec nor owner is in them.
function withOwner(application: Application): Application {
  if (application.spec.project !== "") return application;
  return {
    ...application,
    metadata: { ...application.metadata, ownerReferences: [{ kind: "ApplicationSet", name: "voice" }] },
  };
}

/** The moment `t` seconds into a recording, on the clock that the replays use. */
export function atMs(t: number): number {
  return START_MS + t * 1000;
}

/** The last copy of the application that was seen before `t`. */
export function seenBefore(recording: string, app: string, t: number): Application {
  const seen = seenIn(recording, app).findLast((look) => look.t < t);
  if (seen === undefined) throw new Error(`${recording} shows no ${app} before ${t}`);
  return seen.application;
}

/** A wait that a recording can be played through. Times are in seconds from its beginning. */
export interface RecordedWait {
  readonly recording: string;
  readonly app: string;
  readonly mode: Expectation["mode"];
  /** One per source. */
  readonly shas: readonly string[];
  /** When the wait begins: what was seen before is the state that the sync met. */
  readonly postedAt: number;
  readonly operation?: OperationIdentity;
  /** Moments at which a refresh is begun whose answer is the next copy in the recording. */
  readonly refreshAt?: readonly number[];
  /** Only what was seen from here on; everything unless given. */
  readonly from?: number;
  readonly to?: number;
  /** Whether one commit is in the history of another; nothing descends from anything unless given. */
  readonly descends?: true;
  /** Further moments at which the last copy is looked at again, because time was all that was missing. */
  readonly recheckAt?: readonly number[];
}

// Short times, so that a recording of some seconds holds a settle time.
const timing = { settleMs: 2000, degradedGraceMs: 60_000, startDeadlineMs: 120_000 };

export interface Judged {
  readonly t: number;
  readonly how: string;
  readonly verdict: Verdict;
}

/** Plays a recording through `assess`, one frame after the other, as the stream and the calls brought them. */
export function replay(wait: RecordedWait): readonly Judged[] {
  const { recording, app, from = 0, to = Infinity, descends = false, recheckAt = [], refreshAt = [] } = wait;
  const expectation = expectationOf(wait);
  const within = seenIn(recording, app).filter(({ t }) => t >= from && t <= to);
  const seen = answering(within, refreshAt);
  const last = seen.at(-1);
  const again = last === undefined ? [] : recheckAt.map((t) => ({ t, how: "recheck", application: last.application }));
  let memory: AssessMemory = noMemory;
  return [...seen, ...again].map((look) => {
    const input = { ...look, expectation, nowMs: atMs(look.t) };
    const first = assess({ ...input, memory });
    const questions = first.verdict.kind === "pending" ? (first.verdict.ancestry ?? []) : [];
    const answered = questions.reduce((known, question) => rememberAncestry(known, question, descends), first.memory);
    const result = questions.length === 0 ? first : assess({ ...input, memory: answered });
    memory = result.memory;
    return { t: look.t, how: look.how, verdict: result.verdict };
  });
}

function expectationOf({ recording, app, mode, shas, postedAt, operation }: RecordedWait): Expectation {
  const before = rememberBefore(seenBefore(recording, app, postedAt));
  const revisions = shas.map((sha, sourceIndex) => ({ sourceIndex, sha }));
  return { mode, revisions, before, timing, ...(operation !== undefined && { operation }) };
}

function answering(seen: readonly SeenApplication[], refreshAt: readonly number[]): readonly SeenApplication[] {
  const answers = new Map(refreshAt.map((t) => [seen.find((look) => look.t > t), atMs(t)]));
  return seen.map((look) => {
    const begunMs = answers.get(look);
    return begunMs === undefined ? look : { ...look, refreshBegunMs: begunMs };
  });
}

/** Runs of equal verdicts, each with the time of its first frame: `12.80 settling`. */
export function runsOf(judged: readonly Judged[]): readonly string[] {
  const runs: string[] = [];
  let before = "";
  for (const { t, verdict } of judged) {
    const text = shortVerdict(verdict);
    if (text !== before) runs.push(`${t.toFixed(2)} ${text}`);
    before = text;
  }
  return runs;
}

function shortVerdict(verdict: Verdict): string {
  switch (verdict.kind) {
    case "pending":
      return `pending ${verdict.reason}`;
    case "running":
      return `running ${verdict.progress.waitingFor ?? verdict.progress.phase}`;
    case "failed":
      return `failed ${verdict.code}`;
    case "superseded":
      return `superseded by ${verdict.by.initiatedBy}`;
    case "progressing":
      return `progressing ${verdict.health} ${verdict.count.healthy}/${verdict.count.total}`;
    case "proven":
      return `proven by ${verdict.evidence.basis}`;
    case "settling":
    case "healthy-candidate":
    case "degraded":
    case "suspended":
    case "unknown":
      return verdict.kind;
  }
}
