import type { Dice } from "../../dice.ts";
import type { ApiPlay } from "./api-play.ts";
import { type Way, type Wish, requestIdOf } from "./api-caller.ts";
import { APPROVERS, NAMES } from "./api-setting.ts";
import { RunFollower } from "./run-follower.ts";
import { keepTokens, secretOf } from "./token-acts.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
// Those who may much are there more often than others.
const OFTEN = ["ci", "ci", "ci", "deployer", "deployer", "ana", ...NAMES];

type Act = (play: ApiPlay) => Promise<void> | void;

/** How often each of them happens, in what share of the whole. */
const ACTS: readonly (readonly [number, Act])[] = [
  [22, startAnew],
  [14, again],
  [8, atOnce],
  [4, somethingElse],
  [4, byAnother],
  [10, (play) => actOnRun(play, "cancel")],
  [8, (play) => actOnRun(play, "retry")],
  [14, follow],
  [7, cutOff],
  [2, crowd],
  [7, lookAt],
  [10, keepTokens],
  [2, forge],
  [6, crash],
  [3, turnDisk],
  [2, setClock],
  [1, forgetTeam],
  [9, approve],
];
const ALL = ACTS.reduce((sum, [share]) => sum + share, 0);

/** Does one thing or another, by the dice of the play. */
export function apiActs(): (play: ApiPlay) => Promise<void> {
  return async (play) => {
    let left = play.dice.fraction() * ALL;
    for (const [share, act] of ACTS) {
      left -= share;
      if (left < 0) return await act(play);
    }
  };
}

async function startAnew(play: ApiPlay): Promise<void> {
  await send(play, play.wishes.start(play.dice.pick(OFTEN)));
}

async function again(play: ApiPlay): Promise<void> {
  const wish = play.wishes.any();
  if (wish !== undefined) await send(play, wish);
}

/** The same twice in one turn, or nearly. */
async function atOnce(play: ApiPlay): Promise<void> {
  const { dice, wishes } = play;
  const wish = dice.chance(0.5) ? wishes.start(dice.pick(OFTEN)) : wishes.any();
  if (wish === undefined) return;
  const first = wayOf(play, wish);
  void play.caller.send(wish, first);
  await send(play, wish);
}

async function somethingElse(play: ApiPlay): Promise<void> {
  const wish = play.wishes.any();
  if (wish?.key !== undefined) await send(play, play.wishes.other(wish));
}

async function byAnother(play: ApiPlay): Promise<void> {
  const wish = play.wishes.any();
  if (wish !== undefined) await send(play, play.wishes.byAnother(wish, play.dice.pick(OFTEN)));
}

async function actOnRun(play: ApiPlay, scope: "cancel" | "retry"): Promise<void> {
  const isStopped = scope === "retry" && play.dice.chance(0.7);
  const run = isStopped ? stoppedRun(play) : anyRun(play);
  if (run === undefined) return;
  const name = isStopped && play.dice.chance(0.3) ? "ana" : play.dice.pick(OFTEN);
  await send(play, play.wishes.act(name, scope, run));
}

async function follow(play: ApiPlay): Promise<void> {
  const { dice, followers, caller } = play;
  const run = anyRun(play);
  if (run === undefined) return;
  const idle = followers.filter(({ isOpen, overAt }) => !isOpen && overAt === undefined);
  const isNew = idle.length === 0 || dice.chance(0.5);
  const follower = isNew ? new RunFollower({ caller, run, after: dice.pick([0, 0, 0, 2]) }) : dice.pick(idle);
  if (isNew) followers.push(follower);
  const name = dice.pick(["ci", "reader", "reader", "deployer", "ana", "stopper", "starter"]);
  await follower.open({ name, secret: secretOf(play, name) }, { byQuery: dice.chance(0.3) });
}

function cutOff(play: ApiPlay): void {
  const open = play.followers.filter(({ isOpen }) => isOpen);
  if (open.length > 0) play.dice.pick(open).cut(play.dice.chance(0.4));
}

/** More than may follow with one token come and go. */
async function crowd(play: ApiPlay): Promise<void> {
  const run = anyRun(play);
  if (run === undefined) return;
  const token = { name: "reader", secret: secretOf(play, "reader") };
  for (let one = 0; one < 25; one += 1) {
    const follower = new RunFollower({ caller: play.caller, run, after: 0 });
    await follower.open(token);
    await new Promise((resolve) => setImmediate(resolve));
    follower.cut();
  }
}

async function lookAt(play: ApiPlay): Promise<void> {
  const { dice, caller, wishes } = play;
  const name = dice.pick(OFTEN);
  const asked = { name, secret: secretOf(play, name) };
  const run = anyRun(play);
  const key = wishes.any()?.key;
  if (key !== undefined && dice.chance(0.5)) {
    void caller.read({ ...asked, path: `/api/requests/${requestIdOf(key)}`, scope: undefined });
  } else if (run !== undefined && dice.chance(0.6))
    void caller.read({ ...asked, path: `/api/runs/${run}`, scope: "read" });
  else void caller.read({ ...asked, path: "/api/runs", query: dice.pick(["", "open=true", "limit=2"]), scope: "read" });
}

/** A token that was never made, or one that was nearly. */
async function forge(play: ApiPlay): Promise<void> {
  const { dice, keeper, wishes, caller } = play;
  const known = keeper.secrets.length === 0 ? "qd_x" : dice.pick(keeper.secrets).secret;
  const secret = dice.pick([`qd_${"A".repeat(43)}`, known.slice(0, -1), `${known}x`, known.toUpperCase()]);
  const wish = wishes.any();
  if (wish !== undefined) void caller.send(wish, { secret });
}

async function crash(play: ApiPlay): Promise<void> {
  await play.kill({ awayMs: play.dice.pick([0, 0, 0, 2 * SECOND, MINUTE, 40 * MINUTE]) });
}

async function turnDisk(play: ApiPlay): Promise<void> {
  const { dice } = play;
  play.setDisk(dice.pick(["SQLITE_FULL", "SQLITE_IOERR"]));
  const wish = dice.chance(0.5) ? play.wishes.any() : play.wishes.start(dice.pick(OFTEN));
  if (wish !== undefined) void play.caller.send(wish, wayOf(play, wish));
  if (dice.chance(0.5)) await keepTokens(play);
  await play.pass(dice.pick([100, 3 * SECOND, 12 * SECOND]));
  // Whoever was just given one uses it at once.
  const newest = play.keeper.secrets.at(-1);
  if (newest !== undefined) void play.caller.send(play.wishes.start(newest.name), { secret: newest.secret });
  await play.pass(100);
  play.setDisk("fine");
}

async function setClock(play: ApiPlay): Promise<void> {
  play.rig.clock.step(play.dice.pick([-1, 1]) * play.dice.pick([5 * SECOND, MINUTE, 10 * MINUTE]));
}

/** A new process does not know yet which workspace it is in. */
async function forgetTeam(play: ApiPlay): Promise<void> {
  play.setTeam(undefined);
  await play.kill();
  await send(play, play.wishes.start("ana"));
  await play.pass(play.dice.pick([SECOND, 10 * SECOND]));
  play.setTeam("T1");
}

async function approve(play: ApiPlay): Promise<void> {
  await play.press(play.dice.pick(APPROVERS), play.dice.chance(0.65) ? "approve" : "reject");
}

/** Sends it, at times to a server that dies over it. */
async function send(play: ApiPlay, wish: Wish): Promise<void> {
  const { dice } = play;
  const turns = dice.chance(0.15) ? dice.below(9) : undefined;
  void play.caller.send(wish, wayOf(play, wish));
  if (turns !== undefined) await play.kill({ turns, awayMs: dice.pick([0, 0, 0, 0, 40 * MINUTE]) });
}

function wayOf({ dice, ...play }: Pick<ApiPlay, "dice" | "keeper">, { name }: Wish): Way {
  return {
    secret: secretOf({ dice, ...play }, name),
    bodyAfterMs: bodyAfter(dice),
    isLost: dice.chance(0.15),
  };
}

function bodyAfter(dice: Dice): number {
  return dice.chance(0.2) ? dice.pick([300, 1500, 4000]) : 0;
}

/** One that has failed or was cancelled. */
function stoppedRun({ rig, dice }: ApiPlay): string | undefined {
  const ended = rig.store.events
    .listRuns({ limit: 50 })
    .filter(({ status }) => status === "failed" || status === "cancelled");
  const ofPlaces = ended.filter(({ command }) => command === "ship");
  if (ofPlaces.length > 0 && dice.chance(0.5)) return dice.pick(ofPlaces).id;
  return ended.length === 0 ? undefined : dice.pick(ended).id;
}

function anyRun({ rig, dice }: ApiPlay): string | undefined {
  const open = rig.store.events.listRuns({ openOnly: true, limit: 12 });
  const rows = open.length > 0 && dice.chance(0.7) ? open : rig.store.events.listRuns({ limit: 12 });
  return rows.length === 0 ? undefined : dice.pick(rows).id;
}
