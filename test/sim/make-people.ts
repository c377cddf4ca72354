import type { Dice } from "./dice.ts";
import type { PersonAct } from "./slack/person-act.ts";

export const EVERYBODY = ["U1", "U2", "U3", "U4", "U5", "U6"];
/** Who asks for something; some of them more often. */
export const ASKING = ["U1", "U1", "U2", "U2", "U3", "U5", "U6"];
/** Who decides on something, or presses another button. */
const DECIDING = ["U3", "U3", "U4", "U2", "U1", "U6", "U5"];

export const BUTTONS = [
  ...(["approve", "reject", "cancel", "wait-again", "sync-again", "retry"] as const),
  ...(["ask-again", "roll-back", "promote-on", "details"] as const),
];

/** Somebody types a command. */
export function typed(dice: Dice, user: string, line: string): PersonAct {
  const space = line.indexOf(" ");
  return {
    kind: "type",
    user,
    command: line.slice(0, space),
    text: line.slice(space + 1),
    ...(dice.chance(0.06) && { trouble: deliveryTrouble(dice) }),
  };
}

/** Somebody looks for a button, and presses it. */
export function look(dice: Dice, button: (typeof BUTTONS)[number]): PersonAct & { readonly kind: "click" } {
  const first = dice.pick(DECIDING);
  const isRace = dice.chance(0.08);
  const isOfRuns = button === "cancel" || button === "retry";
  return {
    kind: "click",
    users: isRace ? [first, dice.pick(DECIDING)] : [first],
    button,
    choice: dice.chance(0.8) ? 0 : dice.below(4),
    thinkMs: dice.between(0, 4000),
    // Whoever has not looked again presses what is there no more.
    ...(dice.chance(isOfRuns ? 0.3 : 0.07) && { of: "before" as const }),
    ...(dice.chance(isOfRuns ? 0.2 : 0.06) && { times: 2 }),
    ...(dice.chance(0.08) && {
      forged: dice.pick(["digest", "digest", "run", "attempt", "garbage", "copy", "team", "team"] as const),
    }),
    ...(button === "reject" && { reason: dice.chance(0.8) ? "not today" : "" }),
    ...(dice.chance(0.06) && { trouble: deliveryTrouble(dice) }),
  };
}

function deliveryTrouble(dice: Dice): NonNullable<(PersonAct & { readonly kind: "type" })["trouble"]> {
  switch (dice.below(4)) {
    case 0:
      return { againAfterMs: dice.between(1, 20_000) };
    case 1:
      return { lost: "after" };
    case 2:
      return { delayMs: dice.between(500, 5000) };
    default:
      return { lost: "after", againAfterMs: dice.between(100, 5000) };
  }
}
