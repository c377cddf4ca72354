import type { Statement } from "better-sqlite3";

import { PEOPLE_STREAM, PERSON_RECORDED, type PersonRow, personCommitment } from "../audit/verify-log.ts";
import type { PeopleStore, Person } from "../engine/ports.ts";
import type { Clock } from "../platform/clock.ts";
import type { LogDatabase } from "./database.ts";
import type { LogTransaction, LogWriter } from "./log-writer.ts";
import type { EventSealer } from "./sealed-event.ts";

export interface PeopleStoreDeps {
  readonly database: LogDatabase;
  readonly writer: LogWriter;
  readonly sealer: EventSealer;
  readonly clock: Clock;
}

/** People by pseudonym. The log holds a commitment to each; deleting a row redacts the person and the log still verifies. */
export class SqlitePeopleStore implements PeopleStore {
  readonly #deps: PeopleStoreDeps;
  readonly #byUser: Statement<[string, string], string>;
  readonly #byPseudonym: Statement<[string], Person>;
  readonly #insert: Statement<[string, string, string, string]>;
  readonly #unsaved = new Map<string, PersonRow>();

  constructor(deps: PeopleStoreDeps) {
    this.#deps = deps;
    const { sqlite } = deps.database;
    this.#byUser = sqlite
      .prepare<[string, string], string>("SELECT pseudonym FROM people WHERE team = ? AND user = ?")
      .pluck();
    this.#byPseudonym = sqlite.prepare("SELECT pseudonym, team, user FROM people WHERE pseudonym = ?");
    this.#insert = sqlite.prepare("INSERT INTO people (pseudonym, team, user, salt) VALUES (?, ?, ?, ?)");
    // A passenger of every commit, ahead of its events: a pseudonym never stands in the log before its person is recorded.
    deps.writer.carry({
      write: (log) => this.#write(log),
      ended: (isOnDisk) => {
        if (isOnDisk) this.#unsaved.clear();
      },
    });
  }

  pseudonymOf(team: string, user: string): string {
    const known = this.tryPseudonym(team, user);
    if (known !== undefined) return known;
    const pseudonym = `p_${this.#deps.sealer.salt()}`;
    this.#unsaved.set(userKey(team, user), { pseudonym, team, user, salt: this.#deps.sealer.salt() });
    this.#deps.writer.flushSoon();
    return pseudonym;
  }

  tryPseudonym(team: string, user: string): string | undefined {
    return this.#byUser.get(team, user) ?? this.#unsaved.get(userKey(team, user))?.pseudonym;
  }

  person(pseudonym: string): Person | undefined {
    const saved = this.#byPseudonym.get(pseudonym);
    if (saved !== undefined) return saved;
    const unsaved = [...this.#unsaved.values()].find((person) => person.pseudonym === pseudonym);
    return unsaved && { pseudonym, team: unsaved.team, user: unsaved.user };
  }

  #write(log: LogTransaction): void {
    if (this.#unsaved.size === 0) return;
    const at = this.#deps.clock.now();
    const recorded = Array.from(this.#unsaved.values(), (person) => {
      const { pseudonym, team, user, salt } = person;
      this.#insert.run(pseudonym, team, user, salt);
      return this.#deps.sealer.seal({ type: PERSON_RECORDED, at, pseudonym, commitment: personCommitment(person) });
    });
    log.append(PEOPLE_STREAM, -1, recorded);
  }
}

function userKey(team: string, user: string): string {
  return JSON.stringify([team, user]);
}
