import type { Application } from "../argocd/application.ts";
import { autoSyncOn, errorConditions, isDeleting, skipsReconcile, usesHydrator } from "../argocd/application-facts.ts";
import type { ArgocdClient } from "../argocd/argocd-client.ts";
import { ArgocdError } from "../argocd/argocd-errors.ts";
import { commitSources } from "../argocd/argocd-server.ts";
import type { AppRef } from "../domain/target.ts";
import { errorMessage } from "../platform/errors.ts";
import { type Finding, Subject } from "./finding.ts";

/** One application of the inventory. */
export interface InventoryApp extends AppRef {
  /** Such as `checkout in prod`. */
  readonly place: string;
}

export interface ApplicationsQuestion {
  readonly server: string;
  readonly client: Pick<ArgocdClient, "getApplication" | "canI" | "syncWindows">;
  /** Where Argo CD itself runs: its applications are named without their namespace in policies. */
  readonly controlNamespace: string;
  /** The account as policies name it, for the lines that are missing. */
  readonly account: string;
  /** False where nothing is ever synced: then no right to do so is needed. */
  readonly isActing: boolean;
  readonly apps: readonly InventoryApp[];
  readonly signal: AbortSignal;
}

export interface SeenApplications {
  readonly findings: readonly Finding[];
  /** Which Git repositories they read. */
  readonly reads: readonly RepositoryRead[];
}

export interface RepositoryRead {
  readonly service: string;
  readonly repository: string;
}

// Each is four calls; more than this would take longer than anybody waits for a doctor.
const MOST_APPS = 100;
const AT_ONCE = 5;
// Argo CD does not say whether it is set.
const OVERRIDE =
  "which a sync takes only where argocd-cm sets application.sync.requireOverridePrivilegeForRevisionSync";

/** Whether each application is there, can be synced at a commit, and what the account may do with it. */
export async function argocdApplications(question: ApplicationsQuestion): Promise<SeenApplications> {
  const { server, apps, isActing } = question;
  const looked = apps.slice(0, MOST_APPS);
  const found = new Map<InventoryApp, Seen>();
  const queue = looked.values();
  const work = async (): Promise<void> => {
    for (const app of queue) found.set(app, await lookAt(question, app));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const seen = looked.flatMap((app) => found.get(app) ?? []);
  const about = new Subject("argocd", `${server} applications`);
  const well = seen.filter(({ findings }) => findings.every(({ level }) => level === "ok")).length;
  const summary = `${well} of ${looked.length} can be read${isActing ? " and synced" : ""}`;
  const auto = seen.filter(({ isAutoSynced }) => isAutoSynced).length;
  const fixed = isActing ? seen.filter(({ mayOverride }) => mayOverride === false).length : 0;
  const more = apps.length - looked.length;
  const notes = [
    ...(auto > 0 ? [`${auto} sync themselves, so Quarterdeck waits for what Argo CD brings`] : []),
    ...(fixed > 0 ? [`${fixed} without the right to override, ${OVERRIDE}`] : []),
    ...(more > 0 ? [`${more} more were not looked at`] : []),
  ];
  const findings = apps.length === 0 ? [] : [about.ok([summary, ...notes].join("; "))];
  const reads = seen.flatMap(({ app, repository }) => (repository ? [{ service: serviceOf(app), repository }] : []));
  return { findings: [...findings, ...seen.flatMap((each) => each.findings)], reads };
}

function serviceOf({ place }: InventoryApp): string {
  return place.split(" in ")[0] ?? "";
}

interface Seen {
  readonly app: InventoryApp;
  readonly findings: readonly Finding[];
  readonly repository?: string;
  readonly isAutoSynced?: boolean;
  readonly mayOverride?: boolean;
}

async function lookAt(
  { client, signal, controlNamespace, account, isActing }: ApplicationsQuestion,
  app: InventoryApp,
): Promise<Seen> {
  const { namespace, name } = app;
  const about = new Subject("argocd", `${app.server}/${namespace}/${name} (${app.place})`);
  try {
    const application = await client.getApplication({ namespace, name }, { signal });
    const { project } = application.spec;
    const object = namespace === controlNamespace ? `${project}/${name}` : `${project}/${namespace}/${name}`;
    const may = (action: "sync" | "override"): Promise<boolean> =>
      client.canI({ resource: "applications", action, object }, { signal });
    const [maySync, mayOverride, windows] = await Promise.all([
      may("sync"),
      may("override"),
      client.syncWindows({ namespace, name, project }, { signal }),
    ]);
    const findings = [...stateFindings(about, application)];
    if (isActing && !maySync) findings.push(about.problem(mayNot({ account, object })));
    if (!windows.canSync) {
      const what = "a sync window of Argo CD is closed at the moment";
      findings.push(
        about.warning({ what, why: "a sync waits until it opens", mend: "see the windows of its project" }),
      );
    }
    return {
      app,
      findings,
      repository: commitSources(application).repository,
      isAutoSynced: autoSyncOn(application),
      mayOverride,
    };
  } catch (error) {
    signal.throwIfAborted();
    const isMissing = error instanceof ArgocdError && (error.class === "gone" || error.class === "hidden");
    const what = isMissing ? "there is no such application, or the account may not see it" : errorMessage(error);
    const why = "nothing can be deployed to it";
    const mend = `check its name and namespace, and that the account may read it: p, ${account}, applications, get, PROJECT/${name}, allow`;
    return { app, findings: [about.problem({ what, why, mend })] };
  }
}

function mayNot({
  account,
  object,
}: {
  readonly account: string;
  readonly object: string;
}): Parameters<Subject["problem"]>[0] {
  return {
    what: "the account may read it, and not sync it",
    why: "every run that gets there fails",
    mend: `add to policy.csv: p, ${account}, applications, sync, ${object}, allow`,
  };
}

function stateFindings(about: Subject, application: Application): readonly Finding[] {
  const invalid = errorConditions(application).find(({ type }) => type === "InvalidSpecError");
  const why = "it cannot be synced at a commit";
  const troubles: readonly (readonly [boolean, string, string])[] = [
    [isDeleting(application), "it is being deleted", "create it again"],
    [
      skipsReconcile(application),
      "it carries the annotation argocd.argoproj.io/skip-reconcile",
      "remove the annotation: Argo CD accepts syncs of it and never runs them",
    ],
    [
      usesHydrator(application),
      "it uses Argo CD's source hydrator, whose commits are not those that people name",
      "take the hydrator off, or leave the application out",
    ],
    [invalid !== undefined, `Argo CD calls its definition invalid: ${invalid?.message ?? ""}`, "mend its definition"],
    [
      commitSources(application).repository === "",
      "it has no Git source",
      "leave it out: there is no commit to deploy",
    ],
  ];
  return troubles.flatMap(([is, what, mend]) => (is ? [about.problem({ what, why, mend })] : []));
}

/** One commit goes through all environments of a service, wherever they are, so they have to read the same repository. */
export function sharedRepositories(reads: readonly RepositoryRead[]): readonly Finding[] {
  const services = Map.groupBy(reads, ({ service }) => service);
  return Array.from(services).flatMap(([service, places]) => {
    const addresses = new Set(places.map(({ repository }) => repository.replace(/\.git$/u, "")));
    if (addresses.size <= 1) return [];
    const what = `its applications read different repositories: ${[...addresses].join(", ")}`;
    const why = "one commit cannot be promoted through all of them";
    return [new Subject("argocd", service).problem({ what, why, mend: "point them at the same repository" })];
  });
}
