import type { Configuration } from "./configuration.ts";
import type { ServiceSettings } from "./promotion-settings.ts";

/** An Application as the configuration names it, with everything that it leaves to defaults filled in. */
export interface ConfiguredApp {
  readonly server: string;
  readonly namespace: string;
  readonly name: string;
}

/**
 * The Application that is a service in an environment. Undefined when the service is not there, or when it is not said on
 * which of several servers it is.
 */
export function appOf(
  configuration: Configuration,
  where: { readonly service: ServiceSettings; readonly environment: string },
): ConfiguredApp | undefined {
  const apps = where.service.environments;
  // An environment may have a name that every object knows, such as `constructor`.
  const app = Object.hasOwn(apps, where.environment) ? apps[where.environment] : undefined;
  if (app === undefined) return undefined;
  const environment = configuration.environments.find(({ name }) => name === where.environment);
  const only = configuration.argocd.length === 1 ? configuration.argocd[0]?.name : undefined;
  const server = app.server ?? environment?.server ?? only;
  if (server === undefined) return undefined;
  const settings = configuration.argocd.find(({ name }) => name === server);
  return { server, namespace: app.namespace ?? settings?.namespaces[0] ?? "argocd", name: app.app };
}
