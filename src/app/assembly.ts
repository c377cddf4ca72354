import type { ArgocdServer } from "../argocd/argocd-server.ts";
import type { Anchoring } from "../audit/anchoring.ts";
import type { RunView } from "../domain/run-view.ts";
import type { PastOperation } from "../engine/answer.ts";
import type { MachineDoor } from "../engine/machine-door.ts";
import type { RunFilter } from "../engine/ports.ts";
import { PeopleCheck } from "../intake/people-check.ts";
import { Inventory } from "../inventory/inventory.ts";
import { errorText } from "../platform/errors.ts";
import { openAnchoring } from "./anchors.ts";
import { openArgocdServers } from "./argocd-servers.ts";
import { discovered, openDiscovery } from "./discovery.ts";
import { createEngine, type Engine } from "./engine.ts";
import { createHomeSource, createIntake, createMachineDoor } from "./intake.ts";
import { maskedGit } from "./masked-git.ts";
import { openWatch } from "./observe.ts";
import { MachineReplies } from "./machine-replies.ts";
import type { Outside } from "./outside.ts";
import { openSchedules } from "./schedules.ts";
import { openReload } from "./settings.ts";
import { noteSettingsAtStart, type SettingsReload } from "./settings-reload.ts";
import { Slack } from "./slack.ts";
import { RefusalTally } from "../triggers/refusal-tally.ts";
import { pageLinks } from "./web.ts";

/** The application, wired and not yet open. */
export interface Assembly {
  readonly engine: Engine;
  readonly servers: ReadonlyMap<string, ArgocdServer>;
  readonly slack: Slack;
  /** Undefined where the log is not anchored. */
  readonly anchoring: Anchoring | undefined;
  readonly reload: SettingsReload;
  /** The way in for what is no person. */
  readonly machines: MachineDoor;
  /** Where deliveries to triggers are counted that were refused. */
  readonly refusals: RefusalTally;
  readonly inventory: Inventory;
  /** What others did in Argo CD outside of runs, newest first. */
  readonly operations: (filter: RunFilter) => readonly PastOperation[];
  /** Takes up what an earlier process left, and opens the door last. */
  open(): Promise<void>;
}

/** Wires everything that is the application with what is not. Nothing happens to runs and nothing arrives before `open`. */
export function assemble(outside: Outside, resources: AsyncDisposableStack): Assembly {
  const { live, secret, publicUrl, clock, mask } = outside;
  const servers = openArgocdServers(outside, resources);
  const inventory = new Inventory(live.configuration);
  const discovery = openDiscovery({ ...outside, inventory, servers }, resources);
  const parts = { ...outside, git: maskedGit(outside.git, mask), servers, inventory };
  const slack = resources.use(
    new Slack({
      ...parts,
      wire: outside.slack,
      hasPages: publicUrl !== undefined,
      viewOf: (run) => engine.runs.view(run),
    }),
  );
  // Disposed right before Slack, which sends the last anchor on its way out.
  const anchoring = openAnchoring(outside, slack);
  if (anchoring !== undefined) resources.use(anchoring);
  const reload = openReload({ ...outside, slack }, resources);
  const onChanged = (run: string, view: () => RunView): void => {
    slack.show(run, view);
    outside.onChanged?.(run);
  };
  const engine = createEngine({ ...parts, directory: slack.directory, onChanged }, resources);
  const { runs } = engine;
  const watch = openWatch({ ...parts, runs, slack }, resources);
  const refusals = new RefusalTally(clock);
  const doors = {
    ...parts,
    check: new PeopleCheck({ directory: slack.directory, rules: () => live.configuration }),
    pageOf: pageLinks({ publicUrl, secret, clock }),
    discovery,
    slack,
    engine,
    operations: watch.operations.bind(watch),
    refusals,
    replies: new MachineReplies({ slack, live, clock }),
  };
  const intake = resources.use(createIntake(doors));
  const machines = createMachineDoor(doors, intake);
  // Disposed first of all: what arrives later would be recorded and then wait for the next start.
  resources.defer(() => slack.close());
  const open = async (): Promise<void> => {
    await noteSettingsAtStart(outside);
    engine.alarm.arm();
    await runs.resume();
    anchoring?.start();
    await slack.open(intake, createHomeSource(doors));
    openSchedules({ ...outside, servers, machines }, resources);
    takeUp({ ...parts, engine, slack, intake }).catch((error: unknown) => {
      outside.logger.error("what an earlier process left could not be taken up", { error: errorText(error) });
    });
  };
  const { operations } = doors;
  return { engine, servers, slack, anchoring, reload, machines, refusals, inventory, operations, open: () => open() };
}

/**
 * What was asked for before a crash is judged by who asked it, and messages link to one another by the workspace's address:
 * both wait until Slack has said who we are.
 */
async function takeUp(
  deps: Pick<Outside, "store" | "live" | "clock"> &
    Pick<Assembly, "servers" | "slack" | "engine"> & { readonly intake: { resume(): void } },
): Promise<void> {
  const { store, slack, engine, intake } = deps;
  await slack.identified;
  for (const run of store.events.unshownRuns()) slack.show(run, () => engine.runs.view(run));
  await discovered(deps);
  intake.resume();
}
