import { type Fact, rowText } from "./fact.ts";
import type { Report } from "./violation.ts";
import type { SlackTruth } from "./truth.ts";

interface Deps {
  readonly slack: SlackTruth;
  /** The workspace in which the application is installed. */
  readonly team: string;
  /** Who was what in the beginning. */
  readonly people: Readonly<Record<string, string>>;
  /** Accounts besides the first one of somebody, and which that is. */
  readonly accounts?: Readonly<Record<string, string>> | undefined;
  readonly report: Report;
}

/** Who is behind a pseudonym, learned from what people really did, and what they were in Slack at a moment. */
export class PeopleBook {
  readonly #deps: Deps;
  readonly #users = new Map<string, string>();
  readonly #pseudonyms = new Map<string, string>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Slack says that somebody did what the log puts down to the fact's actor. */
  learn({ user, team }: { readonly user: string; readonly team: string }, fact: Fact): void {
    const { actor } = fact;
    // Whoever comes from elsewhere is somebody else, whatever their id.
    const who = team === this.#deps.team ? user : `${user} of ${team}`;
    const [other, before] = [this.#users.get(actor), this.#pseudonyms.get(who)];
    if ((other !== undefined && other !== who) || (before !== undefined && before !== actor)) {
      const what = `The log puts down to ${actor} what ${who} did in Slack, who is ${before ?? "somebody else"} there.`;
      this.#deps.report({ check: "identity", what, proof: [rowText(fact)] });
    }
    this.#users.set(actor, who);
    this.#pseudonyms.set(who, actor);
  }

  /** Undefined for somebody of whom no act is known. */
  user(pseudonym: string): string | undefined {
    return this.#users.get(pseudonym);
  }

  /** The same for all accounts of somebody. */
  human(pseudonym: string): string {
    const user = this.user(pseudonym) ?? pseudonym;
    return this.#deps.accounts?.[user] ?? user;
  }

  /** Whether somebody was in the group at any moment between, both ends included. */
  wasMember(group: string, user: string, { from, until }: { readonly from: number; readonly until: number }): boolean {
    let isMember = false;
    for (const change of this.#deps.slack.groups) {
      if (change.group !== group) continue;
      if (change.at > until) break;
      // What was so until the window began does not count.
      if (change.at > from && isMember) return true;
      isMember = change.users.includes(user);
    }
    return isMember;
  }

  /** Whether somebody was a full member at any moment between. */
  wasFullMember(user: string, { from, until }: { readonly from: number; readonly until: number }): boolean {
    let standing = this.#deps.people[user] ?? "unknown";
    for (const change of this.#deps.slack.people) {
      if (change.user !== user) continue;
      if (change.at > until) break;
      if (change.at > from && standing === "member") return true;
      standing = change.standing;
    }
    return standing === "member";
  }

  /** Whether somebody was in the group all the time between. */
  wasAlwaysMember(
    group: string,
    user: string,
    { from, until }: { readonly from: number; readonly until: number },
  ): boolean {
    let isAlways = false;
    for (const change of this.#deps.slack.groups) {
      if (change.group !== group || change.at > until) continue;
      const isMember = change.users.includes(user);
      isAlways = change.at <= from ? isMember : isAlways && isMember;
    }
    return isAlways;
  }

  wasAlwaysFullMember(user: string, { from, until }: { readonly from: number; readonly until: number }): boolean {
    let isAlways = this.#deps.people[user] === "member";
    for (const change of this.#deps.slack.people) {
      if (change.user !== user || change.at > until) continue;
      const isMember = change.standing === "member";
      isAlways = change.at <= from ? isMember : isAlways && isMember;
    }
    return isAlways;
  }
}
