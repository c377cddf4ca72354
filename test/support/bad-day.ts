import { dirname, join } from "node:path";

import { z } from "zod";

import { foldRun } from "../../src/domain/evolve.ts";
import { nextWork } from "../../src/domain/next-work.ts";
import type { RunEvent, RunEventOf } from "../../src/domain/run-event.ts";
import type { RunState, StepState } from "../../src/domain/run-state.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { demoApplications } from "../../src/simulator/argocd-demo-world.ts";
import { accountToken } from "../../src/simulator/argocd-accounts.ts";
import type { Application as ArgocdApplication } from "../../src/simulator/argocd-application.ts";
import type { HttpFault } from "../../src/simulator/argocd-faults.ts";
import { DEMO_AUTHORS } from "../../src/simulator/git-demo-history.ts";
import { GitRepository } from "../../src/simulator/git-repository.ts";
import type { SlackMessage } from "../../src/simulator/slack-messages.ts";
import { alertSlot, cardSlot, gateSlot } from "../../src/slack/slot-ids.ts";
import { ANA, AppRig, type AppRigOptions, DEPLOYS, PRIYA } from "./app-rig.ts";
import { SkippingClock } from "./skipping-clock.ts";

const Settled = z.object({ result: z.object({ kind: z.string(), code: z.string(), message: z.string() }) });

// While something is waited for, the application's clock is pushed on so much with every look.
const LOOK_MS = 10;
const PUSH_MS = 200;
// Only Slack's own limits are waited for then.
const IDLE_PUSH_MS = 1500;
const PATIENCE_MS = 60_000;

// After the newest commit of the demo.
const PUSHED_AT = 1_795_250_000;

type FaultInput = HttpFault extends infer Each
  ? Each extends HttpFault
    ? Partial<Each> & Pick<Each, "kind">
    : never
  : never;

/** The whole application on a bad day: commands are typed, what people read is collected, and waiting is quick. */
export class BadDay implements AsyncDisposable {
  readonly clock: SkippingClock;
  readonly rig: AppRig;
  readonly #read = new Set<string>();

  private constructor(rig: AppRig, clock: SkippingClock) {
    this.rig = rig;
    this.clock = clock;
  }

  static async open(options: AppRigOptions = {}): Promise<BadDay> {
    const clock = new SkippingClock();
    const rig = await AppRig.open({ speed: 20, clock, ...options });
    // The application's clock runs ahead of Slack's, so Slack would find it too quick.
    rig.world.slack.world.rateLimits.multiplier = Infinity;
    return new BadDay(rig, clock);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rig[Symbol.asyncDispose]();
  }

  get argocd(): AppRig["world"]["argocd"] {
    return this.rig.world.argocd;
  }

  /** Types a command and gives back the last private answer to it. */
  async ask(text: string, user = ANA): Promise<string> {
    const known = new Set(this.#toldTo(user));
    const shown = await this.rig.type(user, text);
    if (!shown.includes("Looking into it")) return shown;
    const answer = (): SlackMessage | undefined =>
      this.#toldTo(user).find((message) => !known.has(message) && !message.text.includes("Looking into it"));
    return words(await this.until(`an answer to ${text}`, answer));
  }

  /** Types a command that starts a run. */
  async start(text: string, user = ANA): Promise<AskedRun> {
    const before = new Set(this.#runs());
    const answer = await this.ask(text, user);
    const run = this.#runs().find((id) => !before.has(id));
    if (run === undefined) throw new Error(`no run was started: ${answer}`);
    return new AskedRun(this, run);
  }

  /** What one person was told in private: the first message that says so, of those after the last one that was found. */
  async told(user: string, says: RegExp): Promise<string> {
    const found = await this.until(`a word to ${user} that says ${String(says)}`, () =>
      this.#toldTo(user).find((message) => !this.#read.has(message.ts) && says.test(words(message))),
    );
    this.#read.add(found.ts);
    return words(found);
  }

  /** Ends the runs that are left, at their gates, so that the next request is not taken for the same. */
  async endRuns(): Promise<void> {
    const { events } = this.rig.application.store;
    for (const { id } of events.listRuns({ openOnly: true, limit: 1000 })) {
      const run = new AskedRun(this, id);
      await this.until(`${id} to end`, () => {
        void run.dismiss();
        return run.state.finishedAt !== undefined;
      });
    }
  }

  /** How many runs there are. */
  get runCount(): number {
    return this.#runs().length;
  }

  /** The first value of `probe` that is neither undefined nor false; the application's clock is pushed on meanwhile. */
  async until<Value>(
    what: string,
    probe: () => Value | undefined | false,
    isIdle: () => boolean = () => false,
  ): Promise<Value> {
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      const found = probe();
      if (found !== undefined && found !== false) return found;
      if (performance.now() > end) throw new Error(`waited ${PATIENCE_MS / 1000} s for: ${what}`);
      await systemClock.sleep(LOOK_MS);
      this.clock.skip(isIdle() ? IDLE_PUSH_MS : PUSH_MS);
    }
  }

  /** What goes wrong with the next requests that fit; once unless said. */
  async fault(fault: FaultInput): Promise<void> {
    const defaults = { matching: "", message: "out of order", code: 2, status: 503, delayMs: 0 };
    const wanted: Record<string, unknown> = { ...fault };
    for (const name of FIELDS[fault.kind]) wanted[name] ??= defaults[name];
    await this.argocd.control({ action: "add-fault", fault: JSON.parse(JSON.stringify(wanted)) });
  }

  async noFaults(): Promise<void> {
    await this.argocd.control({ action: "clear-faults" });
  }

  /** The Application as it was when the world began, under a new uid. */
  async renew(...names: readonly string[]): Promise<void> {
    const definitions = demoApplications(this.rig.world.git.repositoryUrl("harbor/deploy.git"));
    for (const name of names) {
      await this.remove(name);
      const definition = definitions.find((each) => each.name === name);
      if (definition === undefined) throw new Error(`the demo has no Application ${name}`);
      await this.argocd.control({ action: "create-application", definition });
    }
  }

  async remove(name: string): Promise<void> {
    if (this.argocd.application(name) === undefined) return;
    await this.argocd.control({ action: "delete-application", application: name, cascade: true });
    await this.until(`${name} to be gone`, () => this.argocd.application(name) === undefined);
  }

  application(name: string): ArgocdApplication {
    const found = this.argocd.application(name);
    if (found === undefined) throw new Error(`Argo CD has no Application ${name}`);
    return found;
  }

  /** A new commit, on `main` unless said, as somebody pushes it; its full name. */
  async push(
    message: string,
    files: Readonly<Record<string, string | null>>,
    on: { readonly branch?: string; readonly from?: string } = {},
  ): Promise<string> {
    // Making a repository that is there already changes nothing of it.
    const repository = await GitRepository.create(this.repositoryFolder);
    return await repository.commit({ author: DEMO_AUTHORS.mallory, atSeconds: PUSHED_AT, message, files, ...on });
  }

  /** The repository as it lies on the disk of the Git host. */
  get repositoryFolder(): string {
    return join(dirname(this.rig.world.configurationFile), "deploy.git");
  }

  /** How many times the application was deployed since it was made, and at what. */
  deployments(name: string): readonly string[] {
    return (this.application(name).status.history ?? []).map(({ revision = "" }) => revision);
  }

  /** A person in Argo CD's own pages: the account `viewer`, who may do anything for a moment. */
  async inArgocd(method: "POST" | "PATCH" | "DELETE", path: string, body?: unknown): Promise<void> {
    const everything = [{ resource: "*", action: "*", object: "*" }];
    await this.argocd.control({ action: "set-policies", account: "viewer", policies: everything });
    const response = await fetch(`${this.argocd.url}/api/v1/applications/${path}`, {
      method,
      headers: { authorization: `Bearer ${accountToken("viewer")}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    await response.text();
  }

  /** Changes the spec of an Application as its owner does. */
  async patch(name: string, spec: object): Promise<void> {
    await this.inArgocd("PATCH", name, { name, patchType: "merge", patch: JSON.stringify({ spec }) });
  }

  /** What the log holds of the last request: how it was settled. */
  settled(): z.infer<typeof Settled>["result"] {
    const { log } = this.rig.application.store;
    const last = log.stream("intents").findLast(({ type }) => type === "intent.settled");
    return Settled.parse(JSON.parse(last?.payload ?? "null")).result;
  }

  #runs(): readonly string[] {
    return this.rig.application.store.events.listRuns({ limit: 1000 }).map(({ id }) => id);
  }

  #toldTo(user: string): readonly SlackMessage[] {
    return this.rig.world.slack.world.messages.all(DEPLOYS).filter(({ viewer }) => viewer === user);
  }
}

const FIELDS = {
  status: ["matching", "status", "message", "code"],
  html: ["matching", "status"],
  truncated: ["matching"],
  "reset-before": ["matching"],
  "reset-after": ["matching"],
  slow: ["matching", "delayMs"],
  hang: ["matching"],
} as const;

/** One run as people and the log see it. */
export class AskedRun {
  readonly id: string;
  readonly #day: BadDay;

  constructor(day: BadDay, id: string) {
    this.#day = day;
    this.id = id;
  }

  /** As the log has it: what the engine knows is ahead of that until it is committed. */
  get state(): RunState {
    return foldRun(this.id, this.events);
  }

  get events(): readonly RunEvent[] {
    return this.#day.rig.application.store.events.readRun(this.id);
  }

  eventsOf<Type extends RunEvent["type"]>(type: Type): readonly RunEventOf<Type>[] {
    return this.events.filter((event): event is RunEventOf<Type> => event.type === type);
  }

  /** What the card in the channel says. */
  async card(says: RegExp): Promise<string> {
    return await this.#read(`the card to say ${String(says)}`, () => [this.#card()], says);
  }

  /** What a message of the thread says. */
  async reply(says: RegExp): Promise<string> {
    return await this.#read(`a reply that says ${String(says)}`, () => this.#thread(), says);
  }

  /** What the alert in the channel says. */
  async alert(says: RegExp): Promise<string> {
    return await this.#read(`an alert that says ${String(says)}`, () => [this.#alert()], says);
  }

  /** Everything that the thread says now. */
  get thread(): readonly string[] {
    return this.#thread().map((message) => words(message));
  }

  /** The request for an approval that is open now. */
  async gate(environment = ""): Promise<SlackMessage> {
    const look = (): SlackMessage | undefined => {
      const step = this.#openGate();
      if (step === undefined || !step.path.includes(environment)) return undefined;
      const message = this.#message(gateSlot(this.id, step.path, step.voided.length));
      return message !== undefined && JSON.stringify(message.blocks).includes('"gate_approve"') ? message : undefined;
    };
    return await this.#day.until(`a request for approval ${environment}`, look, () => this.#isIdle());
  }

  async approve(user = PRIYA, environment = ""): Promise<void> {
    await this.#day.rig.press(user, await this.gate(environment), "gate_approve");
  }

  /** Rejects the run at its gate when it stands there; a short way, for after a test. */
  async dismiss(): Promise<void> {
    const open = this.#openGate();
    if (open?.gate === undefined) return;
    const { path, attempt, gate } = open;
    const judgement = { kind: "allowed", groups: [] } as const;
    const { requester: actor } = this.state;
    const decision = {
      decision: "reject",
      actor,
      digest: gate.digest,
      reason: "",
      judgement,
      current: undefined,
    } as const;
    await this.#day.rig.application.engine.runs.apply(this.id, { type: "gate-decision", path, attempt, ...decision });
  }

  async ended(status: "succeeded" | "failed"): Promise<string> {
    await this.#day.until(`the run to end`, () => this.state.finishedAt !== undefined);
    if (this.state.status !== status)
      throw new Error(`it ${this.state.status}: ${this.state.failure?.failure.message ?? ""}`);
    return await this.card(status === "succeeded" ? /Succeeded/u : /Failed|Stopped|Rejected/u);
  }

  async #read(what: string, messages: () => readonly (SlackMessage | undefined)[], says: RegExp): Promise<string> {
    const look = (): string | undefined =>
      messages()
        .map((message) => (message === undefined ? "" : words(message)))
        .find((text) => says.test(text));
    return await this.#day.until(what, look, () => this.#isIdle());
  }

  /** Nothing is under way: the run is over, or waits for people or for a moment. */
  #isIdle(): boolean {
    return nextWork(this.state).length === 0;
  }

  #openGate(): StepState | undefined {
    return [...this.state.steps.values()].find(({ gate, status }) => gate !== undefined && status === "running");
  }

  #card(): SlackMessage | undefined {
    return this.#message(cardSlot(this.id));
  }

  #alert(): SlackMessage | undefined {
    return this.#message(alertSlot(this.id));
  }

  #message(slot: string): SlackMessage | undefined {
    const ts = this.#day.rig.application.store.slots.slot(slot)?.ts;
    return ts === undefined ? undefined : this.#day.rig.world.slack.world.messages.message(DEPLOYS, ts);
  }

  #thread(): readonly SlackMessage[] {
    const card = this.#card();
    return card === undefined ? [] : this.#day.rig.world.slack.world.messages.replies(DEPLOYS, card.ts);
  }
}

/** Every text and address of a message's blocks, in order, as they are written in Slack's markup. */
export function words({ blocks, text }: SlackMessage): string {
  const found: string[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach((each) => visit(each));
    if (typeof value !== "object" || value === null) return;
    for (const [name, member] of Object.entries(value)) {
      if ((name === "text" || name === "url") && typeof member === "string") found.push(member);
      else if (name !== "value") visit(member);
    }
  };
  visit(blocks);
  return found.length === 0 ? text : found.join("\n");
}
