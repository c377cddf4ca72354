import type { Answer } from "../../../../src/engine/answer.ts";
import type { CommandForms } from "../../../../src/engine/command-form.ts";
import { silentLogger } from "../../../../src/platform/logger.ts";
import { actions, button, message, section } from "../../../../src/slack/blocks.ts";
import type { Arrival } from "../../../../src/slack/front-door.ts";
import { FormTurns } from "../../../../src/slack/form-turns.ts";
import { SlackApp } from "../../../../src/slack/slack-app.ts";
import { SlackGateway } from "../../../../src/slack/slack-gateway.ts";
import { APPROVE_ACTION, gateActionText, REJECT_ACTION } from "../../../../src/slack/action-value.ts";
import { Carrier } from "../../../sim/carrier.ts";
import { Dice } from "../../../sim/dice.ts";
import { drained } from "../../../sim/drained.ts";
import { Life } from "../../../sim/life.ts";
import { MachineClock, type Wall } from "../../../sim/machine-clock.ts";
import { TimeLine } from "../../../sim/schedule.ts";
import { People } from "../../../sim/slack/people.ts";
import type { PersonAct } from "../../../sim/slack/person-act.ts";
import { simClients } from "../../../sim/slack/sim-clients.ts";
import { SimReceiver } from "../../../sim/slack/sim-receiver.ts";
import { SlackDeliveries } from "../../../sim/slack/slack-deliveries.ts";
import type { SlackReply } from "../../../sim/slack/slack-reply.ts";
import { SlackWorld, type SlackWorldDeps } from "../../../sim/slack/slack-world.ts";
import { lookups, SHA } from "../../slack/sample-run.ts";
import { MemorySlotStore } from "../../slack/fake-slack.ts";

export const START = Date.UTC(2026, 0, 1, 10);
export const GATE = { run: "run_01JD2K6W3V8QZ7E4M5N6P77FQ2", path: "promote/gate", attempt: 1, digest: "d".repeat(64) };

const PLAN = {
  kind: "plan",
  title: "Promote checkout",
  revision: { sha: SHA, short: "abc1230", subject: "x", author: "Ana", authoredAt: 0 },
  stages: [],
  obstacles: [],
} as const;

/** A simulated Slack, and one process that reaches it over a way with latencies. */
export class SlackRig {
  readonly line = new TimeLine(START);
  readonly wall: Wall = { offsetMs: 0 };
  readonly world: SlackWorld;
  readonly deliveries: SlackDeliveries;
  readonly people: People;
  readonly carrier: Carrier;
  readonly arrived: { readonly key: string; readonly arrival: Arrival }[] = [];
  readonly opened: string[] = [];
  /** A form for one service, whose revisions are found out by asking. */
  readonly forms: CommandForms = {
    state: ({ service, environment }) => ({
      title: "Promote",
      fields: ["service", "revision", "environment"],
      service: service === undefined ? undefined : { value: service, label: service },
      environments: service === undefined ? [] : ["staging", "prod"].map((value) => ({ value, label: value })),
      environment,
    }),
    options: ({ field }) => {
      const options = field === "service" ? ["checkout", "payments"] : ["abc123", "def456"];
      return Promise.resolve(options.map((value) => ({ value, label: value })));
    },
    outlook: () => Promise.resolve({ kind: "outlook", plan: PLAN }),
    values: ({ service = "", revision = "", environment = "" }) => ({ service, revision, environment }),
  };
  /** What is said at once to whatever arrives. */
  answer: () => Promise<Answer | undefined> = () => Promise.resolve(undefined);

  constructor(more: Partial<Pick<SlackWorldDeps, "limits" | "shape">> & { readonly seed?: string } = {}) {
    const dice = new Dice(more.seed ?? "seed");
    const schedule = this.line;
    this.world = new SlackWorld({ schedule, dice: dice.fork("world"), ...more });
    this.deliveries = new SlackDeliveries({ schedule, dice: dice.fork("deliveries"), world: this.world });
    this.people = new People({ schedule, dice: dice.fork("people"), world: this.world, deliveries: this.deliveries });
    this.carrier = new Carrier({ line: schedule, dice: dice.fork("carrier") });
  }

  clients(life: Life) {
    const { carrier, world } = this;
    return simClients({
      call: (method, args) => world.call(method, args),
      carry: (port, call, name) => carrier.carry<SlackReply>({ life, port, name }, (answer) => answer(call())),
      clock: this.clock(life),
    });
  }

  /** Of the one machine. */
  clock(life: Life): MachineClock {
    return new MachineClock({ line: this.line, life, wall: this.wall });
  }

  /** Bolt with the application's listeners, behind a front door that takes everything. */
  async startApp(): Promise<{ readonly receiver: SimReceiver; readonly slots: MemorySlotStore }> {
    const life = new Life("app");
    const receiver = new SimReceiver(this.deliveries);
    const slots = new MemorySlotStore();
    const gateway = new SlackGateway({ clients: this.clients(life), botUser: () => "UBOT" });
    const app = new SlackApp({
      botToken: "xoxb-1",
      receiver,
      apiUrl: undefined,
      home: { opened: ({ user }) => Promise.resolve(void this.opened.push(user)) },
      frontDoor: {
        forms: this.forms,
        receive: (key, arrival) => {
          this.arrived.push({ key, arrival });
          return this.answer();
        },
      },
      answers: {
        hold: () => undefined,
        send: (to, content) => Promise.resolve(this.#respond(to.responseUrl, content)),
      },
      gateway,
      forms: new FormTurns(),
      slots,
      lookups,
      clock: this.clock(life),
      logger: silentLogger,
      ownTeam: () => "T1",
    });
    await app.start();
    return { receiver, slots };
  }

  act(act: PersonAct): number {
    return this.people.act(act);
  }

  /** Lets so much time pass, and everything that comes of it happen. */
  async pass(ms: number): Promise<void> {
    const until = this.line.now() + ms;
    this.line.after(ms, () => undefined);
    await drained();
    while ((this.line.nextAt ?? Infinity) <= until) {
      this.line.step();
      await drained();
    }
  }

  /** A request for approval, as the application posts it. */
  postGate(attempt = 1): string {
    const value = gateActionText({ ...GATE, attempt });
    const content = message("approval needed", [
      section("approval needed"),
      actions(
        button({ text: "Approve", actionId: APPROVE_ACTION, value }),
        button({ text: "Reject", actionId: REJECT_ACTION, value }),
      ),
    ]);
    const reply = this.world.call("chat.postMessage", {
      channel: "C1DEPLOYS",
      ...content,
      metadata: { event_type: "quarterdeck_slot", event_payload: { slot_id: `${GATE.run}/gate/0/${GATE.path}` } },
    });
    return reply.ok ? String(reply["ts"]) : "";
  }

  #respond(url: string | undefined, content: { readonly text: string }): boolean {
    return url !== undefined && this.world.respond(url, { ...content }).status === 200;
  }
}
