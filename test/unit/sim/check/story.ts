import { hash } from "node:crypto";

import { Checker, type CheckerOptions } from "../../../sim/check/checker.ts";
import type {
  ApprovalRule,
  ArgocdOperation,
  ArgocdPost,
  ArgocdRead,
  ArgocdSpan,
  ArgocdSpec,
  LogRow,
  PlaceRule,
  SlackDelivery,
  SlackMessage,
} from "../../../sim/check/truth.ts";
import type { Violation } from "../../../sim/check/violation.ts";

type Mutable<Value> = { -readonly [Key in keyof Value]: Value[Key] };
type Growing<Item> = Mutable<Item>[];

export const BEGIN = Date.UTC(2026, 10, 20, 9, 0, 0);
export const RUN = "run_01";
export const OLD = "a".repeat(40);
export const NEW = "b".repeat(40);
export const OTHER = "c".repeat(40);
export const RULE: ApprovalRule = { users: ["U3"], groups: ["S0RELEASE"], quorum: 1, requesterMayApprove: false };

/** What is different of a request; `none` for one without identity. */
interface PostChange extends Partial<Omit<ArgocdPost, "identity">> {
  readonly identity?: ArgocdPost["identity"] | "none";
}

/** The log and the worlds of one story, written by hand, with a chain that holds. */
export class Story {
  readonly rows: LogRow[] = [];
  now = BEGIN;
  isCalm = true;
  /** How far the application's clock is ahead. */
  offsetMs = 0;
  readonly argocd = {
    posts: [] as Growing<ArgocdPost>,
    operations: [] as Growing<ArgocdOperation>,
    reads: [] as Growing<ArgocdRead>,
    specs: [] as Growing<ArgocdSpec>,
    spans: [] as Growing<ArgocdSpan>,
    existence: [] as { at: number; app: string; uid: string; exists: boolean }[],
  };
  readonly slack = {
    messages: [] as Growing<SlackMessage>,
    ephemerals: [] as { user: string; answers: number | undefined; versions: SlackMessage["versions"] }[],
    deliveries: [] as Growing<SlackDelivery>,
    groups: [
      { at: 0, group: "S0RELEASE", users: ["U2", "U3", "U4"] as readonly string[] },
      { at: 0, group: "S0DEV", users: ["U1", "U2"] },
    ],
    people: [] as { at: number; user: string; standing: string }[],
    closures: [],
    refusals: [] as { at: number; method: string; error: string }[],
    calls: new Map<string, { count: number; limited: number }>(),
    views: [] as { triggerId: string; view: Readonly<Record<string, unknown>> }[],
  };
  readonly places: Mutable<PlaceRule>[] = [place("staging", undefined), place("prod", RULE)];
  /** What Argo CD says of its comparison with the branch. */
  synced = { compared: OLD, isSynced: false };
  /** When Argo CD compared last, where that was not just now. */
  readonly comparedAt = new Map<string, number>();
  readonly #versions = new Map<string, number>();
  #shown = 0;
  readonly #checker: Checker;
  readonly found: Violation[] = [];

  constructor(options: Partial<CheckerOptions> = {}) {
    for (const environment of ["staging", "prod"]) {
      const app = appOf(environment);
      const uid = `uid-${environment}`;
      this.argocd.existence.push({ at: 0, app, uid, exists: true });
      this.argocd.specs.push({ at: 0, app, uid, specVersion: 1, source: { path: environment }, isAutoSynced: false });
      this.argocd.spans.push({ at: 0, app, uid, revision: OLD, health: "Healthy", isMixed: false });
    }
    this.#checker = new Checker({
      now: () => this.now,
      wasCalm: () => this.isCalm,
      isBefore: (commit, other) => commit < other,
      appNow: () => this.now + this.offsetMs,
      reread: (sequence) => this.rows[sequence - 1],
      argocd: this.argocd,
      slack: this.slack,
      rules: {
        places: this.places,
        people: { U1: "member", U2: "member", U3: "member", U4: "member", U5: "member", U6: "guest" },
        team: "T1",
        mayChange: ["S0DEV"],
        account: "quarterdeck",
        carryMs: 100,
        canaries: ["canary-slack-4Tn8Rb", "canary-argocd-7Hq2Zk"],
      },
      ...options,
    });
  }

  /** Appends a row that fits the chain. */
  row(stream: string, type: string, members: Readonly<Record<string, unknown>>, actor = ""): LogRow {
    const payload = canonical(members);
    const sequence = this.rows.length + 1;
    const salt = sequence.toString(16).padStart(32, "0");
    const version = (this.#versions.get(stream) ?? 0) + 1;
    this.#versions.set(stream, version);
    const commitment = hash("sha256", salt + payload, "hex");
    const previousHash = this.rows.at(-1)?.hash ?? "0".repeat(64);
    const at = this.now + this.offsetMs;
    const header = { actor, at, commitment, previousHash, sequence, stream, type, version };
    const row = { ...header, hash: hash("sha256", JSON.stringify(header), "hex"), salt, payload };
    this.rows.push(row);
    return row;
  }

  /** The version that the next row of the run gets, which is what tokens are made of. */
  token(stream = RUN): number {
    return (this.#versions.get(stream) ?? 0) + 1;
  }

  /** Lets the checker look, as after one event, a moment later than before. */
  look(passMs = 100): void {
    const rows = this.rows.slice(this.#shown);
    this.#shown = this.rows.length;
    this.found.push(...this.#checker.afterEvent(rows));
    this.now += passMs;
  }

  line(text: string): void {
    this.#checker.sawLine(text);
  }

  end(backlog = 0): readonly Violation[] {
    this.found.push(...this.#checker.atEnd({ backlog }));
    return this.found;
  }

  /** Somebody does something, which is written down and acknowledged. Returns the intent's id. */
  act(
    user: string,
    what: { readonly kind: "command" | "click"; readonly body?: object; readonly value?: string },
  ): string {
    const number = this.slack.deliveries.length;
    const delivery = this.deliver(user, what);
    const key = `${what.kind === "command" ? "slash" : "click"}/T1/${delivery.triggerId}`;
    const id = `int_${number}`;
    const kind = what.kind === "command" ? "slash" : "decision";
    this.row("intents", "intent.received", { id, key, kind, body: what.body ?? {} }, pseudonym(user));
    return id;
  }

  deliver(user: string, what: { readonly kind: string; readonly value?: string }): Mutable<SlackDelivery> {
    const number = this.slack.deliveries.length;
    const request = this.slack.messages.findLast(({ slot }) => slot?.includes("/gate/"));
    const messageTs = request?.ts ?? "";
    const click = what.kind === "click" ? { actionId: "gate_approve", value: what.value, messageTs } : undefined;
    const delivery = {
      number,
      user,
      click,
      team: "T1",
      triggerId: `t${number}`,
      body: {},
      repeats: undefined,
      failure: undefined,
      kind: what.kind,
      sentAt: this.now - 50,
      arrivedAt: this.now,
      acknowledgedAt: this.now + 50,
      acknowledgement: "",
    };
    this.slack.deliveries.push(delivery);
    return delivery;
  }

  settle(id: string): void {
    this.row("intents", "intent.settled", { id, result: { kind: "done" } });
  }

  read(environment: string): void {
    const app = appOf(environment);
    const { uid, specVersion } = this.argocd.specs.findLast((spec) => spec.app === app) ?? { uid: "", specVersion: 0 };
    const { health, healthSince } = this.#shownOf(app);
    const comparedAt = this.comparedAt.get(app) ?? this.now;
    this.argocd.reads.push({ at: this.now, app, uid, specVersion, health, healthSince, comparedAt, ...this.synced });
  }

  /** Argo CD shows what is, in whole seconds. */
  #shownOf(app: string): { readonly health: string; readonly healthSince: number } {
    const spans = this.argocd.spans.filter((span) => span.app === app);
    const health = spans.at(-1)?.health ?? "";
    const other = spans.findLastIndex((span) => span.health !== health);
    return { health, healthSince: spans[other + 1]?.at ?? 0 };
  }

  span(environment: string, change: Partial<ArgocdSpan>): void {
    const before = this.argocd.spans.findLast(({ app }) => app === appOf(environment));
    if (before !== undefined) this.argocd.spans.push({ ...before, ...change, at: this.now });
  }

  /** A request of ours for a sync, accepted, which begins an operation. */
  post(environment: string, change: PostChange = {}): Mutable<ArgocdOperation> {
    const app = appOf(environment);
    const identity = { run: RUN, step: `promote/for-each[${environment}]/sync`, attempt: 1 };
    const number = this.argocd.operations.length;
    const common = { app, uid: `uid-${environment}`, revision: NEW, by: "quarterdeck" };
    const { identity: own = identity, ...others } = change;
    const whose = own === "none" ? {} : { identity: own };
    const post: ArgocdPost = { ...common, at: this.now, kind: "sync", operation: number, ...others, ...whose };
    this.argocd.posts.push(post);
    const { uid, revision, by, kind } = post;
    const operation: Mutable<ArgocdOperation> = {
      number,
      app,
      uid,
      kind,
      revision,
      by,
      source: {},
      isDryRun: false,
      isPartial: false,
      requestedAt: this.now,
      ...(post.identity && { identity: post.identity }),
    };
    this.argocd.operations.push(operation);
    return operation;
  }

  finish(operation: Mutable<ArgocdOperation>, phase = "Succeeded"): void {
    operation.endedAt = this.now;
    operation.phase = phase;
  }

  /** A message of ours is posted, or shows something else from now on. */
  message(slot: string, text: string): void {
    const versions = [{ at: this.now, text, blocks: [] }];
    const known = this.slack.messages.find((message) => message.slot === slot);
    if (known !== undefined) {
      known.versions = [...known.versions, ...versions];
      return;
    }
    const ts = `${this.slack.messages.length + 1}.000000`;
    this.row("messages", "message.posting", { slot, team: "T1", channel: "C1", postingSince: this.now });
    this.look();
    const threadTs = slot.endsWith("/card") ? undefined : "1.000000";
    this.slack.messages.push({ channel: "C1", ts, threadTs, slot, versions, deletedAt: undefined });
    this.row("messages", "message.posted", { slot, team: "T1", channel: "C1", ts });
  }

  /** Nobody has ever posted it. */
  unpost(slot: string): void {
    const index = this.slack.messages.findIndex((message) => message.slot === slot);
    if (index !== -1) this.slack.messages.splice(index, 1);
  }
}

function place(environment: string, rule: ApprovalRule | undefined): Mutable<PlaceRule> {
  const app = `main/${appOf(environment)}`;
  return {
    app,
    environment,
    service: "checkout",
    approvals: [{ at: 0, rule }],
    settleMs: 5000,
    startDeadlineMs: 30_000,
    degradedGraceMs: 10_000,
  };
}

export function appOf(environment: string): string {
  return `argocd/checkout-${environment}`;
}

export function pseudonym(user: string): string {
  return `p_${user}`;
}

/** Keys in order, no white space. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item ?? null)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  const sorted = members.toSorted(([left], [right]) => (left < right ? -1 : 1));
  return `{${sorted.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(",")}}`;
}
