import { SHA_C } from "../unit/argocd/application-builder.ts";
import { shortId } from "../../src/platform/ids.ts";
import { settle } from "../support/fake-clock.ts";
import { GateReferee } from "./gate-referee.ts";
import { Dice } from "../sim/dice.ts";
import { turns } from "./turns.ts";
import { checkoutProd, ONE_APPROVES, ParkedRun, PEOPLE, TWO_APPROVE } from "./parked-run.ts";
import { amountOf, atLeast, type Finding, none, type Proof, type ProofSize } from "./proof.ts";

const RACES: Readonly<Record<ProofSize, number>> = { short: 150, full: 10_000 };
const DAY = 86_400_000;

/** Somebody else's account of the requester, and of an approver; both are in the group. */
const ALIASES = { U5: "U1", U6: "U2" } as const;
const OUTSIDERS = ["U1", "U5", "U8", "U0GUEST", "U0GONE", "U0BOT", "U0STRANGER"] as const;

type Act = "approve" | "reject" | "twice" | "delivered twice" | "outsider" | "cancel" | "expire" | "void" | "crash";

// Each race is between the first two; up to three more join.
const PAIRS: readonly (readonly [Act, Act])[] = [
  ["approve", "approve"],
  ["approve", "reject"],
  ["reject", "reject"],
  ["approve", "expire"],
  ["approve", "cancel"],
  ["approve", "void"],
  ["reject", "cancel"],
  ["reject", "expire"],
  ["twice", "approve"],
  ["twice", "twice"],
  ["delivered twice", "reject"],
  ["approve", "outsider"],
  ["cancel", "cancel"],
  ["approve", "crash"],
];
const MORE: readonly Act[] = ["approve", "reject", "twice", "outsider", "cancel", "void", "delivered twice", "crash"];

/** R4: whoever clicks at the same time, one decision comes of it, of somebody who may, and everybody hears. */
export const clickRaces: Proof = {
  goal: "R4",
  says: "click races, full about 6 min",
  prove: async (size, part = 1) => {
    const races = amountOf(RACES, size, part);
    const faults: string[] = [];
    const ends = new Map<string, number>();
    for (let race = 0; race < races; race += 1) {
      const seen = await runRace(race);
      faults.push(...seen.faults.map((fault) => `race ${race} (${seen.acts.join(", ")}): ${fault}`));
      for (const end of seen.ends) ends.set(end, (ends.get(end) ?? 0) + 1);
    }
    const wanted = ["approved", "rejected", "expired", "voided", "cancelled"];
    return [
      atLeast("R4", "click races", { is: races, wanted: races }),
      none("R4", "more than one decision, a wrong winner, or somebody not told", faults),
      howTheyEnded(ends),
      none(
        "R4",
        "ways to end that no race took",
        wanted.filter((end) => !ends.has(end)),
      ),
    ];
  },
};

function howTheyEnded(ends: ReadonlyMap<string, number>): Finding {
  const result = [...ends].map(([end, times]) => `${end} ${times}`).join(", ");
  return { goal: "R4", what: "how requests ended", result, wanted: "-", holds: true };
}

interface Race {
  readonly run: ParkedRun;
  readonly dice: Dice;
  /** What stands on the button of the newest request. */
  button: { readonly path: string; readonly attempt: number; readonly digest: string };
  /** When the first request of the run expires. */
  readonly expiresAt: number;
  /** How many clicks arrived, each delivered once or more. */
  clicks: number;
  cancels: number;
  crashes: number;
}

interface Seen {
  readonly acts: readonly Act[];
  readonly faults: readonly string[];
  readonly ends: readonly string[];
}

async function runRace(seed: number): Promise<Seen> {
  const dice = new Dice(String(seed));
  const quorum = dice.chance(0.4) ? 2 : 1;
  await using run = await ParkedRun.open(dice.hex(40), { configuration: quorum === 2 ? TWO_APPROVE : ONE_APPROVES });
  people(run);
  slow(run, dice);
  const more = Array.from({ length: dice.below(4) }, () => dice.pick(MORE));
  const acts = [...(PAIRS[seed % PAIRS.length] ?? []), ...more];
  const { path, attempt, gate } = run.gate;
  const race: Race = {
    run,
    dice,
    expiresAt: gate.expiresAt,
    button: { path, attempt, digest: gate.digest },
    clicks: 0,
    cancels: 0,
    crashes: 0,
  };
  await Promise.all(acts.map(async (act) => turns(dice.below(4)).then(() => happen(race, act))));
  await quiet(run);
  return { acts, ...judged(race, quorum) };
}

function people({ rig }: ParkedRun): void {
  rig.directory.groups.set("S0RELEASE", ["U1", "U2", "U3", "U5", "U6", ...OUTSIDERS.slice(3)]);
  const emails = { U1: "ana@example.com", U5: "Ana@Example.com", U2: "priya@example.com", U6: "PRIYA@example.com" };
  for (const [user, email] of Object.entries(emails)) rig.directory.facts.set(user, { email });
  rig.directory.facts.set("U0GUEST", { isGuest: true }).set("U0GONE", { isDeleted: true });
  rig.directory.facts.set("U0BOT", { isBot: true }).set("U0STRANGER", { isStranger: true });
}

/** Everybody who is asked takes a while, and not the same while each time. */
function slow({ rig }: ParkedRun, dice: Dice): void {
  const { directory, argocd } = rig;
  const [person, members] = [directory.person.bind(directory), directory.groupMembers.bind(directory)];
  directory.person = async (team, user) => turns(dice.below(4)).then(() => person(team, user));
  directory.groupMembers = async (group) => turns(dice.below(4)).then(() => members(group));
  argocd.before = () => turns(dice.below(5));
}

async function happen(race: Race, act: Act): Promise<void> {
  const { run, dice } = race;
  const { rig } = run;
  switch (act) {
    case "approve":
    case "reject":
      return await click(race, approver(dice), act);
    case "twice": {
      const [user, decision] = [approver(dice), dice.pick(["approve", "reject"] as const)];
      await Promise.all([click(race, user, decision), click(race, user, decision)]);
      return;
    }
    case "delivered twice": {
      const [user, key] = [approver(dice), `again-${dice.hex(8)}`];
      const again = { user, decision: "approve", key } as const;
      await Promise.all([click(race, user, "approve", key), deliver(race, again), deliver(race, again)]);
      return;
    }
    case "outsider":
      return await click(race, dice.pick(OUTSIDERS), dice.pick(["approve", "reject"] as const));
    case "cancel":
      race.cancels += 1;
      while (rig.isDown) await rig.up;
      await rig.type(dice.pick(["U1", "U2", "U8"]), `/qd cancel ${shortId(run.id)} because it is Friday`);
      return;
    case "expire":
      // Its time is over to the millisecond, or long ago; and the alarm may ring later than the clicks come.
      rig.clock.step(Math.max(0, race.expiresAt - rig.clock.now()) + (dice.chance(0.5) ? 0 : DAY));
      await turns(dice.below(8));
      while (rig.isDown) await rig.up;
      await rig.runs.wakeDue();
      return;
    case "void":
      rig.argocd.put(
        checkoutProd({ status: { history: [{ id: 9, revision: dice.chance(0.5) ? SHA_C : dice.hex(40) }] } }),
      );
      return;
    case "crash":
      if (race.crashes > 0) return;
      race.crashes += 1;
      await rig.crash();
  }
}

function approver(dice: Dice): string {
  return dice.pick([...PEOPLE.approve, "U6"]);
}

/** On the newest request; while it is made anew, what Slack still shows of the one before. */
async function click(race: Race, user: string, decision: "approve" | "reject", key?: string): Promise<void> {
  race.clicks += 1;
  await deliver(race, { user, decision, key: key ?? `click-${race.clicks}` });
}

interface Delivery {
  readonly user: string;
  readonly decision: "approve" | "reject";
  readonly key: string;
}

async function deliver(race: Race, { user, decision, key }: Delivery): Promise<void> {
  const { run } = race;
  while (run.rig.isDown) await run.rig.up;
  const step = [...run.state.steps.values()].find(({ sort }) => sort === "gate");
  if (step?.gate !== undefined) race.button = { path: step.path, attempt: step.attempt, digest: step.gate.digest };
  const sender = { team: "T1", user, channel: "C1", answerUntil: 0 };
  const reason = decision === "reject" ? "no" : "";
  const pressed = { run: run.id, ...race.button, decision, reason, isCurrent: true };
  await run.rig.intake.receive(key, { kind: "decision", ...sender, ...pressed });
}

async function quiet({ rig }: ParkedRun): Promise<void> {
  for (let round = 0; round < 200; round += 1) {
    await settle();
    if (rig.store.events.openIntents().length > 0) continue;
    await turns(6);
    return;
  }
  throw new Error(`somebody waits for ever: ${JSON.stringify(rig.store.events.openIntents())}`);
}

function judged(race: Race, quorum: number): Pick<Seen, "faults" | "ends"> {
  const { run, clicks, cancels, crashes } = race;
  const { rig } = run;
  const events = rig.store.events.readRun(run.id);
  const referee = new GateReferee(
    {
      userOf: (pseudonym) => rig.store.people.person(pseudonym)?.user ?? pseudonym,
      humanOf: (user) => new Map<string, string>(Object.entries(ALIASES)).get(user) ?? user,
      approvers: new Set([...PEOPLE.approve, "U5", "U6"]),
      requester: PEOPLE.asks,
      quorum,
    },
    events,
  );
  const faults = [...referee.faults];
  const told = rig.replies.filter(({ arrival }) => arrival.kind === "decision").length;
  const heard = referee.decided + told;
  // A process that dies between the record and the answer takes the private answer with it; never more than one for each click.
  if (crashes === 0 ? heard !== clicks : heard > clicks) faults.push(`${clicks} clicks, ${heard} of them were heard`);
  const answers = rig.replies.filter(({ arrival }) => arrival.kind === "slash").length - 1;
  if (crashes === 0 && answers !== cancels) faults.push(`${cancels} cancels, ${answers} of them were answered`);
  const syncs = new Set(rig.jobs.flatMap(({ uses, effect }) => (uses === "argocd/sync" ? [effect.attempt] : [])));
  if (syncs.size > 1) faults.push(`${syncs.size} syncs`);
  return { faults, ends: referee.ends };
}
