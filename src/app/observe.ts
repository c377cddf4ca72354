import type { ArgocdServer } from "../argocd/argocd-server.ts";
import type { RunState } from "../domain/run-state.ts";
import type { RunView } from "../domain/run-view.ts";
import type { RunRow } from "../engine/ports.ts";
import type { RunService } from "../engine/run-service.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { AppWatch } from "../observe/app-watch.ts";
import type { DeployingRun } from "../observe/blame.ts";
import { OPERATIONS_STREAM } from "../observe/foreign-operations.ts";
import { INCIDENTS_STREAM } from "../observe/incident-fact.ts";
import type { Place, RunLookups } from "../observe/watch-ports.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/ids.ts";
import type { Logger } from "../platform/logger.ts";
import type { IncidentPlaces } from "../slack/incident-messages.ts";
import { liveRevision } from "../steps/live-revision.ts";
import { storedEvent } from "../store/log-reader.ts";
import type { Store } from "../store/store.ts";
import type { LiveSettings } from "./live-settings.ts";
import type { Slack } from "./slack.ts";

interface Deps {
  readonly live: Pick<LiveSettings, "configuration">;
  readonly store: Store;
  readonly servers: ReadonlyMap<string, ArgocdServer>;
  readonly inventory: Inventory;
  readonly runs: RunService;
  readonly slack: Pick<Slack, "showIncident">;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

const MOST_PROOFS = 50;
// A run that told of an incident is among the newest of its place.
const MOST_RUNS = 20;
const ALERT_KIND = "slack/alert";

/** The watch over applications outside of runs, wired and watching, with what earlier processes saw. */
export function openWatch(deps: Deps, resources: AsyncDisposableStack): AppWatch {
  const { live, store, servers, inventory, slack, clock, random, logger } = deps;
  const watch = new AppWatch({
    store: store.events,
    servers,
    inventory,
    settings: () => {
      const { watch: own, timing } = live.configuration;
      return { ...own, graceMs: timing.degradedGraceMs, settleMs: timing.settleMs };
    },
    runs: runLookups(deps),
    proofs: (app) => store.events.proofs(app, MOST_PROOFS),
    liveRevision,
    clock,
    random,
    logger,
    onMessage: (message) => slack.showIncident(message, () => places(deps)),
  });
  resources.use(watch);
  watch.start({
    incidents: store.log.stream(INCIDENTS_STREAM).map(storedEvent),
    operations: store.log.stream(OPERATIONS_STREAM).map(storedEvent),
  });
  return watch;
}

function places({ live, inventory }: Deps): IncidentPlaces {
  const { slack, mode } = live.configuration;
  const channelOf = (service: string): string | undefined => inventory.channelOf(service);
  return { alerts: slack.alerts, channel: slack.channel, channelOf, mayAct: mode === "act" };
}

function runLookups({ store: { events }, runs }: Deps): RunLookups {
  const newest = (place: Place): readonly RunRow[] => events.listRuns({ ...place, limit: MOST_RUNS });
  // One that was redacted, or that this version cannot read any more, says nothing, and keeps nobody from being alerted.
  const readable = ({ id }: RunRow): RunState | readonly RunState[] => runs.tryState(id) ?? [];
  return {
    isAtWork: ({ app, service, environment }) => {
      const key = `${service}/${environment}`;
      if (events.claims().some(({ status, keys }) => status === "held" && keys.includes(key))) return true;
      return events.activeRuns().some((run) => isBusyWith(runs.view(run), app));
    },
    toldBy: (place, since) => {
      if (place.environment === "") return undefined;
      const ended = newest(place).filter(({ status, finishedAt = 0 }) => status === "failed" && finishedAt >= since);
      const views = ended.flatMap(readable).map(({ id }) => runs.view(id));
      return views.find((view) => hasToldOf(view, place.app))?.id;
    },
    find: (run) => {
      const state = runs.tryState(run);
      return state && deploying(state);
    },
    deploying: (place, revision) => {
      if (place.environment === "") return undefined;
      const found = newest(place)
        .flatMap(readable)
        .find(({ targets }) => targets.some(({ app, revision: own }) => app === place.app && own?.sha === revision));
      return found === undefined ? undefined : deploying(found);
    },
  };
}

/**
 * A step of it works with the application, or it is telling people that such a step failed. A run that has ended and of which
 * the log does not say so yet still counts: what it told is looked up in the log.
 */
function isBusyWith({ stages, failure }: RunView, app: string): boolean {
  if (failure?.step?.step.input["app"] === app) return true;
  const steps = stages.flatMap((stage) => stage.steps);
  return steps.some(({ step }) => WORKING.has(step.status) && step.sort !== "gate" && step.input["app"] === app);
}

const WORKING: ReadonlySet<string> = new Set(["running", "retrying", "postponed"]);

/** Its alert stands in Slack, or will: it failed at the application, and not before, when people decided; and the command says to tell of it. */
function hasToldOf({ failure, stages, otherSteps }: RunView, app: string): boolean {
  const failed = failure?.step?.step;
  if (failed?.input["app"] !== app || failed.sort === "gate") return false;
  const steps = [...stages.flatMap((stage) => stage.steps), ...otherSteps];
  return steps.some(({ uses, step }) => uses === ALERT_KIND && step.status !== "skipped");
}

function deploying({ id, title, requester, status }: RunState): DeployingRun {
  return { run: id, title, requester, failed: status === "failed" };
}
