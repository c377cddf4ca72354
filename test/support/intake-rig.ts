import type { Application } from "../../src/argocd/application.ts";
import { loadCommands, readCommandFolder } from "../../src/commands/load-commands.ts";
import type { Command } from "../../src/commands/command.ts";
import type { Configuration } from "../../src/config/configuration.ts";
import type { Answer } from "../../src/engine/answer.ts";
import type { PersonStanding } from "../../src/domain/approver-policy.ts";
import type { Effect } from "../../src/domain/effect.ts";
import type { GateSubject } from "../../src/domain/gate.ts";
import type { RunEvent } from "../../src/domain/run-event.ts";
import type { RunState } from "../../src/domain/run-state.ts";
import type { Directory, EventStore, Job, JobReports } from "../../src/engine/ports.ts";
import type { RefusedDeliveries } from "../../src/engine/question-answers.ts";
import { projectRun } from "../../src/engine/projection.ts";
import { RunService } from "../../src/engine/run-service.ts";
import { RunWork } from "../../src/engine/run-work.ts";
import type { StepKind } from "../../src/engine/step-kind.ts";
import type { CommitsAnswer } from "../../src/git/commits-between.ts";
import type { RevisionAnswer } from "../../src/git/look-up-revision.ts";
import type { RecentCommit } from "../../src/git/recent-commits.ts";
import type { Arrival } from "../../src/intake/arrival.ts";
import { MachineIntake } from "../../src/intake/machine-intake.ts";
import { SecretMask } from "../../src/platform/masking.ts";
import type { MachineDoor, Noted } from "../../src/engine/machine-door.ts";
import { Intake } from "../../src/intake/intake.ts";
import { PeopleCheck } from "../../src/intake/people-check.ts";
import { namedMachines } from "../../src/inventory/authorize.ts";
import { Inventory } from "../../src/inventory/inventory.ts";
import { AppError } from "../../src/platform/errors.ts";
import { type Random, systemRandom } from "../../src/platform/ids.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { atEndOfTurn } from "../../src/platform/turn.ts";
import { builtinSteps } from "../../src/steps/builtin-steps.ts";
import type { LogDatabase } from "../../src/store/database.ts";
import { createStore, openStore, type Store } from "../../src/store/store.ts";
import { configured, rightConfiguration } from "./configured.ts";
import { FakeArgocd } from "./fake-argocd.ts";
import { FakeClock, settle } from "./fake-clock.ts";
import { idleTools } from "./idle-tools.ts";

const NONE = { commits: [], touching: 0, others: 0 };
const TIMING = { settleMs: 1000, degradedGraceMs: 1000, startDeadlineMs: 60_000 };

/** What a process has; another one on the same store is what comes after a crash. */
interface Process {
  readonly runs: RunService;
  readonly work: RunWork;
  readonly intake: Intake;
  readonly inventory: Inventory;
  readonly kinds: ReadonlyMap<string, StepKind>;
  readonly reports: JobReports;
}

/** Of one process. */
interface Life {
  isOver: boolean;
}

interface RigParts {
  /** One in memory unless given. */
  readonly database?: LogDatabase;
  readonly random?: Random;
}

/** The people of a workspace: everybody is a full member, unless told otherwise. */
export class FakeDirectory implements Directory {
  readonly groups = new Map<string, readonly string[]>();
  readonly facts = new Map<string, Partial<PersonStanding>>();
  isAway = false;

  async person(_team: string, user: string): Promise<PersonStanding> {
    if (this.isAway) throw new AppError("Slack is away", { code: "directory.unverifiable", retry: "backoff" });
    const flags = { isDeleted: false, isBot: false, isGuest: false, isStranger: false };
    return { user, ...flags, ...this.facts.get(user) };
  }

  async groupMembers(group: string): Promise<readonly string[]> {
    if (this.isAway) throw new AppError("Slack is away", { code: "directory.unverifiable", retry: "backoff" });
    const members = this.groups.get(group);
    if (members !== undefined) return members;
    throw new AppError(`there is no ${group}`, { code: "directory.no-such-group" });
  }
}

/** The real intake and engine on a real log; Argo CD, Git and Slack's directory are in the test's hand, and no job is executed. */
export class IntakeRig implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly argocd: FakeArgocd;
  readonly directory = new FakeDirectory();
  readonly replies: { readonly arrival: Arrival; readonly answer: Answer }[] = [];
  /** What was posted to triggers and not taken. */
  readonly refused = new Map<string, RefusedDeliveries>();
  /** What machines could not even ask for. */
  readonly failed: Noted[] = [];
  readonly jobs: Job[] = [];
  /** Runs whose messages were made sure of, because somebody was led to them. */
  readonly ledTo: string[] = [];
  readonly store: Store;
  /** What Git says of a revision; may be slow. */
  revision: (text: string) => Promise<RevisionAnswer> = (text) => Promise.resolve(commitAnswer(text));
  recent: readonly RecentCommit[] = [];
  between: CommitsAnswer = { kind: "forward", added: NONE, removed: NONE };
  /** What a gate shows, and what an approval would be of as a click finds it; may be something else than what is there. */
  shown: (subject: GateSubject) => GateSubject = (subject) => subject;
  found: (subject: GateSubject) => GateSubject = (subject) => subject;
  process: Process;
  /** Resolves when there is a process that lives. */
  up: Promise<void> = Promise.resolve();
  /** What the living process tells of runs: facts that are on the disk, news that are no facts, and jobs that are to end. */
  onRecorded: (state: RunState, events: readonly RunEvent[]) => void = () => undefined;
  onChanged: (run: string) => void = () => undefined;
  onCancel: (effect: Effect) => void = () => undefined;
  readonly #commands: readonly Command[];
  readonly #configuration;
  readonly #random: Random;
  /** What Slack has said that the workspace is. */
  team: string | undefined = "T1";
  #trigger = 0;
  #life: Life = { isOver: false };

  private constructor(from: {
    readonly store: Store;
    readonly commands: readonly Command[];
    readonly applications: readonly Application[];
    readonly configuration: string;
    readonly random: Random;
  }) {
    this.store = from.store;
    this.#random = from.random;
    this.#commands = from.commands;
    this.#configuration = configurationOf(from.configuration);
    this.argocd = new FakeArgocd(...from.applications);
    this.directory.groups.set("S0DEV", ["U1", "U2"]).set("S0RELEASE", ["U2", "U3", "U4"]);
    this.process = this.#start();
  }

  /** `files` are commands beside those that are shipped, by name. */
  static async open(
    applications: readonly Application[],
    configuration = rightConfiguration,
    files: Readonly<Record<string, string>> = {},
    { database, random = systemRandom }: RigParts = {},
  ): Promise<IntakeRig> {
    const deps = { clock: new FakeClock(), random, atEndOfTurn, projector: projectRun };
    const store =
      database === undefined
        ? await openStore({ ...deps, dataFolder: ":memory:", address: "test" })
        : await createStore(deps, database);
    const commands = [...(await (shipped ??= shippedCommands())), ...ownCommands(files)];
    return new IntakeRig({ store, commands, applications, configuration, random });
  }

  get intake(): Intake {
    return this.process.intake;
  }

  /** Between a crash and the next process; `up` resolves after it. */
  get isDown(): boolean {
    return this.#life.isOver;
  }

  /** The log as the process has it that lives now. */
  get events(): EventStore {
    return untilDeath(this.store.events, this.#life);
  }

  /** The way in for what is no person. */
  get machines(): MachineDoor {
    return new MachineIntake({
      intake: this.intake,
      events: this.events,
      people: this.store.people,
      rules: () => this.#configuration,
      team: () => this.team,
      mask: new SecretMask(),
      onFailed: (noted) => void this.failed.push(noted),
      clock: this.clock,
      random: this.#random,
    });
  }

  /** As it is known now. */
  get configuration(): Configuration {
    return this.#configuration;
  }

  get commands(): readonly Command[] {
    return this.#commands;
  }

  get runs(): RunService {
    return this.process.runs;
  }

  /** The process is gone, in the middle of whatever it did, and another one starts; at once, or after what happens while nobody is there. */
  async crash(away: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    this.#life.isOver = true;
    this.up = this.#startAgain(away);
    await this.up;
    await settle();
  }

  async #startAgain(away: () => Promise<void>): Promise<void> {
    // What the dead process had handed to the disk by then is there before the next one looks.
    await settle();
    await away();
    this.process = this.#start();
    await this.runs.resume();
    this.intake.resume();
  }

  /** Types a command; gives back the acknowledgement. */
  async type(user: string, text: string, key = this.#nextKey()): Promise<Answer | undefined> {
    const [command = "", ...rest] = text.split(" ");
    return await this.intake.receive(key, { kind: "slash", ...sender(user), command, text: rest.join(" ") });
  }

  /** Presses a button that asks for a command. */
  async ask(user: string, command: string, values: Readonly<Record<string, string>>): Promise<Answer | undefined> {
    return await this.intake.receive(this.#nextKey(), {
      kind: "command",
      ...sender(user),
      door: "button",
      command,
      values,
    });
  }

  /** Presses a button of the newest open gate. */
  async press(
    user: string,
    more: Partial<Extract<Arrival, { kind: "decision" }>> = {},
    key = this.#nextKey(),
  ): Promise<void> {
    await this.intake.receive(key, { ...this.button(), ...sender(user), ...more });
  }

  /** The Approve button of the newest open gate. */
  button(): Extract<Arrival, { kind: "decision" }> {
    const [run] = this.store.events.listRuns({ openOnly: true, limit: 1 });
    const state = run && this.runs.state(run.id);
    const step = [...(state?.steps.values() ?? [])].findLast(({ gate }) => gate !== undefined);
    if (state === undefined || step?.gate === undefined) throw new Error("no gate is open");
    const { path, attempt, gate } = step;
    const decision = { decision: "approve", reason: "", isCurrent: true } as const;
    return { kind: "decision", ...sender("U2"), run: state.id, path, attempt, digest: gate.digest, ...decision };
  }

  /** What a person was told last. */
  async told(user: string): Promise<Answer> {
    await settle();
    const reply = this.replies.findLast(({ arrival }) => arrival.user === user);
    if (reply === undefined) throw new Error(`${user} was told nothing`);
    return reply.answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.intake[Symbol.asyncDispose]();
    await this.process.work[Symbol.asyncDispose]();
    await this.store[Symbol.asyncDispose]();
  }

  #nextKey(): string {
    this.#trigger += 1;
    return `trigger-${this.#trigger}`;
  }

  #start(): Process {
    const { clock } = this;
    const life = { isOver: false };
    this.#life = life;
    const store = { ...this.store, events: untilDeath(this.store.events, life) };
    const git = {
      resolveRevision: ({ text }: { readonly text: string }) => this.revision(text),
      commitsBetween: () => Promise.resolve(this.between),
      recentCommits: () => Promise.resolve(this.recent),
    };
    const inventory = new Inventory(this.#configuration);
    const kinds = this.#withOtherSubjects(stepKinds({ argocd: this.argocd, clock, store, inventory }));
    const late: { runs?: RunService; reports?: JobReports } = {};
    const work = new RunWork({
      store: store.events,
      people: store.people,
      kinds,
      logger: silentLogger,
      createDispatcher: (reports: JobReports) => {
        late.reports = reports;
        return {
          dispatch: (job) => void (life.isOver || this.jobs.push(job)),
          cancel: (effect) => void (life.isOver || this.onCancel(effect)),
          [Symbol.asyncDispose]: () => Promise.resolve(),
        };
      },
      apply: (run, input) => present(late.runs).apply(run, input),
      onChanged: (run) => void (life.isOver || this.onChanged(run)),
    });
    const service = { store: store.events, clock, random: this.#random, logger: silentLogger, work };
    const runs = new RunService({
      ...service,
      onWakeAt: () => undefined,
      onRecorded: (state, events) => void (life.isOver || this.onRecorded(state, events)),
    });
    late.runs = runs;
    const intake = new Intake({
      ...service,
      runs,
      kinds,
      commands: this.#commands,
      inventory,
      teamChannel: "#deploys",
      servers: this.argocd.servers,
      git,
      branchesOf: () => ["main"],
      check: new PeopleCheck({ directory: this.directory, rules: () => this.#configuration }),
      events: store.events,
      proofs: (app) => store.events.proofs(app, 50),
      operations: () => [],
      pageOf: () => undefined,
      mode: "act",
      people: store.people,
      locks: runs.locks,
      machines: () => namedMachines(this.#configuration),
      refusedBy: (trigger) => this.refused.get(trigger),
      lookAgain: (run) => void this.ledTo.push(run),
      reply: (arrival, answer) => {
        if (!life.isOver) this.replies.push({ arrival, answer });
        return Promise.resolve();
      },
    });
    return { runs, work, intake, inventory, kinds, reports: present(late.reports) };
  }

  #withOtherSubjects(kinds: ReadonlyMap<string, StepKind>): ReadonlyMap<string, StepKind> {
    const approval = kinds.get("approval");
    if (approval?.sort !== "gate") throw new Error("there is no gate");
    const open: typeof approval.open = async (input, context) => {
      const opening = await approval.open(input, context);
      const subject = this.shown(opening.subject);
      return { ...opening, subject, rule: subject.rule };
    };
    const subject: typeof approval.subject = async (input, context) =>
      this.found(await approval.subject(input, context));
    return new Map([...kinds, ["approval", { ...approval, open, subject }]]);
  }
}

// Many rigs are opened one after the other, and reading these takes longer than all the rest.
let shipped: Promise<readonly Command[]> | undefined;
const configurations = new Map<string, Configuration>();

async function shippedCommands(): Promise<readonly Command[]> {
  const texts = await readCommandFolder(new URL("../../commands", import.meta.url).pathname);
  const catalogue = stepKinds({ argocd: new FakeArgocd(), clock: new FakeClock() });
  return loadCommands(texts, { catalogue, slashNames: {} }).commands;
}

function ownCommands(files: Readonly<Record<string, string>>): readonly Command[] {
  const texts = Object.entries(files).map(([name, text]) => ({ file: `commands/${name}.yaml`, text }));
  const catalogue = stepKinds({ argocd: new FakeArgocd(), clock: new FakeClock() });
  const { commands, diagnostics } = loadCommands(texts, { catalogue, slashNames: {} });
  if (diagnostics.length > 0) throw new Error(JSON.stringify(diagnostics));
  return commands;
}

function configurationOf(text: string): Configuration {
  const known = configurations.get(text) ?? configured(text);
  configurations.set(text, known);
  return known;
}

/** The answer of Git to a whole commit, or to any other text as if it were the beginning of one. */
export function commitAnswer(text: string): Extract<RevisionAnswer, { kind: "resolved" }> {
  const sha = text.padEnd(40, "0");
  const author = { name: "Ana", email: "ana@example.com" };
  return { kind: "resolved", via: "sha", sha, short: sha.slice(0, 7), subject: "A change", author, authoredAt: 1 };
}

/** What the process still asks of the store once it is dead is never heard, nor answered. */
function untilDeath(events: EventStore, life: Life): EventStore {
  return new Proxy(events, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      return (...args: readonly unknown[]): unknown =>
        life.isOver ? new Promise(() => undefined) : Reflect.apply(member, target, args);
    },
  });
}

function sender(user: string): { team: string; user: string; channel: string; answerUntil: number } {
  return { team: "T1", user, channel: "C1", answerUntil: 0 };
}

function stepKinds(from: {
  readonly argocd: FakeArgocd;
  readonly clock: FakeClock;
  readonly store?: Store;
  readonly inventory?: Inventory;
}): ReadonlyMap<string, StepKind> {
  return builtinSteps({
    servers: from.argocd.servers,
    git: { commitsBetween: () => Promise.resolve({ kind: "same" }) },
    ...idleTools(),
    allowedProgram: () => undefined,
    clock: from.clock,
    ruleOf: (app, environment) => from.inventory?.ruleOf(app, environment),
    proofs: (app) => from.store?.events.proofs(app, 1)[0],
    timingOf: () => TIMING,
    networkPolicy: () => ({ privateAddresses: "allow", allow: [] }),
  });
}

function present<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error("not wired yet");
  return value;
}
