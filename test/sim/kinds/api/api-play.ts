import { anApplication, SHA_A } from "../../../unit/argocd/application-builder.ts";
import { settle } from "../../../support/fake-clock.ts";
import { IntakeRig } from "../../../support/intake-rig.ts";
import type { Dice } from "../../dice.ts";
import { Life } from "../../life.ts";
import { SimDisk } from "../../sim-disk.ts";
import { seededRandom } from "../../seeded-random.ts";
import { apiActs } from "./api-acts.ts";
import { ApiCaller, type Call, type Wish } from "./api-caller.ts";
import { apiFaults } from "./api-check.ts";
import { ApiLog } from "./api-log.ts";
import { ApiServer } from "./api-server.ts";
import { APPROVERS, COMMANDS, CONFIGURATION, PLACES, REFEREE } from "./api-setting.ts";
import { GitEnd } from "./git-end.ts";
import { JobBench } from "./job-bench.ts";
import type { RunFollower } from "./run-follower.ts";
import { TokenKeeper } from "./token-keeper.ts";
import { Troubles } from "./troubles.ts";
import { WishMaker } from "./wish-maker.ts";

const SECOND = 1000;
const LONGEST_SLICE_MS = 15 * SECOND;
const SHORT_SLICE_MS = 500;
const MOST_CALM_ROUNDS = 25;
const CLOSER = "closer";

// Opening one takes longer than a world.
const disk = new SimDisk();

/** A world of the API: the server, those who ask it, the file of tokens, and what goes wrong. */
export class ApiPlay implements AsyncDisposable {
  readonly dice: Dice;
  readonly rig: IntakeRig;
  readonly keeper: TokenKeeper;
  readonly caller: ApiCaller;
  readonly wishes: WishMaker;
  readonly git: GitEnd;
  readonly troubles: Troubles;
  readonly followers: RunFollower[] = [];
  readonly log: ApiLog;
  server: ApiServer | undefined;
  readonly #folder: string;
  readonly #lives: Dice;
  readonly #random;
  readonly #bench: JobBench;
  readonly #acts = apiActs();
  #isOver = false;
  #clicks = 0;

  private constructor({
    rig,
    dice,
    folder,
  }: {
    readonly rig: IntakeRig;
    readonly dice: Dice;
    readonly folder: string;
  }) {
    this.rig = rig;
    this.dice = dice.fork("acts");
    this.#folder = folder;
    this.#lives = dice.fork("lives");
    this.#random = seededRandom(dice.fork("api"));
    const { clock } = rig;
    this.log = new ApiLog(rig.store.log, clock);
    this.keeper = new TokenKeeper({ folder, clock, random: seededRandom(dice.fork("secrets")) });
    this.caller = new ApiCaller({ server: () => this.server, clock, rows: () => this.log.length });
    this.wishes = new WishMaker(dice.fork("wishes"));
    this.git = new GitEnd(dice.fork("git"), clock);
    this.troubles = new Troubles(clock);
    this.#bench = new JobBench(rig, dice.fork("jobs"));
    rig.revision = (text) => this.git.resolve(text);
    rig.directory.groups.set("S0RELEASE", [...APPROVERS, REFEREE]);
    rig.onRecorded = (state, events) => this.server?.feed.recorded(state.id, events, state.version);
    rig.onChanged = (run) => this.server?.feed.changed(run);
  }

  static async open(dice: Dice, folder: string): Promise<ApiPlay> {
    disk.wipe();
    const applications = PLACES.map(({ service, environment }) =>
      anApplication({
        metadata: { name: `${service}-${environment}` },
        status: { history: [{ id: 1, revision: SHA_A }] },
      }),
    );
    const parts = { database: disk.openFor(new Life("api")), random: seededRandom(dice.fork("random")) };
    const rig = await IntakeRig.open(applications, CONFIGURATION, COMMANDS, parts);
    const play = new ApiPlay({ rig, dice, folder });
    for (const name of ["ci", "deployer", "reader", "ana", "narrow", "stopper"]) await play.keeper.make(name);
    await play.start();
    return play;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server?.kill();
    for (const follower of this.followers) follower.cut();
    await this.rig[Symbol.asyncDispose]();
  }

  /** Something happens, and some time passes. */
  async act(): Promise<void> {
    await this.#acts(this);
    await this.pass(this.dice.pick([0, 0, 0, 150, 150, SECOND, SECOND, 3 * SECOND, 12 * SECOND, 40 * SECOND]));
  }

  faults(): readonly string[] {
    const { caller, keeper, troubles, followers } = this;
    const truth = { calls: caller.calls, keeper, troubles, followers, now: caller.moment() };
    return apiFaults(this.log, { ...truth, unheard: this.#isOver ? this.#unheard() : [] }, this.#isOver);
  }

  async start(): Promise<void> {
    this.server = await ApiServer.start({
      rig: this.rig,
      folder: this.#folder,
      random: this.#random,
      dice: this.#lives,
    });
    this.troubles.started();
    await settle();
  }

  /** The process is gone so many turns from now, for so long. */
  async kill({ turns = 0, awayMs = 0 }: { readonly turns?: number; readonly awayMs?: number } = {}): Promise<void> {
    for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    if (this.rig.isDown) return;
    this.server?.kill();
    this.troubles.died();
    await this.rig.crash(() => this.rig.clock.advance(awayMs));
    await this.start();
  }

  setDisk(state: "fine" | "SQLITE_FULL" | "SQLITE_IOERR"): void {
    disk.state = state;
    this.troubles.note("disk", state !== "fine");
  }

  setTeam(team: string | undefined): void {
    this.rig.team = team;
    this.troubles.note("team", team === undefined);
  }

  /** Time passes; whoever looks at the file now and then does, and what is due happens. */
  async pass(durationMs: number): Promise<void> {
    const { clock } = this.rig;
    const end = clock.monotonic() + durationMs;
    for (;;) {
      await settle();
      this.#bench.take();
      const now = clock.monotonic();
      const looks = this.server?.clock;
      if (looks !== undefined && looks.dueMs <= now) await looks.look();
      if (!this.rig.isDown) await this.rig.runs.wakeDue().catch(() => undefined);
      await settle();
      if (now >= end) break;
      await clock.advance(Math.min(end, this.#nextMoment()) - now);
    }
  }

  /** Until when the clock may run without anything of this world. */
  #nextMoment(): number {
    const now = this.rig.clock.monotonic();
    // What is under way takes turns, and no time: it is not to be left behind by a clock that jumps.
    const most = now + (this.caller.isWaitedFor ? SHORT_SLICE_MS : LONGEST_SLICE_MS);
    const looks = this.server?.clock;
    const touchedAtMs = Math.max(this.keeper.touchedAtMs, this.troubles.changedAtMs);
    // Looks at a file that nobody has touched since the last one change nothing.
    if (looks === undefined || touchedAtMs < looks.lookedAtMs) return most;
    return Math.min(most, Math.max(now, looks.dueMs));
  }

  /** Somebody presses a button of each gate that is open. */
  async press(user: string, decision: "approve" | "reject"): Promise<void> {
    const { rig } = this;
    for (const { id } of rig.store.events.listRuns({ openOnly: true, limit: 100 })) {
      const { steps } = rig.runs.state(id);
      const open = [...steps.values()].find(({ gate, status }) => gate !== undefined && status === "running");
      if (open?.gate === undefined) continue;
      this.#clicks += 1;
      const { path, attempt, gate } = open;
      const button = { run: id, path, attempt, digest: gate.digest, decision, reason: "", isCurrent: true };
      const sender = { team: "T1", user, channel: "C1", answerUntil: 0 };
      await rig.intake
        .receive(`click-${this.#clicks}`, { kind: "decision", ...sender, ...button })
        .catch(() => undefined);
    }
  }

  /** Nothing goes wrong any more, and whatever was asked for is asked for until it is answered. */
  async calmDown(): Promise<void> {
    this.setDisk("fine");
    this.setTeam("T1");
    this.git.isCalm = true;
    this.#bench.isCalm = true;
    await this.keeper.mend();
    await this.kill();
    await this.keeper.renew();
    await this.keeper.make(CLOSER);
    await this.pass(15 * SECOND);
    for (let round = 0; round < MOST_CALM_ROUNDS; round += 1) {
      for (const wish of this.#unheard())
        void this.caller.send(wish, { secret: this.keeper.current(wish.name)?.secret ?? "" });
      await this.press(REFEREE, "approve");
      await this.#follow();
      await this.pass(20 * SECOND);
      if (this.#isQuiet()) break;
    }
    await this.#readAll();
    this.#isOver = true;
  }

  /** What is still wanted by those who have a token. */
  #unheard(): readonly Wish[] {
    return this.wishes.unanswered(this.caller.calls).filter(({ name }) => this.keeper.current(name) !== undefined);
  }

  #isQuiet(): boolean {
    const { events } = this.rig.store;
    const areFollowersOver = this.followers.every(({ overAt }) => overAt !== undefined);
    return (
      areFollowersOver &&
      this.#unheard().length === 0 &&
      events.openIntents().length === 0 &&
      events.listRuns({ openOnly: true, limit: 1 }).length === 0
    );
  }

  async #follow(): Promise<void> {
    const secret = this.keeper.current(CLOSER)?.secret ?? "";
    for (const follower of this.followers) {
      if (follower.overAt === undefined) await follower.open({ name: CLOSER, secret });
    }
  }

  async #read(asked: Parameters<ApiCaller["read"]>[0]): Promise<Call> {
    const reading = this.caller.read(asked);
    await this.pass(SECOND);
    return await reading;
  }

  /** All that there is, in pages. */
  async #readAll(): Promise<void> {
    const secret = this.keeper.current(CLOSER)?.secret ?? "";
    const asked = { name: CLOSER, secret, scope: "read" as const };
    let before = "";
    for (let page = 0; page < 40; page += 1) {
      const query = `limit=${this.dice.pick([1, 3, 200])}${before}`;
      const { answer } = await this.#read({ ...asked, path: "/api/runs", query });
      const next: unknown = answer?.body instanceof Object && "next" in answer.body ? answer.body.next : undefined;
      if (typeof next !== "string") break;
      before = `&before=${next}`;
    }
    for (const { id } of this.rig.store.events.listRuns({ limit: 100 }))
      await this.#read({ ...asked, path: `/api/runs/${id}` });
  }
}
