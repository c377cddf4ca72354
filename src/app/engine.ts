import { parsePlainYaml } from "../config/plain-yaml.ts";
import type { ArgocdServer } from "../argocd/argocd-server.ts";
import type { RunView } from "../domain/run-view.ts";
import { Alarm } from "../engine/alarm.ts";
import { equippedKinds } from "../engine/equipped-kinds.ts";
import { maskedKinds } from "../engine/masked-kinds.ts";
import { RunService } from "../engine/run-service.ts";
import { RunWork } from "../engine/run-work.ts";
import type { StepKind } from "../engine/step-kind.ts";
import { refuseUnreadableRuns } from "../engine/unreadable-runs.ts";
import type { Inventory } from "../inventory/inventory.ts";
import type { SlackDirectory } from "../slack/slack-directory.ts";
import { BUILTIN } from "../steps/builtin-steps.ts";
import { stepsOf } from "../steps/steps-of.ts";
import { gitWriting } from "./git-writing.ts";
import type { Outside } from "./outside.ts";

interface Deps extends Pick<
  Outside,
  | "store"
  | "git"
  | "exportFolder"
  | "artifacts"
  | "appTokens"
  | "branches"
  | "vault"
  | "programs"
  | "folders"
  | "ansible"
  | "terraform"
  | "createDispatcher"
  | "metrics"
  | "clock"
  | "random"
  | "live"
  | "logger"
  | "mask"
> {
  readonly servers: ReadonlyMap<string, ArgocdServer>;
  readonly inventory: Inventory;
  readonly directory: Pick<SlackDirectory, "nameOf">;
  readonly onChanged: (run: string, view: () => RunView) => void;
}

/** The engine, wired: the door to runs, what they have under way, and their deadlines. */
export interface Engine {
  readonly runs: RunService;
  readonly work: RunWork;
  readonly alarm: Alarm;
  readonly kinds: ReadonlyMap<string, StepKind>;
}

/** Throws `runs.unreadable` when this program cannot continue some open run. */
export function createEngine(deps: Deps, resources: AsyncDisposableStack): Engine {
  const { store, metrics, clock, random, logger } = deps;
  const kinds = maskedKinds(equippedKinds(stepKinds(deps), deps), deps.mask);
  refuseUnreadableRuns(store.events.openRuns(), kinds);
  // The two need one another: work reports to runs, and runs follow up with work.
  const late: { runs?: RunService } = {};
  const work = new RunWork({
    store: store.events,
    people: store.people,
    kinds,
    logger,
    createDispatcher: (reports) => deps.createDispatcher(kinds, reports),
    apply: (run, input) => present(late.runs).apply(run, input),
    onChanged: deps.onChanged,
  });
  resources.use(work);
  const alarm = new Alarm({ store: store.events, clock, logger, wakeDue: () => present(late.runs).wakeDue() });
  resources.use(alarm);
  const runs = new RunService({
    store: store.events,
    clock,
    random,
    logger,
    work,
    onWakeAt: (at) => alarm.expect(at),
    onRecorded: (state, events) => metrics.recorded(state, events),
  });
  late.runs = runs;
  return { runs, work, alarm, kinds };
}

function stepKinds(deps: Deps): ReadonlyMap<string, StepKind> {
  const { store, servers, git, exportFolder, programs, folders, ansible, terraform, inventory, live, clock } = deps;
  const { branches, directory } = deps;
  return stepsOf([BUILTIN, ...live.plugins], {
    servers,
    git,
    exportFolder,
    allowedProgram: (name) => live.configuration.programs[name],
    programs,
    folders,
    ansible,
    terraform,
    parseYaml: parsePlainYaml,
    clock,
    ruleOf: (app, environment) => inventory.ruleOf(app, environment),
    proofs: (app) => store.events.proofs(app, 1)[0],
    timingOf: (app, environment) => inventory.timingFor(app, environment),
    networkPolicy: () => live.configuration.network,
    appTokens: deps.appTokens,
    ...(branches !== undefined && {
      writing: gitWriting({ branches, live, nameOf: (user) => directory.nameOf(user) }),
    }),
  });
}

function present(runs: RunService | undefined): RunService {
  if (runs === undefined) throw new TypeError("a step reported before the engine was wired");
  return runs;
}
