import type { Configuration } from "./configuration.ts";
import { appOf, type ConfiguredApp } from "./configured-apps.ts";
import { type Fault, repeated, unknownName } from "./fault.ts";
import type { EnvironmentSettings, ServiceSettings } from "./promotion-settings.ts";

/** What is wrong with environments and services, taken together. */
export function promotionFaults(configuration: Configuration): readonly Fault[] {
  return [
    ...repeatedNames(configuration),
    ...configuration.environments.flatMap((environment, index) =>
      environmentFaults(configuration, { environment, index }),
    ),
    ...configuration.services.flatMap((service, index) => serviceFaults(configuration, { service, index })),
    ...repeatedApps(configuration),
  ];
}

function repeatedNames(configuration: Configuration): readonly Fault[] {
  return (["argocd", "environments", "services"] as const).flatMap((section) => {
    const named = configuration[section].map(({ name }, index) => ({ key: name, entry: index }));
    return repeated(named).map(({ key, entry, first }): Fault => {
      const message = `the name "${key}" is taken by entry ${first + 1} of \`${section}\`; choose another`;
      return { path: [section, entry, "name"], part: "value", message };
    });
  });
}

function environmentFaults(
  configuration: Configuration,
  { environment, index }: { readonly environment: EnvironmentSettings; readonly index: number },
): readonly Fault[] {
  const path = ["environments", index];
  const faults: Fault[] = [];
  const { approval } = environment;
  if (approval === undefined && index > 0) {
    const message = `"${environment.name}" comes after "${configuration.environments[index - 1]?.name}" and does not say who lets a run into it; add \`approval:\` with \`from:\`, or \`approval: none\` if nobody is to be asked`;
    faults.push({ path, part: "value", message });
  }
  if (typeof approval === "object") {
    const people = new Set(
      approval.from.map((approver) => (approver.kind === "user" ? approver.user : approver.group)),
    );
    const onlyUsers = approval.from.every((approver) => approver.kind === "user");
    if (onlyUsers && approval.quorum > people.size) {
      const message = `${approval.quorum} people must approve, but only ${people.size} may; lower the quorum or name more people`;
      faults.push({ path: [...path, "approval", "quorum"], part: "value", message });
    }
  }
  return [...faults, ...serverFaults(configuration, environment.server, [...path, "server"])];
}

function serverFaults(configuration: Configuration, server: string | undefined, path: Fault["path"]): readonly Fault[] {
  const names = configuration.argocd.map(({ name }) => name);
  if (server === undefined || names.includes(server)) return [];
  return [{ path, part: "value", message: unknownName("Argo CD server", server, names) }];
}

function serviceFaults(
  configuration: Configuration,
  { service, index }: { readonly service: ServiceSettings; readonly index: number },
): readonly Fault[] {
  const path = ["services", index];
  const faults: Fault[] = [];
  const entries = Object.entries(service.environments);
  if (entries.length === 0) {
    const message = `"${service.name}" is deployed nowhere; name an environment and its application`;
    faults.push({ path: [...path, "environments"], part: "value", message });
  }
  for (const [environment, app] of entries) {
    const place = [...path, "environments", environment];
    const known = configuration.environments.map(({ name }) => name);
    if (!known.includes(environment)) {
      faults.push({ path: place, part: "key", message: unknownName("environment", environment, known) });
      continue;
    }
    faults.push(...serverFaults(configuration, app.server, [...place, "server"]));
    faults.push(...appFaults(configuration, { service, environment }, place));
  }
  return faults;
}

function appFaults(
  configuration: Configuration,
  where: { readonly service: ServiceSettings; readonly environment: string },
  path: Fault["path"],
): readonly Fault[] {
  const app = appOf(configuration, where);
  if (app === undefined) {
    const names = configuration.argocd.map(({ name }) => name).join(", ");
    const message = `there are several Argo CD servers (${names}); say \`server:\` here or at the environment "${where.environment}"`;
    return [{ path, part: "value", message }];
  }
  const server = configuration.argocd.find(({ name }) => name === app.server);
  if (server === undefined || server.namespaces.includes(app.namespace)) return [];
  const message = `"${app.namespace}" is not among the namespaces of the server "${server.name}" (${server.namespaces.join(", ")}); add it there`;
  return [{ path: [...path, "namespace"], part: "value", message }];
}

function repeatedApps(configuration: Configuration): readonly Fault[] {
  const apps = configuration.services.flatMap((service, index) =>
    Object.keys(service.environments).flatMap((environment) => {
      const app = appOf(configuration, { service, environment });
      return app === undefined ? [] : [{ key: appKey(app), entry: { index, service: service.name, environment } }];
    }),
  );
  return repeated(apps).map(({ key, entry, first }): Fault => {
    const message = `the application ${key} is already "${first.service}" in "${first.environment}"; an application belongs to one service in one environment`;
    return { path: ["services", entry.index, "environments", entry.environment], part: "value", message };
  });
}

function appKey(app: ConfiguredApp): string {
  return `${app.server}/${app.namespace}/${app.name}`;
}
