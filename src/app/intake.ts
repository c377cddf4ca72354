import type { ArgocdServer } from "../argocd/argocd-server.ts";
import type { PastOperation } from "../engine/answer.ts";
import type { MachineDoor } from "../engine/machine-door.ts";
import type { RunFilter } from "../engine/ports.ts";
import { HomeGatherer } from "../intake/home-source.ts";
import { Intake } from "../intake/intake.ts";
import { MachineIntake } from "../intake/machine-intake.ts";
import type { PeopleCheck } from "../intake/people-check.ts";
import type { Discovery } from "../inventory/discovery.ts";
import { namedMachines } from "../inventory/authorize.ts";
import type { Inventory } from "../inventory/inventory.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/ids.ts";
import type { Logger } from "../platform/logger.ts";
import type { SecretMask } from "../platform/masking.ts";
import type { RefusalTally } from "../triggers/refusal-tally.ts";
import type { Store } from "../store/store.ts";
import type { Engine } from "./engine.ts";
import { allowedBranches } from "./git-access.ts";
import type { GitAccess } from "./outside.ts";
import type { LiveSettings } from "./live-settings.ts";
import type { MachineReplies } from "./machine-replies.ts";
import type { Slack } from "./slack.ts";

interface Deps {
  readonly live: LiveSettings;
  readonly discovery: Pick<Discovery, "problems">;
  readonly store: Store;
  readonly servers: ReadonlyMap<string, ArgocdServer>;
  readonly git: GitAccess;
  readonly inventory: Inventory;
  readonly slack: Slack;
  readonly check: PeopleCheck;
  readonly engine: Engine;
  readonly pageOf: (run: string) => { readonly url: string; readonly until: number } | undefined;
  readonly operations: (filter: RunFilter) => readonly PastOperation[];
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly mask: SecretMask;
  readonly replies: MachineReplies;
  readonly refusals: RefusalTally;
}

// How far back a rollback looks for a revision that was proven.
const MOST_PROOFS = 50;

/** The intake, wired. What may be configured anew is asked for each time. */
export function createIntake(deps: Deps): Intake {
  const { live, discovery, store, servers, git, inventory, slack, engine, operations, clock, random, logger, replies } =
    deps;
  return new Intake({
    ...engine,
    get commands() {
      return live.commands;
    },
    inventory,
    get teamChannel() {
      return live.configuration.slack.channel;
    },
    servers,
    git,
    branchesOf: (repository) => allowedBranches(live.configuration, repository),
    check: deps.check,
    events: store.events,
    proofs: (app) => store.events.proofs(app, MOST_PROOFS),
    labelProblems: () => discovery.problems.map(({ message }) => message),
    operations,
    pageOf: deps.pageOf,
    get mode() {
      return live.configuration.mode;
    },
    people: store.people,
    clock,
    random,
    logger,
    locks: engine.runs.locks,
    machines: () => namedMachines(live.configuration),
    refusedBy: (trigger) => deps.refusals.of(trigger),
    lookAgain: (run) => slack.lookAgain(engine.runs.view(run)),
    hide: (arrival) => deps.mask.deep(arrival),
    reply: async (arrival, answer) => {
      if (arrival.kind === "machine") replies.reply(arrival, answer);
      else await slack.reply(arrival, answer);
    },
  });
}

/** The way in for what is no person, wired. */
export function createMachineDoor(deps: Deps, intake: Intake): MachineDoor {
  const { store, live, slack, mask, clock, random, replies } = deps;
  return new MachineIntake({
    intake,
    events: store.events,
    people: store.people,
    rules: () => live.configuration,
    team: () => slack.team,
    mask,
    onFailed: (noted) => replies.failed(noted),
    clock,
    random,
  });
}

/** What the Home tab shows, wired. */
export function createHomeSource({ store, servers, inventory, check, engine }: Deps): HomeGatherer {
  return new HomeGatherer({
    events: store.events,
    people: store.people,
    runs: engine.runs,
    locks: engine.runs.locks,
    check,
    servers,
    inventory,
    proofs: (app) => store.events.proofs(app, 1),
  });
}
