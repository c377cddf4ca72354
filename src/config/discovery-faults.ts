import type { Configuration } from "./configuration.ts";
import { type Fault, unknownName } from "./fault.ts";

/** What is wrong with discovery, and with naming no service when there is none. */
export function discoveryFaults({ discovery, services, argocd }: Configuration): readonly Fault[] {
  if (discovery === undefined) {
    const message = "is empty; name the services, or find them by labels on the Applications: `discovery: {}`";
    return services.length > 0 ? [] : [{ path: ["services"], part: "value", message }];
  }
  const faults: Fault[] = [];
  if (discovery.service === discovery.environment) {
    const message = "one label cannot name both the service and the environment; choose another key";
    faults.push({ path: ["discovery", "environment"], part: "value", message });
  }
  const servers = argocd.map(({ name }) => name);
  const watched = new Set(argocd.flatMap(({ namespaces }) => namespaces));
  for (const [place, server] of (discovery.servers ?? []).entries()) {
    if (servers.includes(server)) continue;
    const message = unknownName("Argo CD server", server, servers);
    faults.push({ path: ["discovery", "servers", place], part: "value", message });
  }
  for (const [place, namespace] of (discovery.namespaces ?? []).entries()) {
    if (watched.has(namespace)) continue;
    const message = `no Argo CD server watches the namespace "${namespace}"; add it to the \`namespaces\` of its server`;
    faults.push({ path: ["discovery", "namespaces", place], part: "value", message });
  }
  return faults;
}
