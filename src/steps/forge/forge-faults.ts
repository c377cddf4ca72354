import { type FindGivenFaults, writtenText } from "../../engine/given-fault.ts";
import { textFaults } from "../written-faults.ts";
import { type Forge, forgeOf, forgeRepository } from "./forge-repository.ts";

/** What is wrong with the repository of a step that asks this forge, or whichever its input means. */
export function forgeFaults(only?: Forge): FindGivenFaults {
  return ({ repository, forge, api }) => {
    const written = writtenText(forge);
    const named = written === "github" || written === "gitlab" ? written : undefined;
    const address = writtenText(api);
    // What GitHub takes GitLab takes, too: where it is not known yet which is asked, no more can be said.
    const isOpen = forge === undefined ? api !== undefined && address === undefined : written === undefined;
    return textFaults({ value: repository, path: ["repository"] }, (text) => {
      const meant = isOpen ? "gitlab" : forgeOf({ repository: text, api: address });
      return forgeRepository(only ?? named ?? meant, { repository: text });
    });
  };
}
