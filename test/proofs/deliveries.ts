import { gateActionText } from "../../src/slack/action-value.ts";
import { shortId } from "../../src/platform/ids.ts";
import { settle } from "../support/fake-clock.ts";
import { IntakeRig } from "../support/intake-rig.ts";
import { faultsOfDelivery, type HumanAct } from "./delivered-acts.ts";
import { Dice } from "../sim/dice.ts";
import { checkoutProd, ONE_APPROVES } from "./parked-run.ts";
import { amountOf, atLeast, none, type Proof, type ProofSize } from "./proof.ts";
import { signed, SlackDoors, type SignedRequest } from "./slack-doors.ts";

const DELIVERIES: Readonly<Record<ProofSize, number>> = { short: 10_000, full: 1_000_000 };
const PEOPLE = ["U1", "U2", "U3", "U0OLGA01", "U8"] as const;
const CONFIGURATION = ONE_APPROVES.replace("verbs: [promote, rollback, sync]", "verbs: [promote, lock, unlock]");
const MOST_KEPT = 3000;
const SECOND = 1000;

/** R4: whatever arrives twice, late, early, in another order or made up, one human act has one effect. */
export const deliveries: Proof = {
  goal: "R4",
  says: "deliveries of human acts, full about 4 min",
  prove: async (size, part = 1) => {
    const wanted = amountOf(DELIVERIES, size, part);
    await using story = await Story.open(7);
    while (story.delivered < wanted) await story.goOn();
    const faults = await story.end();
    const { acts, counts } = story;
    const result = [...counts].map(([how, times]) => `${how} ${times.toLocaleString("en")}`).join(", ");
    return [
      atLeast("R4", "deliveries through signature, replay guard, Bolt, intake", {
        is: story.delivered,
        wanted,
      }),
      { goal: "R4", what: "of these", result, wanted: "-", holds: true },
      atLeast("R4", "human acts behind them", { is: acts.length, wanted: wanted / 100 }),
      none("R4", "acts with more or fewer than one effect, or lost", faults),
      none("R4", "forged, stale, future-dated or replayed deliveries that were taken", story.believed),
    ];
  },
};

type How =
  | "first"
  | "the same bytes"
  | "signed anew"
  | "of the future"
  | "of the past"
  | "by a stranger"
  | "altered"
  | "bare";

const HOWS: readonly How[] = [
  "first",
  ...Array.from({ length: 5 }, () => "the same bytes" as const),
  ...Array.from({ length: 3 }, () => "signed anew" as const),
  "of the future",
  "of the past",
  "by a stranger",
  "altered",
  "bare",
];

interface Sent {
  readonly act: HumanAct;
  readonly request: SignedRequest;
}

/** Slack, the network and strangers around one server that dies now and then. */
class Story implements AsyncDisposable {
  readonly rig: IntakeRig;
  readonly acts: HumanAct[] = [];
  readonly counts = new Map<string, number>();
  readonly believed: string[] = [];
  delivered = 0;
  #doors: SlackDoors;
  readonly #dice: Dice;
  /** What was sent lately and may come again. */
  readonly #sent: Sent[] = [];
  /** What people did that is still on its way. */
  readonly #late: HumanAct[] = [];

  private constructor(rig: IntakeRig, doors: SlackDoors, seed: number) {
    this.rig = rig;
    this.#doors = doors;
    this.#dice = new Dice(String(seed));
  }

  static async open(seed: number): Promise<Story> {
    const rig = await IntakeRig.open([checkoutProd()], CONFIGURATION);
    return new Story(rig, await new SlackDoors(rig).start(), seed);
  }

  async goOn(): Promise<void> {
    const dice = this.#dice;
    const batch = Array.from({ length: 1 + dice.below(16) }, () => this.#deliver(dice.pick(HOWS)));
    await Promise.all(batch);
    if (dice.chance(0.3)) await this.#work();
    if (dice.chance(0.2)) await this.rig.clock.advance(dice.below(40) * SECOND);
    // Somebody sets the clock of the machine.
    if (dice.chance(0.002)) this.rig.clock.step((dice.below(40) - 20) * 60 * SECOND);
    if (dice.chance(0.003)) await this.#restart();
  }

  /** What was handed out comes to its end: a sync fails, so that runs end and others have their turn. */
  async #work(): Promise<void> {
    await settle();
    for (const job of this.rig.jobs.splice(0)) {
      const failure = { code: "argocd.sync-failed", message: "it did not work", retry: "never" } as const;
      const isAlert = job.uses === "slack/alert";
      const outcome = isAlert ? { status: "succeeded" as const, output: {} } : { status: "failed" as const, failure };
      this.rig.process.reports.outcome(job, outcome);
    }
  }

  async end(): Promise<readonly string[]> {
    await settle();
    await this.#restart();
    await settle();
    return faultsOfDelivery(this.rig, this.acts);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rig[Symbol.asyncDispose]();
  }

  /** Also in the middle of what it does; what it has seen is forgotten with it, but for the log. */
  async #restart(): Promise<void> {
    await this.rig.crash();
    this.#doors = await new SlackDoors(this.rig).start();
  }

  async #deliver(how: How): Promise<void> {
    const dice = this.#dice;
    const nowMs = this.rig.clock.now();
    const before = this.#sent.length > 0 ? dice.pick(this.#sent) : undefined;
    if (how === "first" || before === undefined) {
      const act = this.#nextAct();
      if (act !== undefined) await this.#send("first", { act, request: signed(act.body, { atMs: nowMs }) });
      return;
    }
    const { act } = before;
    const far = (301 + dice.below(100_000)) * SECOND;
    const near = (dice.below(590) - 295) * SECOND;
    switch (how) {
      case "the same bytes":
        return await this.#send(how, before);
      case "signed anew":
        return await this.#send(how, {
          act,
          request: signed(act.body, { atMs: nowMs + near, retry: 1 + dice.below(3) }),
        });
      case "of the future":
        return await this.#forge(how, signed(act.body, { atMs: nowMs + far }));
      case "of the past":
        return await this.#forge(how, signed(act.body, { atMs: nowMs - far }));
      case "by a stranger":
        return await this.#forge(how, signed(act.body, { atMs: nowMs, secret: dice.hex(32) }));
      case "altered":
        return await this.#forge(how, { ...signed(act.body, { atMs: nowMs }), body: Buffer.from(`${act.body}&x=1`) });
      case "bare":
        return await this.#forge(how, { headers: withoutOne(before.request, dice), body: before.request.body });
    }
  }

  async #send(how: How, sent: Sent): Promise<void> {
    const status = await this.#count(how, sent.request);
    if (status === 200) sent.act.taken += 1;
    if (this.#sent.length < MOST_KEPT) this.#sent.push(sent);
    else this.#sent[this.#dice.below(MOST_KEPT)] = sent;
  }

  async #forge(how: How, request: SignedRequest): Promise<void> {
    const status = await this.#count(how, request);
    if (status !== 401) this.believed.push(`${how}: ${status}`);
  }

  #count(how: How, request: SignedRequest): Promise<number> {
    this.delivered += 1;
    this.counts.set(how, (this.counts.get(how) ?? 0) + 1);
    return this.#doors.deliver(request);
  }

  /** What somebody does now, or did a while ago and only arrives now. */
  #nextAct(): HumanAct | undefined {
    const dice = this.#dice;
    const act = this.#someAct();
    if (act !== undefined) this.acts.push(act);
    if (act !== undefined && dice.chance(0.3)) this.#late.push(act);
    else if (act !== undefined) return act;
    const [late] = this.#late.length > 5 ? this.#late.splice(dice.below(this.#late.length), 1) : [];
    return late;
  }

  #someAct(): HumanAct | undefined {
    const dice = this.#dice;
    const [number, user] = [this.acts.length, dice.pick(PEOPLE)];
    const trigger = `${number}.${dice.hex(6)}`;
    const typed = (kind: HumanAct["kind"], text: string, mark = ""): HumanAct => {
      const [command = "", ...rest] = text.split(" ");
      const fields = {
        team_id: "T1",
        channel_id: "C1",
        user_id: user,
        command,
        text: rest.join(" "),
        trigger_id: trigger,
      };
      return { kind, body: new URLSearchParams(fields).toString(), key: `slash/T1/${trigger}`, mark, taken: 0 };
    };
    const open = this.#gate();
    const throwOf = dice.fraction();
    if (throwOf < 0.4) return typed("lock", `/qd lock checkout in prod because act-${number}`, `act-${number}`);
    if (throwOf < 0.6) return typed("unlock", "/qd unlock checkout in prod");
    if (open === undefined) return typed("promote", `/promote checkout ${dice.hex(40)} to prod`);
    if (throwOf < 0.7) return typed("cancel", `/qd cancel ${shortId(open.run)}`);
    const payload = {
      type: "block_actions",
      user: { id: user, team_id: "T1" },
      team: { id: "T1" },
      trigger_id: trigger,
      container: { type: "message", channel_id: "C1", message_ts: `${open.run}:${open.path}` },
      actions: [{ action_id: "gate_approve", block_id: "b", type: "button", value: gateActionText(open) }],
    };
    const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
    return { kind: "click", body, key: `click/T1/${trigger}`, mark: "", taken: 0 };
  }

  /** What stands on the button of the newest request. */
  #gate(): { run: string; path: string; attempt: number; digest: string } | undefined {
    const [row] = this.rig.store.events.listRuns({ openOnly: true, limit: 1 });
    const state = row && this.rig.runs.state(row.id);
    const step = [...(state?.steps.values() ?? [])].find(
      ({ gate, status }) => gate !== undefined && status === "running",
    );
    if (row === undefined || step?.gate === undefined) return undefined;
    return { run: row.id, path: step.path, attempt: step.attempt, digest: step.gate.digest };
  }
}

function withoutOne({ headers }: SignedRequest, dice: Dice): SignedRequest["headers"] {
  const gone = dice.pick(["x-slack-signature", "x-slack-request-timestamp"]);
  return { ...headers, [gone]: undefined };
}
