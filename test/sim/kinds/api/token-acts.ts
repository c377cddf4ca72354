import type { ApiPlay } from "./api-play.ts";
import { APPROVERS, CAST, NAMES } from "./api-setting.ts";

const SECOND = 1000;

/** Something is done to a token, or to their file. */
export async function keepTokens(play: ApiPlay): Promise<void> {
  const { dice, keeper } = play;
  // Whoever is just being told something.
  const listening = play.followers.flatMap((follower) => follower.now?.call.name ?? []);
  if (keeper.isBroken) return dice.chance(0.7) ? await keeper.mend() : undefined;
  if (dice.chance(0.08)) return await keeper.break(dice.pick(["cut", "shared"]));
  if (listening.length > 0 && dice.chance(0.35)) return await keeper.revoke(dice.pick(listening));
  const name = dice.pick(dice.chance(0.5) ? NAMES : ["ci", "ci", "deployer", "ana"]);
  if (keeper.current(name) === undefined || dice.chance(0.25)) return await makeAnew(play, name);
  await change(play, name);
}

async function makeAnew({ dice, keeper }: ApiPlay, name: string): Promise<void> {
  await keeper.make(name, dice.chance(0.4) ? dice.pick([20 * SECOND, 180 * SECOND]) : undefined);
}

async function change({ dice, keeper, rig }: ApiPlay, name: string): Promise<void> {
  const roll = dice.fraction();
  if (roll < 0.35) return await keeper.revoke(name);
  if (roll < 0.5) {
    // Before anybody has looked.
    await keeper.revoke(name);
    return await keeper.make(name);
  }
  if (roll < 0.7) {
    const { scopes } = CAST[name] ?? { scopes: [] };
    const fewer = scopes.filter(() => dice.chance(0.6));
    return await keeper.alter(name, { scopes: fewer.length === 0 ? scopes : fewer });
  }
  if (roll < 0.85) return await keeper.alter(name, { expiresAt: rig.clock.now() + dice.pick([-1, 5, 60]) * SECOND });
  await keeper.alter(name, { owner: dice.chance(0.3) ? undefined : dice.pick(APPROVERS) });
}

/** The one that whoever has this name uses now; at times an older one. */
export function secretOf({ dice, keeper }: Pick<ApiPlay, "dice" | "keeper">, name: string): string {
  const own = keeper.secrets.filter((each) => each.name === name);
  const isOld = dice.chance(0.08);
  const chosen = isOld && own.length > 0 ? dice.pick(own).secret : own.at(-1)?.secret;
  return chosen ?? `qd_${"0".repeat(43)}`;
}
