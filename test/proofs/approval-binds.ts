import { changedFields, GateSubject, subjectDigest } from "../../src/domain/gate.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import type { Job } from "../../src/engine/ports.ts";
import type { StepApproval } from "../../src/engine/step-kind.ts";
import { settle } from "../support/fake-clock.ts";
import { seededFractions } from "../support/seeded-fractions.ts";
import { ParkedRun, PEOPLE } from "./parked-run.ts";
import { amountOf, atLeast, exactly, none, type Proof, type ProofSize } from "./proof.ts";
import { type Change, changesOf, type Fraction, reordered } from "./schema-changes.ts";

const TRIES: Readonly<Record<ProofSize, number>> = { short: 600, full: 100_000 };
// Each look at a run reads all of it, so a long one costs more than another one.
const TRIES_PER_RUN = 10;
// Of so many tries one changes nothing, which must not void.
const HONEST_EVERY = 20;

interface Tally {
  readonly faults: string[];
  /** How often each field was changed, by where it is. */
  readonly changed: Map<string, number>;
  voided: number;
  unchanged: number;
  ran: number;
}

/** R5: whatever single thing about an approval changes voids it, at the click and again before the effect. */
export const approvalBinds: Proof = {
  goal: "R5",
  says: "approvals bound to content, full about 12 min",
  prove: async (size, part = 1) => {
    const half = Math.ceil(amountOf(TRIES, size, part) / 2);
    const atClick = await tryAll(half, 1, tryClick);
    const beforeEffect = await tryAll(half, 2, tryEffect);
    const honest = atClick.unchanged + beforeEffect.unchanged;
    return [
      atLeast("R5", "a field changed before the click: not approved, asked anew", {
        is: atClick.voided,
        wanted: half * 0.9,
      }),
      none("R5", "of these, approved or not asked anew", atClick.faults),
      atLeast("R5", "a field changed before the effect: voided", { is: beforeEffect.voided, wanted: half * 0.9 }),
      none("R5", "of these, synced or not voided", beforeEffect.faults),
      atLeast("R5", "unchanged, members in another order: approved", { is: honest, wanted: 1 }),
      exactly("R5", "what ran was what had been approved", { is: beforeEffect.ran, wanted: beforeEffect.unchanged }),
      none("R5", "fields of the digest never changed", untouched([atClick, beforeEffect])),
    ];
  },
};

type Try = (run: ParkedRun, tally: Tally, fraction: Fraction) => Promise<"go on" | "begin anew">;

async function tryAll(tries: number, seed: number, attempt: Try): Promise<Tally> {
  const fraction = seededFractions(seed);
  const tally: Tally = { faults: [], changed: new Map(), voided: 0, unchanged: 0, ran: 0 };
  for (let done = 0; done < tries;) {
    const revision = revisionOf(fraction);
    // At the click also what nothing fills yet: images, checks, plans.
    const fill = attempt === tryClick && fraction() < 0.5 ? filled : undefined;
    await using run = await ParkedRun.open(revision, fill === undefined ? {} : { shown: fill });
    for (let here = 0; here < TRIES_PER_RUN && done < tries; here += 1) {
      done += 1;
      if ((await attempt(run, tally, fraction)) === "begin anew") break;
    }
  }
  return tally;
}

/** Between what was shown and the click something changes; or nothing does. */
async function tryClick(run: ParkedRun, tally: Tally, fraction: Fraction): Promise<"go on" | "begin anew"> {
  const { rig } = run;
  const { gate, attempt } = run.lastGate;
  const approver = approverOf(fraction);
  if (fraction() < 1 / HONEST_EVERY) {
    rig.found = () => GateSubject.parse(reordered(gate.subject, fraction));
    await run.approve(approver);
    await settle();
    tally.unchanged += 1;
    const isApproved = run.gate.status === "succeeded" && run.job !== undefined;
    if (!isApproved) tally.faults.push(`nothing had changed, and it was not approved (${seenIn(run)})`);
    return "begin anew";
  }
  const { change, subject } = changed(gate.subject, fraction);
  rig.found = () => subject;
  await run.approve(approver);
  await settle();
  count(tally, change);
  const now = run.gate;
  const isAnew = now.attempt === attempt + 1 && now.status === "running" && now.gate.decisions.length === 0;
  const isTold = JSON.stringify(rig.replies.at(-1)?.answer).includes("gate.changed");
  if (isAnew && isTold && run.job === undefined) tally.voided += 1;
  else tally.faults.push(`${change.at} changed before the click, and yet: ${seenIn(run)}`);
  return isAnew ? "go on" : "begin anew";
}

/** What was approved differs in one field from what is about to be done; or in none. */
async function tryEffect(run: ParkedRun, tally: Tally, fraction: Fraction): Promise<"go on" | "begin anew"> {
  const { rig } = run;
  const { attempt } = run.lastGate;
  await run.approve(approverOf(fraction));
  await settle();
  const { job, approved } = handedOut(run);
  if (fraction() < 1 / HONEST_EVERY) {
    tally.unchanged += 1;
    const subject = GateSubject.parse(reordered(approved.subject, fraction));
    await run.execute({ ...job, facts: { ...job.facts, approved: { ...approved, subject } } });
    if (ranAsApproved(run, job, approved.subject)) tally.ran += 1;
    return "begin anew";
  }
  const { change, subject } = changed(approved.subject, fraction);
  count(tally, change);
  const digest = fraction() < 0.5 ? subjectDigest(subject) : approved.digest;
  const outcome = await run.execute({ ...job, facts: { ...job.facts, approved: { ...approved, subject, digest } } });
  const isVoid = outcome.status === "failed" && outcome.failure.code === "approval.void";
  const now = run.gate;
  const isAnew = now.attempt === attempt + 1 && now.status === "running";
  if (isVoid && isAnew && rig.argocd.syncs.length === 0) tally.voided += 1;
  else tally.faults.push(`${change.at} changed before the effect, and yet: ${outcomeText(outcome)}`);
  return isAnew ? "go on" : "begin anew";
}

function approverOf(fraction: Fraction): string {
  return PEOPLE.approve[Math.floor(fraction() * PEOPLE.approve.length)] ?? "U2";
}

function handedOut(run: ParkedRun): { readonly job: Job; readonly approved: StepApproval } {
  const { job } = run;
  const approved = job?.facts.approved;
  if (job === undefined || approved === undefined) throw new Error(`nothing was handed out: ${seenIn(run)}`);
  return { job, approved };
}

function changed(before: GateSubject, fraction: Fraction): { readonly change: Change; readonly subject: GateSubject } {
  const changes = changesOf(GateSubject, before);
  const change = changes[Math.floor(fraction() * changes.length)];
  if (change === undefined) throw new Error("nothing can change");
  const subject = GateSubject.parse(change.make(fraction));
  if (changedFields(before, subject).length > 1) throw new Error(`${change.at} changed more than one field`);
  return { change, subject };
}

/** Exactly one sync arrived, of that application at that commit, with the identity of that step. */
function ranAsApproved({ rig, id }: ParkedRun, job: Job, { toRevision }: GateSubject): boolean {
  const [sync, ...more] = rig.argocd.syncs;
  const infos = Object.fromEntries((sync?.infos ?? []).map(({ name, value }) => [name, value]));
  const isOurs = infos["quarterdeck.run"] === id && infos["quarterdeck.step"] === job.effect.path;
  const isThere = rig.argocd.calls.includes("POST /api/v1/applications/checkout-prod/sync");
  return more.length === 0 && sync?.revision === toRevision && isOurs && isThere;
}

/** Every field that a later version may fill, filled. */
function filled(subject: GateSubject): GateSubject {
  return {
    ...subject,
    imageDigests: [`sha256:${"1".repeat(64)}`, `sha256:${"2".repeat(64)}`],
    planFileDigest: "3".repeat(64),
    checks: [
      { name: "scan", result: "passed" },
      { name: "tests", result: "passed" },
    ],
    strategy: "track",
  };
}

/** The members of the subject, as the schema has them today, that no try has changed. */
function untouched(tallies: readonly Tally[]): readonly string[] {
  return Object.keys(GateSubject.shape).flatMap((field) =>
    tallies.every(({ changed: fields }) => [...fields.keys()].some((at) => fieldOf(at) === field)) ? [] : [field],
  );
}

function fieldOf(at: string): string {
  return /^\w+/u.exec(at)?.[0] ?? at;
}

function count(tally: Tally, { at }: Change): void {
  tally.changed.set(at, (tally.changed.get(at) ?? 0) + 1);
}

function seenIn(run: ParkedRun): string {
  const { attempt, status, gate } = run.gate;
  return JSON.stringify({ attempt, status, decisions: gate.decisions.length, jobs: run.rig.jobs.length });
}

function outcomeText(outcome: Outcome): string {
  return outcome.status === "failed" ? `${outcome.failure.code}: ${outcome.failure.message}` : outcome.status;
}

function revisionOf(fraction: Fraction): string {
  return Array.from({ length: 40 }, () => Math.floor(fraction() * 16).toString(16)).join("");
}
