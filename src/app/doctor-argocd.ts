import { ArgocdClient } from "../argocd/argocd-client.ts";
import { ArgocdHttp } from "../argocd/argocd-http.ts";
import type { Configuration } from "../config/configuration.ts";
import type { Secrets } from "../config/secrets.ts";
import { argocdAccess } from "../doctor/argocd-access.ts";
import {
  argocdApplications,
  type InventoryApp,
  type RepositoryRead,
  sharedRepositories,
} from "../doctor/argocd-applications.ts";
import { argocdClusters } from "../doctor/argocd-clusters.ts";
import { argocdStream } from "../doctor/argocd-stream.ts";
import { type Finding, Subject } from "../doctor/finding.ts";
import { type Probe, runProbes } from "../doctor/run-probes.ts";
import { tokenClaims } from "../doctor/token-claims.ts";
import { tryAppRef } from "../domain/target.ts";
import { Discovery } from "../inventory/discovery.ts";
import type { LabelledApp } from "../inventory/read-labels.ts";
import { Inventory } from "../inventory/inventory.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/ids.ts";
import { readAuthority } from "./certificate-authority.ts";

interface Deps {
  readonly configuration: Configuration;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly random: Random;
  /** Whether commands put clusters into Argo CD. */
  readonly registersClusters: boolean;
}

export interface ArgocdExamination {
  readonly findings: readonly Finding[];
  /** Addresses of the Git repositories that the applications read. */
  readonly repositories: readonly string[];
}

type Settings = Configuration["argocd"][number];

interface Server {
  readonly settings: Settings;
  readonly token: string;
  readonly http: ArgocdHttp;
  readonly client: ArgocdClient;
  readonly date: () => string | undefined;
}

const ACCESS_MS = 20_000;
const LIST_MS = 30_000;
const APPLICATIONS_MS = 60_000;
const STREAM_MS = 15_000;

/** Everything about the Argo CD servers, in three steps: who they take us for, what there is, and what we may do with it. */
export async function examineArgocd(deps: Deps, resources: AsyncDisposableStack): Promise<ArgocdExamination> {
  const { configuration, clock } = deps;
  const usable: Server[] = [];
  const access = await runProbes(
    configuration.argocd.map((settings) =>
      probe(settings.name, async (signal) => {
        const server = openServer(deps, settings, resources);
        const anonymous = openClient(deps, settings, { token: "", onDate: () => undefined }, resources);
        const result = await argocdAccess({
          ...server,
          server: settings.name,
          askAnonymously: () =>
            anonymous.client.canI({ resource: "applications", action: "get", object: "default/none" }, { signal }),
          now: () => clock.now(),
          signal,
        });
        if (result.isUsable) usable.push(server);
        return result.findings;
      }),
    ),
    { clock, limitMs: ACCESS_MS },
  );
  const { findings: labels, inventory } = await findServices(deps, usable);
  const reads: RepositoryRead[] = [];
  const apps = await runProbes(
    usable.map((server) =>
      probe(`${server.settings.name} applications`, async (signal) => {
        const seen = await argocdApplications({
          ...server,
          server: server.settings.name,
          controlNamespace: server.settings.namespaces[0] ?? "argocd",
          account: accountOf(server.token),
          isActing: configuration.mode === "act",
          apps: appsOn(inventory, server.settings.name),
          signal,
        });
        reads.push(...seen.reads);
        return seen.findings;
      }),
    ),
    { clock, limitMs: APPLICATIONS_MS },
  );
  const clusters = await runProbes(
    (deps.registersClusters ? usable : []).map(({ settings: { name: server }, token, client }) =>
      probe(`${server} clusters`, (signal) => argocdClusters({ server, account: accountOf(token), client, signal })),
    ),
    { clock, limitMs: ACCESS_MS },
  );
  const withApps = usable.filter(({ settings }) => appsOn(inventory, settings.name).length > 0);
  const streams = await runProbes(
    withApps.map(({ settings, http }) =>
      probe(`${settings.name} stream`, (signal) => argocdStream(http, { server: settings.name, signal })),
    ),
    { clock, limitMs: STREAM_MS },
  );
  const repositories = new Set(reads.map(({ repository }) => repository));
  const findings = [...access, ...streams, ...labels, ...clusters, ...apps, ...sharedRepositories(reads)];
  return { findings, repositories: [...repositories] };
}

function probe(subject: string, look: Probe["look"]): Probe {
  return { area: "argocd", subject, look };
}

function openServer(deps: Deps, settings: Settings, resources: AsyncDisposableStack): Server {
  const newest: { date?: string } = {};
  const token = deps.secrets.resolve(settings.token);
  const opened = openClient(deps, settings, { token, onDate: (date) => (newest.date = date) }, resources);
  return { settings, token, ...opened, date: () => newest.date };
}

function openClient(
  { clock, random }: Deps,
  { name, url, insecure, ca }: Settings,
  as: { readonly token: string; readonly onDate: (date: string) => void },
  resources: AsyncDisposableStack,
): Pick<Server, "http" | "client"> {
  const authority = ca === undefined ? undefined : readAuthority(name, ca);
  const http = resources.use(new ArgocdHttp({ url, ...as, insecure, ca: authority, clock, mayWrite: () => false }));
  return { http, client: new ArgocdClient({ http, clock, random }) };
}

/** What the server would know of services: those of the configuration, and those that it would discover. */
async function findServices(
  { configuration, clock }: Deps,
  servers: readonly Server[],
): Promise<{ readonly findings: readonly Finding[]; readonly inventory: Inventory }> {
  const inventory = new Inventory(configuration);
  if (configuration.discovery === undefined) return { findings: [], inventory };
  const apps: LabelledApp[] = [];
  const failed = await runProbes(
    servers.map(({ settings: { name: server, projects, namespaces }, client }) =>
      probe(`${server} discovery`, async (signal) => {
        for (const { metadata } of await client.listApplications({ projects }, { signal })) {
          if (namespaces.includes(metadata.namespace))
            apps.push({ ...metadata, server, labels: metadata.labels ?? {} });
        }
        return [];
      }),
    ),
    { clock, limitMs: LIST_MS },
  );
  const discovery = new Discovery({ inventory, onProblemsChanged: () => undefined });
  discovery.replace(configuration, apps);
  const about = new Subject("argocd", "discovery");
  const why = "what they say is not used";
  const mend = "change the labels of the Application, or the configuration";
  const problems = discovery.problems.map(({ message }) => about.warning({ what: message, why, mend }));
  const found = inventory.services.length - configuration.services.length;
  return {
    findings: [...failed, about.ok(`${found} services besides those of the configuration`), ...problems],
    inventory,
  };
}

function appsOn({ services }: Inventory, server: string): readonly InventoryApp[] {
  return services.flatMap(({ name, environments }) =>
    environments.flatMap((target) => {
      const ref = tryAppRef(target.app);
      return ref?.server === server ? [{ ...ref, place: `${name} in ${target.name}` }] : [];
    }),
  );
}

/** `name` of `name:apiKey`; a role of a project as it is. */
function accountOf(token: string): string {
  const subject = tokenClaims(token)?.subject ?? "";
  return subject.startsWith("proj:") ? subject : (subject.split(":")[0] ?? "");
}
