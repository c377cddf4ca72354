import type { ArgocdServer } from "../argocd/argocd-server.ts";
import { InProcessDispatcher } from "../dispatch/in-process-dispatcher.ts";
import type { RunView } from "../domain/run-view.ts";
import { Alarm } from "../engine/alarm.ts";
import { RunService } from "../engine/run-service.ts";
import { RunWork } from "../engine/run-work.ts";
import type { StepKind } from "../engine/step-kind.ts";
import type { GitRepositories } from "../git/git-repositories.ts";
import type { Inventory } from "../inventory/inventory.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/ids.ts";
import type { Logger } from "../platform/logger.ts";
import { atEndOfTurn } from "../platform/turn.ts";
import type { Store } from "../store/store.ts";
import { builtinSteps } from "../steps/builtin-steps.ts";

interface Deps {
  readonly store: Store;
  readonly servers: ReadonlyMap<string, ArgocdServer>;
  readonly git: GitRepositories;
  readonly inventory: Inventory;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly onChanged: (run: string, view: () => RunView) => void;
}

/** The engine, wired: the door to runs, what they have under way, and their deadlines. */
export interface Engine {
  readonly runs: RunService;
  readonly work: RunWork;
  readonly alarm: Alarm;
  readonly kinds: ReadonlyMap<string, StepKind>;
}

// Actions wait for answers of others most of the time; more at once than this would only queue at Argo CD.
const ACTIONS_AT_ONCE = 50;
const SHUTDOWN_GRACE_MS = 10_000;

export function createEngine(deps: Deps, resources: AsyncDisposableStack): Engine {
  const { store, clock, random, logger } = deps;
  const kinds = stepKinds(deps);
  // The two need one another: work reports to runs, and runs follow up with work.
  const late: { runs?: RunService } = {};
  const work = new RunWork({
    store: store.events,
    people: store.people,
    kinds,
    logger,
    createDispatcher: (reports) =>
      new InProcessDispatcher({
        kinds,
        reports,
        clock,
        atEndOfTurn,
        concurrency: ACTIONS_AT_ONCE,
        shutdownGraceMs: SHUTDOWN_GRACE_MS,
      }),
    apply: (run, input) => present(late.runs).apply(run, input),
    onChanged: deps.onChanged,
  });
  resources.use(work);
  const alarm = new Alarm({ store: store.events, clock, logger, wakeDue: () => present(late.runs).wakeDue() });
  resources.use(alarm);
  const runs = new RunService({ store: store.events, clock, random, logger, work, onWakeAt: (at) => alarm.expect(at) });
  late.runs = runs;
  return { runs, work, alarm, kinds };
}

function stepKinds({ store, servers, git, inventory, clock }: Deps): ReadonlyMap<string, StepKind> {
  return builtinSteps({
    servers,
    git,
    clock,
    ruleOf: (app, environment) => inventory.ruleOf(app, environment),
    proofs: (app) => store.events.proofs(app, 1)[0],
    timingOf: (app, environment) => inventory.timingFor(app, environment),
  });
}

function present(runs: RunService | undefined): RunService {
  if (runs === undefined) throw new TypeError("a step reported before the engine was wired");
  return runs;
}
