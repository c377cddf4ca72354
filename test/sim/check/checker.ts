import { checkAccess } from "./access-check.ts";
import { checkAgain } from "./again-check.ts";
import { type ApprovalDeps, checkShownRule } from "./approval-check.ts";
import { ArgocdView, withoutServer } from "./argocd-view.ts";
import { checkEnding } from "./cancel-check.ts";
import { ChainCheck } from "./chain-check.ts";
import { checkClick } from "./click-check.ts";
import { EffectCheck } from "./effect-check.ts";
import { type Fact, readFact, rowText } from "./fact.ts";
import { checkFailure, type FailureDeps } from "./failure-check.ts";
import { checkIdle } from "./idle-check.ts";
import { IntentCheck } from "./intent-check.ts";
import { checkLife } from "./life-check.ts";
import { LockBooks } from "./lock-check.ts";
import { MaskCheck } from "./mask-check.ts";
import { PeopleBook } from "./people-book.ts";
import { checkOrder, checkWindows } from "./order-check.ts";
import { checkPlan } from "./plan-check.ts";
import { checkProof, type ProofDeps } from "./proof-check.ts";
import { lastOf, RunBook, type StepBook } from "./run-book.ts";
import { checkRefusal } from "./refusal-check.ts";
import { checkRest } from "./rest-check.ts";
import { checkSoak } from "./soak-check.ts";
import { checkSlack } from "./slack-end.ts";
import { checkStart } from "./start-check.ts";
import { checkStopping } from "./stop-check.ts";
import { SyncCheck } from "./sync-check.ts";
import type { ArgocdTruth, LogRow, PlaceRule, Rules, SlackTruth } from "./truth.ts";
import type { Finding, Violation } from "./violation.ts";

export interface CheckerOptions {
  /** True time. */
  readonly now: () => number;
  readonly rules: Rules;
  readonly argocd: ArgocdTruth;
  readonly slack: SlackTruth;
  /** The clock by which the application writes its rows. */
  readonly appNow?: (() => number) | undefined;
  /** Since when, true time, that clock has shown a moment. */
  readonly dueAt?: ((shown: number) => number) | undefined;
  /** Whether the program went on all the time, whatever its clock showed. */
  readonly wasPresent?: ((from: number, until: number) => boolean) | undefined;
  /** Since when the process that runs has been there, true time; not asked when absent. */
  readonly processSince?: (() => number) | undefined;
  /** Whether nothing went wrong with the program, its machine, its network and Slack between two moments of true time. */
  readonly wasCalm?: ((from: number, until: number) => boolean) | undefined;
  /** Whether moreover nobody did anything in Argo CD or in Git meanwhile. */
  readonly wasStill?: ((from: number, until: number) => boolean) | undefined;
  /** Whether the program went on all the time, and could reach Argo CD but for one call. */
  readonly wasReachable?: ((from: number, until: number) => boolean) | undefined;
  /** Whether the account in Argo CD may have been kept from seeing anything. */
  readonly wasBlind?: ((at: number) => boolean) | undefined;
  /** Whether a commit lies before another one in its repository. */
  readonly isBefore?: ((commit: string, other: string) => boolean) | undefined;
  /** Reads one row of the log once more. */
  readonly reread?: ((sequence: number) => LogRow | undefined) | undefined;
}

// While the program comes up.
const BEGINNING_MS = 10_000;
// Whoever is told to wait waits; some calls are under way by then.
const MOST_LIMITED = 15;
const LIMITED_MS = 10_000;
const READ: ReadonlySet<string> = new Set(["intents", "locks", "messages"]);

/** What is left when the faults have stopped and nothing happens any more. */
export interface Remains {
  /** Messages that Slack does not show as they are wanted. */
  readonly backlog: number;
}

/**
 * Watches one simulated world: it is shown the new rows of the log after every event, looks by itself at what the worlds know, and
 * says what must not have happened. It shares no code with the program.
 */
export class Checker {
  readonly #options: CheckerOptions;
  readonly #violations: Violation[] = [];
  readonly #said = new Set<string>();
  #told = 0;
  readonly #runs = new Map<string, RunBook>();
  /** Runs with new rows. */
  readonly #touched = new Set<RunBook>();
  readonly #slots = new Map<string, Fact>();
  readonly #places: ReadonlyMap<string, PlaceRule>;
  readonly #chain: ChainCheck;
  readonly #argocd: ArgocdView;
  readonly #people: PeopleBook;
  readonly #locks: LockBooks;
  readonly #intents: IntentCheck;
  readonly #syncs: SyncCheck;
  readonly #effects: EffectCheck;
  readonly #masks: MaskCheck;
  #beganAt = 0;
  #posted = 0;
  #messages = 0;
  #privately = 0;
  readonly #report = (finding: Finding): void => this.#take(finding);

  constructor(options: CheckerOptions) {
    this.#options = options;
    const { rules, argocd, slack, appNow, reread } = options;
    const report = this.#report;
    this.#places = new Map(rules.places.map((place) => [place.app.slice(place.app.indexOf("/") + 1), place]));
    this.#chain = new ChainCheck({ report, appNow, reread });
    this.#argocd = new ArgocdView(argocd);
    this.#people = new PeopleBook({ ...rules, slack, report });
    this.#locks = new LockBooks({ report, wasCalm: options.wasCalm });
    const { mayChange, ownCommands = {} } = rules;
    const access = { people: this.#people, report, mayChange, ownCommands, runs: this.#runs };
    this.#intents = new IntentCheck({
      slack,
      report,
      people: this.#people,
      isPosting: (id) => this.#isPosting(id),
      onEffect: (effect) => {
        checkAccess(access, effect);
        checkRefusal({ ...access, places: this.#places }, effect);
        checkClick({ ...access, argocd: this.#argocd }, effect);
      },
      wasCalm: options.wasCalm,
    });
    const approvals: ApprovalDeps = {
      argocd: this.#argocd,
      people: this.#people,
      report,
      carryMs: rules.carryMs,
      intentOf: (decided) => this.#intents.intentOf(decided),
    };
    const { isBefore, wasCalm } = options;
    this.#syncs = new SyncCheck({ report, isBefore, wasCalm, argocd: this.#argocd });
    this.#effects = new EffectCheck({
      ...approvals,
      syncs: this.#syncs,
      runs: this.#runs,
      locks: this.#locks,
      places: this.#places,
      account: rules.account,
    });
    this.#masks = new MaskCheck({ canaries: rules.canaries, report });
  }

  /** To be called after everything that happens, with the rows that were committed by it. Returns what is newly found. */
  afterEvent(rows: readonly LogRow[]): readonly Violation[] {
    this.#beganAt ||= this.#options.now();
    this.#intents.catchUp();
    const posts = this.#argocd.catchUp();
    for (const row of rows) this.#apply(row);
    if (rows.length > 0) {
      this.#locks.atRest(this.#options.now());
      for (const run of this.#touched) {
        checkRest(run, this.#report);
        checkWindows(run, this.#report);
      }
      this.#touched.clear();
      this.#chain.lookAgain();
    }
    for (const post of posts) this.#effects.judge(post);
    this.#checkPosted();
    this.#intents.atRest();
    return this.#news();
  }

  /** A line of the program's own log. */
  sawLine(line: string): void {
    this.#masks.look(line, () => "the program's log");
  }

  /** To be called once, when the faults have stopped and everything has settled. */
  atEnd(remains: Remains): readonly Violation[] {
    this.#chain.atEnd();
    this.#intents.atEnd();
    for (const run of this.#runs.values()) this.#checkEnded(run);
    for (const left of this.#locks.left())
      this.#report({ check: "at the end", what: `${left}, and nothing happens any more.` });
    const { appNow, now, slack, wasCalm } = this.#options;
    for (const lock of this.#locks.overdue((appNow ?? now)()))
      this.#report({ check: "at the end", what: `${lock}, and is still there.` });
    const limited = Array.from(slack.calls).filter(([, calls]) => calls.limited > 0);
    const isCalm = wasCalm?.(this.#beganAt + BEGINNING_MS, now()) === true;
    for (const [method, calls] of isCalm ? limited : [])
      this.#report({ check: "budgets", what: `${method} was called ${calls.limited} times too often.` });
    this.#checkHeeded();
    const wasAsked = (from: number, until: number): boolean => this.#intents.wasAsked(from, until);
    checkIdle({ ...this.#judgeDeps(), wasAsked }, [...this.#runs.values()]);
    if (remains.backlog > 0)
      this.#report({ check: "at the end", what: `${remains.backlog} messages are still not shown as they should be.` });
    checkSlack({ slack, wasCalm, people: this.#people, report: this.#report, slots: this.#slots }, this.#runs.values());
    this.#lookForSecrets();
    return this.#news();
  }

  #apply(row: LogRow): void {
    this.#chain.add(row);
    if (row.payload !== null) this.#masks.look(row.payload, () => `row ${row.sequence} (${row.stream} ${row.type})`);
    // What the checks do not ask about costs no reading.
    if (!row.stream.startsWith("run_") && !READ.has(row.stream)) return undefined;
    const fact = readFact(row, this.#options.now());
    switch (row.stream) {
      case "intents":
        return this.#intents.apply(fact);
      case "locks":
        this.#locks.applyHand(fact);
        return this.#intents.applyEffect(fact);
      case "messages":
        this.#slots.set(fact.slot ?? "", fact);
        return undefined;
      default:
        return this.#applyRun(row.stream, fact);
    }
  }

  #applyRun(id: string, fact: Fact): void {
    const report = this.#report;
    const run = this.#runs.get(id);
    this.#intents.applyEffect(fact, run && mustBeNamed(run, fact));
    if (run === undefined) {
      if (fact.type === "run.started") this.#runs.set(id, new RunBook(fact));
      else report({ check: "step order", what: "A run has rows before it started.", run: id, proof: [rowText(fact)] });
      return;
    }
    this.#touched.add(run);
    checkLife(run, fact, report);
    checkPlan({ report, places: this.#places }, run, fact);
    checkOrder({ report, places: this.#options.rules.places }, run, fact);
    this.#locks.applyRun(run, fact);
    this.#judgeStep(run, fact);
    run.apply(fact);
    if (fact.type === "run.finished") checkEnding(this.#judgeDeps(), run);
  }

  #judgeDeps(): FailureDeps & ProofDeps & { readonly carryMs: number } {
    const { wasCalm, wasStill, wasReachable, wasPresent, dueAt, wasBlind, rules } = this.#options;
    return {
      dueAt,
      wasPresent,
      wasCalm,
      wasStill,
      wasReachable,
      wasBlind,
      argocd: this.#argocd,
      places: this.#places,
      carryMs: rules.carryMs,
      report: this.#report,
    };
  }

  /** What a step says of the worlds, before it is folded. */
  #judgeStep(run: RunBook, fact: Fact): void {
    const step = run.steps.get(fact.path ?? "");
    if (step === undefined) return;
    const deps = this.#judgeDeps();
    this.#checkHandedOut(run, step, fact);
    checkStopping(deps, { run, step, fact });
    checkAgain(deps, { run, step, fact });
    if (fact.type === "step.failed") checkFailure(deps, { run, step, fact });
    if (fact.type === "step.succeeded" || fact.type === "step.failed") checkStart(deps, { run, step, fact });
    if (fact.type === "step.succeeded") {
      if (step.uses === "argocd/wait") checkProof(deps, { run, step, fact });
      checkSoak(deps, { run, step, fact });
      this.#syncs.succeeded({ run, step, fact });
    }
    const place = fact.type === "gate.opened" ? this.#places.get(withoutServer(fact.subject?.app ?? "")) : undefined;
    if (place !== undefined) checkShownRule(deps, place, { opened: fact, begunAt: step.started.seenAt });
  }

  /** What an earlier process handed out is handed out anew before anything comes of it. */
  #checkHandedOut(run: RunBook, { sort, dispatched, path }: StepBook, fact: Fact): void {
    const since = this.#options.processSince?.() ?? 0;
    const isOutcome = fact.type === "step.checkpointed" || fact.type === "step.succeeded";
    // What is being stopped is not handed out any more.
    if (sort !== "action" || !isOutcome || dispatched.seenAt >= since || run.status === "cancelling") return;
    const what = `${fact.type} of ${path} is of what an earlier process had handed out.`;
    this.#report({ check: "newest token", what, run: run.id, proof: [rowText(dispatched), rowText(fact)] });
  }

  /** Whoever is told that it is too much does not go on. */
  #checkHeeded(): void {
    const limited = new Map<string, number[]>();
    for (const { at, method, error } of this.#options.slack.refusals) {
      // Who somebody is is asked anew for each thing that they do.
      if (error !== "ratelimited" || method.startsWith("users")) continue;
      const times = limited.get(method) ?? [];
      limited.set(method, times);
      times.push(at);
      const first = times.at(-MOST_LIMITED) ?? Number.NEGATIVE_INFINITY;
      if (at - first >= LIMITED_MS) continue;
      const what = `${method} was called ${MOST_LIMITED} times within ${at - first} ms, although each was one too many.`;
      this.#report({ check: "budgets", what });
      return;
    }
  }

  /** Of some request of the run it is not known where in Slack it stands. */
  #isPosting(run: string): boolean {
    return Array.from(this.#slots.values()).some(
      ({ type, slot }) => type === "message.posting" && slot?.startsWith(`${run}/gate/`) === true,
    );
  }

  /** Before a message is posted, the log says that it will be. */
  #checkPosted(): void {
    const { messages } = this.#options.slack;
    for (; this.#posted < messages.length; this.#posted += 1) {
      const message = messages[this.#posted];
      if (message?.slot === undefined) continue;
      if (message.slot.includes("/step/") && message.threadTs === undefined)
        this.#report({ check: "what Slack shows", what: `${message.slot} was posted outside of the run's thread.` });
      if (this.#slots.has(message.slot)) continue;
      const what = `${message.slot} was posted before it was written down that it would.`;
      this.#report({ check: "record before the act", what, proof: [message.versions[0]?.text.slice(0, 100) ?? ""] });
    }
  }

  #checkEnded(run: RunBook): void {
    if (run.isOver || this.#locks.waitsForPeople(run.id)) return;
    const [open] = run.underWay();
    const where = open === undefined ? "between two steps" : `at ${open.path} (${open.status})`;
    const proof = [rowText(open?.started ?? run.started)];
    this.#report({ check: "at the end", what: `The run stands still ${where}.`, run: run.id, proof });
  }

  /** Everything that anybody was shown. */
  #lookForSecrets(): void {
    const { messages, ephemerals, views } = this.#options.slack;
    for (; this.#messages < messages.length; this.#messages += 1) {
      const message = messages[this.#messages];
      for (const version of message?.versions ?? [])
        this.#masks.look(version.text + JSON.stringify(version.blocks), () => `the message ${message?.slot} in Slack`);
    }
    for (; this.#privately < ephemerals.length; this.#privately += 1) {
      for (const version of ephemerals[this.#privately]?.versions ?? [])
        this.#masks.look(version.text + JSON.stringify(version.blocks), () => "a private message in Slack");
    }
    for (const { view } of views) this.#masks.look(JSON.stringify(view), () => "a form in Slack");
  }

  #take({ check, what, run = "", proof = [] }: Finding): void {
    const key = `${check} ${run} ${what}`;
    if (this.#said.has(key)) return;
    this.#said.add(key);
    this.#violations.push({ check, what, run, proof, seenAt: this.#options.now() });
  }

  #news(): readonly Violation[] {
    const news = this.#violations.slice(this.#told);
    this.#told = this.#violations.length;
    return news;
  }
}

/** The step that somebody must have named for a retry: one that had succeeded, and of which nothing had to be ended. */
function mustBeNamed(run: RunBook, { type, from = "" }: Fact): string | undefined {
  if (type !== "run.retried" || run.steps.get(from)?.status !== "succeeded") return undefined;
  return run.stops.some(({ stops }) => stops === from) ? undefined : lastOf(from);
}
