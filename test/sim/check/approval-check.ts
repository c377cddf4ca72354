import { type ArgocdView, postText } from "./argocd-view.ts";
import { type Fact, type FactRule, type GateSubject, rowText, timeText } from "./fact.ts";
import type { PeopleBook } from "./people-book.ts";
import type { GateBook, RunBook, StepBook } from "./run-book.ts";
import { hasSameSource, livePossible } from "./shown-content.ts";
import type { ApprovalRule, ArgocdPost, ArgocdRead, PlaceRule } from "./truth.ts";
import type { Report } from "./violation.ts";

const CHECK = "approval";
const CONTENT = "approval content";
// What is known of a group may be a minute old; a look at Slack takes a while.
const MEMBERSHIP_AGE_MS = 60_000;
const LOOK_MS = 30_000;
// How long after its file a changed rule may count.
const RELOAD_MS = 60_000;

export interface ApprovalDeps {
  readonly argocd: ArgocdView;
  readonly people: PeopleBook;
  readonly report: Report;
  /** How long a request may be on its way. */
  readonly carryMs: number;
  /** The row of what somebody did that led to this decision. */
  readonly intentOf: (decided: Fact) => Fact | undefined;
}

/** A request that was accepted, and the step of the run that it was for. */
export interface Effect {
  readonly post: ArgocdPost;
  readonly run: RunBook;
  readonly step: StepBook;
  readonly place: PlaceRule;
}

/** Nothing changes in an environment that asks for approval without a valid decision on exactly this. */
export function checkApproval(deps: ApprovalDeps, effect: Effect): void {
  const { post, run, step, place } = effect;
  const rules = rulesSince(place, step.dispatched.seenAt);
  const asked = rules.filter((rule) => rule !== undefined);
  // Where the rule came or went meanwhile, either of them may count.
  if (asked.length < rules.length || asked.length === 0) return;
  const say = (check: string, what: string, proof: readonly string[]): void =>
    deps.report({ check, what, run: run.id, proof: [...proof, postText(post)] });
  const gate = step.clearance;
  if (gate?.gate === undefined || step.approval === undefined) {
    say(CHECK, `${step.path} changed ${place.app} without an approval.`, [rowText(step.started)]);
    return;
  }
  const judged = { effect, rules: asked, carryMs: deps.carryMs };
  const rows = [rowText(gate.gate.opened), ...gate.gate.decisions.map(({ fact }) => rowText(fact))];
  const problem = gateProblem(deps, gate, judged);
  if (problem !== undefined) say(CHECK, `${step.path} changed ${place.app} although ${problem}.`, rows);
  for (const refusal of deciderProblems(deps, { ...judged, gate: gate.gate }))
    say(CHECK, `${step.path} changed ${place.app} on the word of ${refusal}.`, rows);
  const content = contentProblem(deps, { effect, gate, opened: gate.gate });
  if (content !== undefined) say(CONTENT, `${step.path} changed ${place.app} although ${content}.`, rows);
}

/** The rules that were in force at some moment since, shortly before included. */
export function rulesSince({ approvals }: PlaceRule, at: number): readonly (ApprovalRule | undefined)[] {
  const since = at - RELOAD_MS;
  const first = approvals.findLastIndex((entry) => (entry.hinderedUntil ?? entry.at) <= since);
  return approvals.slice(Math.max(0, first)).map(({ rule }) => rule);
}

/** A gate shows the rule that counts, or did when what it shows began to be gathered: whoever decides then is asked anew. */
export function checkShownRule(
  deps: Pick<ApprovalDeps, "report">,
  place: PlaceRule,
  { opened, begunAt }: { readonly opened: Fact; readonly begunAt: number },
): void {
  const rules = rulesSince(place, begunAt);
  const shown = opened.rule;
  const isOne = rules.some((rule) => rule !== undefined && shown !== undefined && isSameRule(rule, shown));
  if (isOne) return;
  const what = `${opened.path} shows another rule for ${place.environment} than the one that counts.`;
  deps.report({ check: CHECK, what, run: opened.row.stream, proof: [rowText(opened)] });
}

function isSameRule(rule: ApprovalRule, { from, quorum, requesterMayApprove }: FactRule): boolean {
  const named = from.map(({ user, group }) => user ?? group ?? "").toSorted();
  const meant = [...rule.users, ...rule.groups].toSorted();
  return (
    quorum === rule.quorum && requesterMayApprove === rule.requesterMayApprove && named.join(" ") === meant.join(" ")
  );
}

interface Judged {
  readonly effect: Effect;
  readonly carryMs: number;
  readonly rules: readonly ApprovalRule[];
}

function gateProblem({ people: book }: ApprovalDeps, gate: StepBook, judged: Judged): string | undefined {
  const { step, place } = judged.effect;
  const { decisions = [], digest, subject } = gate.gate ?? {};
  if (digest !== step.approval?.digest) return "its approval is of another digest than the gate shows";
  if (subject?.app !== place.app) return `the gate was about ${subject?.app}`;
  if (decisions.some(({ decision }) => decision === "reject")) return "somebody had rejected it";
  const people = new Set(decisions.map(({ actor }) => book.human(actor)));
  const quorum = Math.min(...judged.rules.map((rule) => rule.quorum));
  return people.size < quorum ? `${people.size} of ${quorum} people had approved` : passageProblem(gate, judged);
}

/** Why the gate had not let it through, or did not any more. */
function passageProblem(gate: StepBook, { effect, carryMs }: Judged): string | undefined {
  const { step, run, post } = effect;
  if (gate.ended?.type !== "step.succeeded") return `the gate was ${gate.status}`;
  if (gate.ended.row.sequence > step.started.row.sequence) return "the gate let it through only afterwards";
  const voided = run.voids.find(
    ({ path, attempt, seenAt }) => path === gate.path && attempt === gate.attempt && seenAt + carryMs < post.at,
  );
  return voided === undefined ? undefined : "the approval had been voided";
}

/** Those who decided and were not allowed to, in words. */
function* deciderProblems(
  deps: ApprovalDeps,
  { effect, gate, rules }: Omit<Judged, "carryMs"> & { readonly gate: GateBook },
): Generator<string> {
  for (const { actor, fact } of gate.decisions) {
    const user = deps.people.user(actor);
    const intent = deps.intentOf(fact);
    const problem =
      user === undefined || intent === undefined
        ? "whom nobody saw press a button"
        : deciderProblem(deps, { run: effect.run, user, rules, fact, intent });
    if (problem !== undefined) yield `${user ?? actor}, ${problem} when they approved at ${timeText(fact.seenAt)}`;
  }
}

/** Whether somebody let the run through an earlier gate, where its command file asks for a second person. */
export function approvedBefore(
  { steps }: Pick<RunBook, "steps">,
  { path, actor }: { readonly path: string; readonly actor: string },
): boolean {
  if (!SECOND_PERSON.test(path)) return false;
  return steps.get(FIRST_PERSON)?.gate?.decisions.some((decided) => decided.actor === actor) === true;
}

const FIRST_PERSON = "sweep/gate";
const SECOND_PERSON = /^sweep\/for-each\[[^\]]*\]\/ask$/u;

function deciderProblem(
  { people }: ApprovalDeps,
  judged: {
    readonly run: RunBook;
    readonly user: string;
    readonly rules: readonly ApprovalRule[];
    readonly fact: Fact;
    readonly intent: Fact;
  },
): string | undefined {
  const { run, user, rules, fact, intent } = judged;
  const between = { from: intent.seenAt - LOOK_MS, until: fact.seenAt };
  if (!people.wasFullMember(user, { ...between, from: between.from - MEMBERSHIP_AGE_MS }))
    return "who was no full member of the workspace";
  if (approvedBefore(run, { path: fact.path ?? "", actor: fact.actor ?? "" }))
    return "who had approved the first request";
  const mayAsker = rules.some(({ requesterMayApprove }) => requesterMayApprove);
  const retried = run.retries.filter(({ row }) => row.sequence < fact.row.sequence);
  const askers = [run.requester, ...retried.map(({ actor }) => actor)].map((asker) => people.user(asker));
  if (!mayAsker && askers.includes(user)) return "who had asked for the run or retried it";
  const asOf = { from: between.from - MEMBERSHIP_AGE_MS, until: between.until };
  const isAllowed = rules.some(
    ({ users, groups }) => users.includes(user) || groups.some((group) => people.wasMember(group, user, asOf)),
  );
  return isAllowed ? undefined : "who was not among those who may approve";
}

/** Whether what was about to happen, by the last looks before it, is what people were shown. */
function contentProblem(
  { argocd }: ApprovalDeps,
  { effect, gate, opened }: { readonly effect: Effect; readonly gate: StepBook; readonly opened: GateBook },
): string | undefined {
  const { post, step } = effect;
  const { subject } = opened;
  if (subject.toRevision !== post.revision)
    return `${subject.toRevision.slice(0, 7)} had been approved and not ${post.revision.slice(0, 7)}`;
  const { app } = post;
  const before = argocd.readsBetween(app, step.dispatched.seenAt, step.checkpoint?.seenAt ?? post.at);
  if (before.length === 0) return "nobody had looked at the application before";
  if (!before.some(({ uid }) => uid === subject.applicationUid))
    return "the application had been deleted and made again since";
  if ((subject.strategy === "stored") !== (post.kind === "rollback"))
    return "another way to get there had been approved";
  const shown = argocd.readsBetween(app, gate.started.seenAt, opened.opened.seenAt);
  const isShown = before.some((read) => shown.some((other) => hasSameSource(argocd, read, other)));
  // Argo CD's own rollback brings the sources back as they were.
  if (!isShown && post.kind === "sync") return "the application's own sources had changed since it was approved";
  return liveProblem(argocd, { effect, subject, before });
}

/** What was live when it was approved is so still, unless it is the work of this very step. */
function liveProblem(
  argocd: ArgocdView,
  {
    effect,
    subject,
    before,
  }: { readonly effect: Effect; readonly subject: GateSubject; readonly before: readonly ArgocdRead[] },
): string | undefined {
  const { post, run, step } = effect;
  const isLive = (revision: string): boolean => before.some((read) => livePossible(argocd, read).has(revision));
  const isOwnDoing = argocd
    .operationsOf(post.app)
    .some(({ identity, endedAt }) => identity?.run === run.id && identity.step === step.path && endedAt !== undefined);
  const undone = undoneSince(argocd, effect, before);
  if (undone !== undefined) return undone;
  if (isLive(subject.fromRevision) || (isOwnDoing && isLive(post.revision))) return undefined;
  return `what was live was not ${subject.fromRevision.slice(0, 7) || "nothing"} any more, as it had been when it was approved`;
}

/** Whoever else has deployed there since this very step had, on the same approval, has undone what was approved. */
function undoneSince(
  argocd: ArgocdView,
  { post, run, step }: Effect,
  before: readonly ArgocdRead[],
): string | undefined {
  const operations = argocd.operationsOf(post.app).filter(({ uid, isDryRun }) => uid === post.uid && !isDryRun);
  const used = operations.find(
    ({ identity, requestedAt }) =>
      identity?.run === run.id &&
      identity.step === step.path &&
      requestedAt < post.at &&
      run.tries.get(`${identity.step}#${identity.attempt}`)?.clearance === step.clearance,
  );
  if (used === undefined) return undefined;
  const isUndone = before.every(({ at }) => {
    const last = operations.findLast(
      ({ requestedAt, endedAt }) => requestedAt < at && endedAt !== undefined && endedAt < at,
    );
    return last !== undefined && last.requestedAt > used.requestedAt && last.identity?.run !== run.id;
  });
  return isUndone ? "somebody else had deployed there since it was approved and tried" : undefined;
}
