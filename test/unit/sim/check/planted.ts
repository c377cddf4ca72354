import { expect } from "vitest";

import { violationText } from "../../../sim/check/violation.ts";
import { type Change, played } from "./promotion.ts";

/** A promotion in which one thing is not as it has to be. */
export interface Planted {
  readonly name: string;
  readonly change: Change;
  /** The check that has to find it. */
  readonly check: string;
  /** A part of what has to be said. */
  readonly says: string;
}

export function expectFound({ change, check, says }: Planted): void {
  const found = played(change).filter((violation) => violation.check === check);
  expect(found.map(violationText).join("\n")).toContain(says);
}
