import type { Application } from "../../src/argocd/application.ts";
import type { GateSubject } from "../../src/domain/gate.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import type { RunState, StepState } from "../../src/domain/run-state.ts";
import type { Job } from "../../src/engine/ports.ts";
import { executeJob } from "../../src/engine/step-executor.ts";
import { settle } from "../support/fake-clock.ts";
import { IntakeRig } from "../support/intake-rig.ts";
import { anApplication, SHA_A } from "../unit/argocd/application-builder.ts";

/** Ana (U1) asks; Priya (U2) and Marco (U3) of the release group and Olga (U0OLGA01), who is named, approve. */
export const PEOPLE = { asks: "U1", approve: ["U2", "U3", "U0OLGA01"], others: ["U8", "U9"] } as const;

const configurationWith = (approval: string): string => `
slack:
  channel: "#deploys"
argocd:
  - name: main
    url: https://argocd.example.com
    token: \${{ secrets.ARGOCD_TOKEN }}
environments:
  - name: prod
    approval: ${approval}
services:
  - name: checkout
    environments: { prod: checkout-prod }
roles:
  everybody: ["everyone"]
grants:
  - { role: everybody, verbs: [promote, rollback, sync], services: all, environments: all }
secrets:
  ARGOCD_TOKEN: { env: ARGOCD_TOKEN }
`;

export const ONE_APPROVES = configurationWith("{ from: [{ group: S0RELEASE, handle: release }, { user: U0OLGA01 }] }");
export const TWO_APPROVE = configurationWith("{ from: [{ group: S0RELEASE }, { user: U0OLGA01 }], quorum: 2 }");

type Gate = StepState & { readonly gate: NonNullable<StepState["gate"]> };

/** One run of the real engine behind the real intake that has come to its gate; the sync is executed when the test says so. */
export class ParkedRun implements AsyncDisposable {
  readonly rig: IntakeRig;
  readonly revision: string;
  /** Known from the start, where it was asked for here. */
  #id: string | undefined;
  #seen: Gate | undefined;
  #presses = 0;

  private constructor(rig: IntakeRig, revision: string) {
    this.rig = rig;
    this.revision = revision;
  }

  static async open(
    revision: string,
    about: {
      readonly configuration?: string;
      readonly shown?: (subject: GateSubject) => GateSubject;
      readonly application?: Application;
      /** False where the test itself asks for the run. */
      readonly ask?: boolean;
    } = {},
  ): Promise<ParkedRun> {
    const { configuration = ONE_APPROVES, shown, application = checkoutProd(), ask = true } = about;
    const rig = await IntakeRig.open([application], configuration);
    if (shown !== undefined) {
      rig.shown = shown;
      rig.found = shown;
    }
    if (ask) {
      await rig.type(PEOPLE.asks, `/promote checkout ${revision} to prod`);
      await settle();
    }
    const run = new ParkedRun(rig, revision);
    if (ask) run.#id = run.id;
    return run;
  }

  /** The newest run. */
  get id(): string {
    if (this.#id !== undefined) return this.#id;
    const [row] = this.rig.store.events.listRuns({ limit: 1 });
    if (row === undefined) throw new Error(`nothing was started: ${JSON.stringify(this.rig.replies)}`);
    return row.id;
  }

  get state(): RunState {
    return this.rig.runs.state(this.id);
  }

  /** The gate, with what it shows. */
  get gate(): Gate {
    const step = [...this.state.steps.values()].find(({ sort }) => sort === "gate");
    if (step?.gate === undefined) throw new Error("the gate is not open");
    this.#seen = { ...step, gate: step.gate };
    return this.#seen;
  }

  /** The gate as it was when it was looked at last, for whoever knows that nothing has happened since. */
  get lastGate(): Gate {
    return this.#seen ?? this.gate;
  }

  /** Somebody presses Approve on the request as it was when `gate` was looked at last. */
  async approve(user: string): Promise<void> {
    const { path, attempt, gate } = this.lastGate;
    const sender = { team: "T1", user, channel: "C1", answerUntil: 0 };
    const pressed = { run: this.id, path, attempt, digest: gate.digest, decision: "approve", reason: "" } as const;
    this.#presses += 1;
    const key = `approve-${this.#presses}`;
    await this.rig.intake.receive(key, { kind: "decision", ...sender, ...pressed, isCurrent: true });
  }

  /** The newest sync that was handed out. */
  get job(): Job | undefined {
    return this.rig.jobs.findLast(({ uses }) => uses === "argocd/sync");
  }

  /** Executes a job as a worker would, and reports how it ended. */
  async execute(job: Job): Promise<Outcome> {
    const { kinds, reports } = this.rig.process;
    const executed = executeJob({
      job,
      kinds,
      signal: new AbortController().signal,
      progress: () => undefined,
      checkpoint: (data) => reports.checkpoint(job, data),
    });
    await settle();
    // It looks a few times whether what was accepted has begun.
    while (this.rig.clock.pendingTimers > 0) await this.rig.clock.advance(1000);
    const outcome = await executed;
    reports.outcome(job, outcome);
    await settle();
    return outcome;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rig[Symbol.asyncDispose]();
  }
}

/** The application of checkout in prod, at SHA_A. */
export function checkoutProd(parts: Parameters<typeof anApplication>[0] = {}): Application {
  const status = { history: [{ id: 1, revision: SHA_A }], ...parts.status };
  return anApplication({ ...parts, metadata: { name: "checkout-prod", ...parts.metadata }, status });
}
