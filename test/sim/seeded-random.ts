import type { Random } from "../../src/platform/ids.ts";
import type { Dice } from "./dice.ts";

/** The randomness of a simulated process. */
export function seededRandom(dice: Dice): Random {
  return {
    bytes(length) {
      const bytes = Buffer.allocUnsafe(length);
      for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32LE(Math.floor(dice.fraction() * 2 ** 32), at);
      for (let at = length - (length % 4); at < length; at += 1) bytes[at] = dice.below(256);
      return bytes;
    },
    fraction: () => dice.fraction(),
  };
}
