import { z } from "zod";

import type { Outcome } from "../../src/domain/outcome.ts";
import type { Plan } from "../../src/domain/plan.ts";
import type { RunState } from "../../src/domain/run-state.ts";
import type { RunView } from "../../src/domain/run-view.ts";
import { defineWait, type StepContext } from "../../src/engine/step-kind.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { slackDemoWorkspace } from "../../src/simulator/slack-demo-workspace.ts";
import { type SlackSimulator, startSlackSimulator } from "../../src/simulator/slack-simulator.ts";
import type { SlackWorkspaceDefinition } from "../../src/simulator/slack-workspace-definition.ts";
import { Outbox } from "../../src/slack/outbox.ts";
import { Presenter } from "../../src/slack/presenter.ts";
import { createSlackClients } from "../../src/slack/slack-clients.ts";
import { SlackGateway } from "../../src/slack/slack-gateway.ts";
import { slackLookups } from "../../src/slack/slack-lookups.ts";
import { ViewPacer } from "../../src/slack/view-pacer.ts";
import { slackAlert } from "../../src/steps/slack-alert.ts";
import { BenchEngine, requestOf, stepOf } from "./bench-engine.ts";
import { approvalGate } from "./parked-gates.ts";
import { ShownMessages } from "./shown-messages.ts";
import { SimulatedClock } from "./simulated-clock.ts";

const CHANNELS = Array.from({ length: 10 }, (_, index) => `C0BENCH${String(index).padStart(3, "0")}`);
const BOT_TOKEN = "xoxb-bench-0000000001-day";
const APP_TOKEN = "xapp-1-A0QUARTER1-bench-day";

const workspace: SlackWorkspaceDefinition = {
  ...slackDemoWorkspace,
  channels: CHANNELS.map((id) => ({
    id,
    name: id.toLowerCase(),
    kind: "public",
    members: [slackDemoWorkspace.app.botUserId],
  })),
};

type Waited = Extract<Outcome, { status: "failed" }> | { readonly status: "succeeded"; readonly output: object };

/** A run that waits for an application. */
export interface Waiting {
  readonly context: StepContext;
  end(outcome: Waited): void;
}

interface Parts {
  readonly clock: SimulatedClock;
  readonly shown: ShownMessages;
  readonly waiting: Map<string, Waiting>;
  readonly slack: SlackSimulator;
  readonly engine: BenchEngine;
  readonly outbox: Outbox;
}

/** Runs that wait, ask, fail and end, all that is between them and Slack, and a Slack with Slack's own limits, in simulated time. */
export class SlackDay {
  readonly clock: SimulatedClock;
  readonly shown: ShownMessages;
  readonly slack: SlackSimulator;
  /** Those that wait, by their id, in the order in which they began to. */
  readonly waiting: ReadonlyMap<string, Waiting>;
  readonly #engine: BenchEngine;
  readonly #outbox: Outbox;
  #started = 0;

  private constructor({ clock, shown, slack, waiting, engine, outbox }: Parts) {
    this.clock = clock;
    this.shown = shown;
    this.slack = slack;
    this.waiting = waiting;
    this.#engine = engine;
    this.#outbox = outbox;
  }

  static async open(folder: string, resources: AsyncDisposableStack): Promise<SlackDay> {
    const [clock, random, logger] = [new SimulatedClock(), systemRandom, silentLogger];
    const shown = new ShownMessages(clock);
    const waiting = new Map<string, Waiting>();
    const tokens = { botToken: BOT_TOKEN, appToken: APP_TOKEN };
    const slack = resources.use(
      await startSlackSimulator({ clock, random, workspace, ...tokens, rateLimitMultiplier: 1 }),
    );
    const late: { show?: (run: string, view: () => RunView) => void } = {};
    const kinds = [waitKind(waiting), approvalGate, slackAlert];
    const onChanged = (run: string, view: () => RunView): void => late.show?.(run, view);
    const engine = resources.use(await BenchEngine.open({ folder, kinds, clock, onChanged }));
    const { slots, people, events } = engine.store;
    const clients = createSlackClients({ botToken: BOT_TOKEN, apiUrl: slack.apiUrl, logger });
    const messages = shown.watch(new SlackGateway({ clients, botUser: () => slackDemoWorkspace.app.botUserId }));
    const onSettled = (slot: string, isMoved: boolean): void => presenter.onSettled(slot, isMoved);
    const outbox = new Outbox({ messages, store: slots, clock, random, logger, onSettled });
    const presenter = new Presenter({
      outbox: {
        want: (wanted) => {
          shown.wanted(wanted);
          outbox.want(wanted);
        },
        isSettled: (slot) => outbox.isSettled(slot),
        lookAgain: (slot) => outbox.lookAgain(slot),
      },
      files: { want: () => undefined, isSettled: () => true },
      slots,
      store: events,
      people,
      lookups: slackLookups({
        people,
        slots,
        identity: () => undefined,
        linkOf: () => undefined,
        prospects: { wayBack: () => undefined, nextEnvironment: () => undefined },
        hasPages: false,
        mainCommand: () => "/qd",
      }),
      settings: { channel: CHANNELS[0] ?? "", approvals: undefined, alerts: undefined },
    });
    const pacer = new ViewPacer({ clock, logger, draw: (view) => presenter.onRunChanged(view) });
    late.show = (run, view) => pacer.show(run, view);
    return new SlackDay({ clock, shown, slack, waiting, engine, outbox });
  }

  /** Starts a run: it waits, asks for an approval, and waits once more. */
  start(): void {
    const { runs } = this.#engine;
    const run = this.#engine.newRunId();
    const channel = CHANNELS[this.#started % CHANNELS.length] ?? "";
    this.#started += 1;
    const base = requestOf(
      run,
      PLAN.steps.filter((step) => step.type === "step"),
    );
    const title = `Promote service-${this.#started} 5f1c7a9 to prod`;
    void runs.start({ ...base, plan: PLAN, title, origin: { ...base.origin, channel } });
  }

  /** The open gate of a run is decided by somebody who may. */
  approve(run: string): void {
    const step = [...this.#engine.runs.state(run).steps.values()].find(({ gate }) => gate !== undefined);
    if (step?.gate === undefined) throw new TypeError(`${run} asks nobody`);
    const { path, attempt, gate } = step;
    const judgement = { kind: "allowed", groups: ["S0APPROVE1"] } as const;
    const decision = { type: "gate-decision", decision: "approve", actor: "p_priya", reason: "" } as const;
    const { digest, subject: current } = gate;
    void this.#engine.runs.apply(run, { ...decision, path, attempt, digest, judgement, current });
  }

  /** Runs that ask somebody. */
  asking(): readonly string[] {
    const open = this.#engine.store.events.listRuns({ openOnly: true, limit: 1000 });
    return open.map(({ id }) => id).filter((run) => isAsking(this.#engine.runs.state(run)));
  }

  /** How many messages Slack does not show as they are wanted. */
  get backlog(): number {
    return this.#outbox.backlog;
  }
}

function isAsking({ steps }: RunState): boolean {
  return [...steps.values()].some(({ gate, status }) => gate !== undefined && status === "running");
}

function waitKind(waiting: Map<string, Waiting>): ReturnType<typeof defineWait> {
  return defineWait({
    kind: "argocd/wait",
    summary: "waits until it is told to end",
    input: z.looseObject({}),
    output: z.looseObject({}),
    run: (_input, context) =>
      new Promise((resolve) => {
        const { run } = context.effect;
        waiting.set(run, {
          context,
          end: (outcome) => {
            waiting.delete(run);
            resolve(outcome.status === "failed" ? outcome : { status: "succeeded", output: {} });
          },
        });
      }),
  });
}

const KIND = waitKind(new Map());
const PLAN: Plan = {
  engine: 1,
  command: "promote",
  title: "Promote",
  verb: "promote",
  steps: [stepOf("healthy", KIND), stepOf("approve", approvalGate), stepOf("settled", KIND)],
  onFailure: [stepOf("alert", slackAlert)],
};
