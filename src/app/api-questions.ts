import type { ApiDeps } from "../api/api-deps.ts";
import type { ArgocdServer } from "../argocd/argocd-server.ts";
import { notice, type PastOperation } from "../engine/answer.ts";
import type { RunFilter } from "../engine/ports.ts";
import { historyAnswer, strangerAnswer } from "../intake/queries.ts";
import { livePlaces, whereIs } from "../intake/where-question.ts";
import type { Inventory } from "../inventory/inventory.ts";
import type { Clock } from "../platform/clock.ts";
import { timeLimit } from "../platform/time-limit.ts";
import type { Store } from "../store/store.ts";
import type { Engine } from "./engine.ts";
import { allowedBranches } from "./git-access.ts";
import type { LiveSettings } from "./live-settings.ts";
import type { GitAccess } from "./outside.ts";
import type { Slack } from "./slack.ts";

export interface QuestionParts {
  readonly live: LiveSettings;
  readonly store: Store;
  readonly git: GitAccess;
  readonly engine: Engine;
  readonly servers: ReadonlyMap<string, ArgocdServer>;
  readonly inventory: Inventory;
  readonly operations: (filter: RunFilter) => readonly PastOperation[];
  readonly slack: Pick<Slack, "team">;
  readonly clock: Clock;
}

// Nobody who waits for an answer over HTTP waits longer for Git and Argo CD.
const WITHIN_MS = 25_000;
const MOST_PROOFS = 50;

/** What the API answers from what is known now; nothing of it is recorded, as nothing of it does anything. */
export function apiQuestions(parts: QuestionParts): Pick<ApiDeps, "where" | "history" | "stranger"> {
  const { live, store, git, engine, servers, inventory, operations, slack, clock } = parts;
  const deps = {
    servers,
    inventory,
    git,
    branchesOf: (repository: string) => allowedBranches(live.configuration, repository),
    events: store.events,
    runs: engine.runs,
    proofs: (app: string) => store.events.proofs(app, MOST_PROOFS),
    operations,
    people: store.people,
    get mode() {
      return live.configuration.mode;
    },
  };
  return {
    where: async ({ service: name, revision }) => {
      const found = inventory.findService(name);
      if (found.kind === "unknown") {
        const hints = found.didYouMean === undefined ? [] : [found.didYouMean];
        return notice("input.service", `There is no service "${name}". Known: ${found.known.join(", ")}.`, hints);
      }
      const { service } = found;
      if (revision === "") return livePlaces(deps, service);
      using limit = timeLimit(clock, WITHIN_MS);
      return await whereIs(deps, { service, typed: revision, signal: limit.signal });
    },
    stranger: (asked) => strangerAnswer(inventory, asked),
    history: (ask) => historyAnswer(deps, { ...ask, team: slack.team ?? "" }),
  };
}
