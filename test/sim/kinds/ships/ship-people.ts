import type { Directory } from "../../../../src/engine/ports.ts";
import { decideOnGate } from "../../../../src/intake/decision-request.ts";
import { PeopleCheck } from "../../../../src/intake/people-check.ts";
import type { Store } from "../../../../src/store/store.ts";
import type { Dice } from "../../dice.ts";
import type { Process } from "../start-process.ts";
import type { DiskClock } from "./disk-clock.ts";
import { PEOPLE } from "./ship-world.ts";

const TEAM = "T1";
export type Decision = "approve" | "reject";

interface Deps {
  readonly store: Store;
  readonly clock: DiskClock;
}

/** A button as somebody saw it, which may be long ago. */
interface Button {
  readonly run: string;
  readonly path: string;
  readonly attempt: number;
  readonly digest: string;
}

/** The people of a world, who press what they see, and what they saw. */
export class ShipPeople {
  readonly #deps: Deps;
  readonly #check: PeopleCheck;
  readonly #buttons: Button[] = [];

  constructor(deps: Deps) {
    this.#deps = deps;
    const directory: Directory = {
      person: (_team, user) =>
        Promise.resolve({ user, isDeleted: false, isBot: false, isGuest: false, isStranger: false }),
      groupMembers: (group) => Promise.resolve(Object.keys(PEOPLE).filter((user) => PEOPLE[user]?.includes(group))),
    };
    this.#check = new PeopleCheck({ directory, rules: () => ({ people: [], roles: {}, grants: [] }) });
  }

  /** Under which pseudonym the log knows somebody. */
  pseudonym(user: string): string {
    return this.#deps.store.people.pseudonymOf(TEAM, user);
  }

  /** Everybody by pseudonym. */
  get users(): ReadonlyMap<string, string> {
    return new Map(Object.keys(PEOPLE).map((user) => [this.pseudonym(user), user]));
  }

  /** Looks at what the run asks; what is seen can be pressed from now on. */
  look(process: Process, run: string): Button | undefined {
    for (const { path, attempt, status, gate } of process.runs.state(run).steps.values()) {
      if (status !== "running" || gate === undefined) continue;
      const button = { run, path, attempt, digest: gate.digest };
      if (!this.#buttons.some(({ digest, run: of }) => digest === button.digest && of === run))
        this.#buttons.push(button);
      return button;
    }
    return undefined;
  }

  /** Somebody presses a button that they have seen at some time. */
  async pressAny(process: Process, dice: Dice): Promise<void> {
    const button = dice.chance(0.2) && this.#buttons.length > 0 ? dice.pick(this.#buttons) : this.#buttons.at(-1);
    if (button === undefined) return;
    await this.press(process, button, {
      user: dice.pick(Object.keys(PEOPLE)),
      decision: dice.chance(0.1) ? "reject" : "approve",
    });
  }

  async press(
    process: Process,
    { run, path, attempt, digest }: Button,
    { user, decision }: { readonly user: string; readonly decision: Decision },
  ): Promise<void> {
    const { store, clock } = this.#deps;
    const { runs, work, kinds } = process;
    const deps = { runs, work, kinds, people: store.people, check: this.#check, clock };
    const sender = { kind: "decision", team: TEAM, user, channel: "C1", answerUntil: 0 } as const;
    const arrival = { ...sender, isCurrent: true, run, path, attempt, digest, decision, reason: "" };
    await decideOnGate(deps, arrival, { actor: this.pseudonym(user), settle: () => Promise.resolve() });
  }
}
