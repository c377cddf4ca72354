import type { Configuration } from "../config/configuration.ts";
import { appOf } from "../config/configured-apps.ts";
import type { ServiceSettings } from "../config/promotion-settings.ts";
import { type ApprovalRule, appRefText, type Service, type Target } from "../domain/target.ts";
import { didYouMean } from "../platform/did-you-mean.ts";

/** How long things may take in one environment. */
export interface EnvironmentTiming {
  readonly settleMs: number;
  readonly degradedGraceMs: number;
  readonly startDeadlineMs: number;
}

/** An environment by itself, as pickers and refusals show it. */
export interface EnvironmentSummary {
  readonly name: string;
  readonly approval: ApprovalRule | undefined;
  readonly timing: EnvironmentTiming;
}

export type FoundService =
  | { readonly kind: "found"; readonly service: Service }
  | { readonly kind: "unknown"; readonly didYouMean: string | undefined; readonly known: readonly string[] };

export type FoundTarget =
  | { readonly kind: "found"; readonly target: Target }
  /** There is no such environment anywhere. */
  | { readonly kind: "unknown"; readonly didYouMean: string | undefined; readonly known: readonly string[] }
  /** The environment exists, but the service is not deployed there. */
  | { readonly kind: "not-there"; readonly known: readonly string[] };

/** The known services, their environments in promotion order and their applications. Immutable. */
export class Inventory {
  readonly services: readonly Service[];
  /** In promotion order. */
  readonly environments: readonly EnvironmentSummary[];
  readonly #byName: ReadonlyMap<string, Service>;
  readonly #byApp: ReadonlyMap<string, { readonly service: Service; readonly target: Target }>;
  readonly #channels: ReadonlyMap<string, string>;

  constructor(configuration: Configuration) {
    const { services, environments, timing } = configuration;
    this.environments = environments.map(({ name, approval, settleMs, degradedGraceMs, startDeadlineMs }) => ({
      name,
      approval: approval === "none" ? undefined : approval,
      timing: {
        settleMs: settleMs ?? timing.settleMs,
        degradedGraceMs: degradedGraceMs ?? timing.degradedGraceMs,
        startDeadlineMs: startDeadlineMs ?? timing.startDeadlineMs,
      },
    }));
    this.services = services.map((service) => serviceOf(configuration, { service, environments: this.environments }));
    this.#byName = new Map(this.services.map((service) => [service.name, service]));
    this.#byApp = new Map(
      this.services.flatMap((service) => service.environments.map((target) => [target.app, { service, target }])),
    );
    this.#channels = new Map(services.flatMap(({ name, channel }) => (channel === undefined ? [] : [[name, channel]])));
  }

  findService(name: string): FoundService {
    const service = this.#byName.get(name);
    if (service !== undefined) return { kind: "found", service };
    const known = [...this.#byName.keys()];
    return { kind: "unknown", didYouMean: didYouMean(name, known), known };
  }

  /** The place of a service in the promotion order that is called `environment`. */
  findTarget(service: Service, environment: string): FoundTarget {
    const target = service.environments.find(({ name }) => name === environment);
    if (target !== undefined) return { kind: "found", target };
    const known = service.environments.map(({ name }) => name);
    if (this.environments.some(({ name }) => name === environment)) return { kind: "not-there", known };
    return { kind: "unknown", didYouMean: didYouMean(environment, known), known };
  }

  /** What an application (`server/namespace/name`) is; undefined when no service is deployed by it. */
  ownerOf(app: string): { readonly service: Service; readonly target: Target } | undefined {
    return this.#byApp.get(app);
  }

  /** The timing that counts for an environment; undefined when there is no such environment. */
  timingOf(environment: string): EnvironmentTiming | undefined {
    return this.environments.find(({ name }) => name === environment)?.timing;
  }

  /** The channel that a service has for the cards of its runs; undefined when it has none of its own. */
  channelOf(service: string): string | undefined {
    return this.#channels.get(service);
  }
}

function serviceOf(
  configuration: Configuration,
  of: { readonly service: ServiceSettings; readonly environments: readonly EnvironmentSummary[] },
): Service {
  const places = of.environments.flatMap((environment) => {
    const app = appOf(configuration, { service: of.service, environment: environment.name });
    return app === undefined ? [] : [{ environment, app: appRefText(app) }];
  });
  const last = places.length - 1;
  return {
    name: of.service.name,
    environments: places.map((place, index) => targetOf(place, { first: index === 0, last: index === last })),
  };
}

function targetOf(
  { environment, app }: { readonly environment: EnvironmentSummary; readonly app: string },
  position: { readonly first: boolean; readonly last: boolean },
): Target {
  const { name, approval } = environment;
  return approval === undefined ? { name, app, ...position } : { name, app, ...position, approval };
}
