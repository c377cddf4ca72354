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

// Each command and each click asks for its person, and reading costs as much as everything else about it before the commit. Not
// kept for longer, so that somebody who was redacted is a new person soon after.
const KEPT_MS = 60_000;
const MOST_KEPT = 1000;

/** People by pseudonym. The log holds a commitment to each; deleting a row redacts the person and the log still verifies. */
export class SqlitePeopleStore implements PeopleStore {
  readonly #deps: PeopleStoreDeps;
  readonly #byUser: Statement<[string, string], string>;
  readonly #byPseudonym: Statement<[string], Person>;
  readonly #insert: Statement<[string, string, string, string]>;
  readonly #unsaved = new Map<string, PersonRow>();
  /** Those who were asked for lately, longest ago first. */
  readonly #recent = new Map<string, { readonly pseudonym: string; readonly until: number }>();

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
    const key = userKey(team, user);
    const now = this.#deps.clock.monotonic();
    const recent = this.#recent.get(key);
    if (recent !== undefined && now < recent.until) return recent.pseudonym;
    const saved = this.#byUser.get(team, user);
    if (saved === undefined) return this.#unsaved.get(key)?.pseudonym;
    this.#keep(key, { pseudonym: saved, until: now + KEPT_MS });
    return saved;
  }

  person(pseudonym: string): Person | undefined {
    const saved = this.#byPseudonym.get(pseudonym);
    if (saved !== undefined) return saved;
    const unsaved = [...this.#unsaved.values()].find((person) => person.pseudonym === pseudonym);
    return unsaved && { pseudonym, team: unsaved.team, user: unsaved.user };
  }

  #keep(key: string, recent: { readonly pseudonym: string; readonly until: number }): void {
    this.#recent.delete(key);
    this.#recent.set(key, recent);
    const [oldest] = this.#recent.keys();
    if (this.#recent.size > MOST_KEPT && oldest !== undefined) this.#recent.delete(oldest);
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
