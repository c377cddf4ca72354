import { machineText, tryMachine } from "../domain/machine.ts";
import type { PeopleStore } from "../engine/ports.ts";
import type { Clock } from "../platform/clock.ts";
import type { SlackDirectory } from "../slack/slack-directory.ts";

export interface NamesDeps {
  readonly store: { readonly people: Pick<PeopleStore, "person"> };
  readonly slack: { readonly directory: Pick<SlackDirectory, "nameOf"> };
  readonly clock: Pick<Clock, "sleep">;
}

// Nobody who wants to see a run waits longer for Slack to say what people are called.
const NAMES_WITHIN_MS = 1500;

/** What those who stand behind pseudonyms are called, as Slack has it now; where it does not say in time, the ids by which Slack knows people. */
export async function namesOf(
  { store, slack, clock }: NamesDeps,
  pseudonyms: ReadonlySet<string>,
): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  const asked = Array.from(pseudonyms, async (pseudonym) => {
    const person = store.people.person(pseudonym);
    const machine = person === undefined ? undefined : tryMachine(person);
    if (machine !== undefined) return void names.set(pseudonym, machineText(machine));
    names.set(pseudonym, person?.user ?? "somebody whose name was deleted");
    const name = person === undefined ? undefined : await slack.directory.nameOf(person.user);
    if (name !== undefined) names.set(pseudonym, name);
  });
  await Promise.race([Promise.all(asked), clock.sleep(NAMES_WITHIN_MS)]);
  // What comes later does not change what is being shown.
  return new Map(names);
}
