import type { Configuration } from "../config/configuration.ts";
import { appOf } from "../config/configured-apps.ts";
import { type ApprovalRule, appRefText, type Environment, type Service, type Target } from "../domain/target.ts";
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
  /** The only Argo CD server that it is on; any when undefined. */
  readonly server: string | undefined;
  readonly approval: ApprovalRule | undefined;
  readonly timing: EnvironmentTiming;
}

export type FoundService =
  | { readonly kind: "found"; readonly service: Service }
  /** `known` is for showing: of many services the first ones, and how many more there are. */
  | { readonly kind: "unknown"; readonly didYouMean: string | undefined; readonly known: readonly string[] };

export type FoundTarget =
  | { readonly kind: "found"; readonly target: Target }
  /** There is no such environment anywhere. */
  | { readonly kind: "unknown"; readonly didYouMean: string | undefined; readonly known: readonly string[] }
  /** The environment exists, but the service is not deployed there. */
  | { readonly kind: "not-there"; readonly known: readonly string[] };

/** The applications (`server/namespace/name`) of one service, by environment. */
export type Places = ReadonlyMap<string, string>;

/** What the labels say of one service. */
export interface DiscoveredPlaces {
  readonly places: Places;
  /** Environments that several applications claim, so that none has them. */
  readonly contested: ReadonlySet<string>;
}

interface Owner {
  readonly service: Service;
  readonly target: Target;
}

const MOST_SHOWN = 20;

/**
 * The known services, their environments in promotion order and their applications: those of the configuration, and those that
 * were discovered. One object for the life of the program, asked anew each time: what it says changes with both.
 */
export class Inventory {
  #environments: readonly EnvironmentSummary[] = [];
  #generalTiming: EnvironmentTiming;
  #channels: ReadonlyMap<string, string> = new Map();
  /** By service, in the order of the configuration. */
  #configured: ReadonlyMap<string, Places> = new Map();
  readonly #discovered = new Map<string, Places>();
  readonly #contested = new Map<string, ReadonlySet<string>>();
  #unseenServers: ReadonlySet<string> = new Set();
  readonly #byName = new Map<string, Service>();
  readonly #byApp = new Map<string, Owner>();
  /** Put together when it is asked for, because discovery changes services one by one. */
  #services: readonly Service[] | undefined;

  constructor(configuration: Configuration) {
    this.#generalTiming = configuration.timing;
    this.replace(configuration);
  }

  /** Takes over everything that the configuration says; what was discovered stays. */
  replace(configuration: Configuration): void {
    const { services, environments, timing } = configuration;
    this.#generalTiming = timing;
    this.#environments = environments.map(({ name, server, approval, settleMs, degradedGraceMs, startDeadlineMs }) => ({
      name,
      server,
      approval: approval === "none" ? undefined : approval,
      timing: {
        settleMs: settleMs ?? timing.settleMs,
        degradedGraceMs: degradedGraceMs ?? timing.degradedGraceMs,
        startDeadlineMs: startDeadlineMs ?? timing.startDeadlineMs,
      },
    }));
    this.#configured = new Map(services.map((service) => [service.name, configuredPlaces(configuration, service)]));
    this.#channels = new Map(services.flatMap(({ name, channel }) => (channel === undefined ? [] : [[name, channel]])));
    this.#byName.clear();
    this.#byApp.clear();
    for (const name of new Set([...this.#configured.keys(), ...this.#discovered.keys()])) this.#put(name);
  }

  /** Takes over what was discovered of one service, beside what the configuration says of it; no places when there is nothing any more. */
  discovered(service: string, { places, contested }: DiscoveredPlaces): void {
    if (places.size === 0) this.#discovered.delete(service);
    else this.#discovered.set(service, places);
    if (contested.size === 0) this.#contested.delete(service);
    else this.#contested.set(service, contested);
    this.#put(service);
  }

  /** Takes over the Argo CD servers on which services are discovered and which have not yet said what they have. */
  unseen(servers: ReadonlySet<string>): void {
    this.#unseenServers = servers;
  }

  /**
   * The first environment on the way of a service to another one, or anywhere, of which it is not known whether the service is there,
   * and why: it must not be passed over. Undefined when all is known.
   */
  doubtOnTheWay(
    { name: service, environments }: Service,
    to: string | undefined,
  ): { environment: string; why: string } | undefined {
    for (const { name: environment, server } of this.#environments) {
      const isThere = environments.some(({ name }) => name === environment);
      const why = isThere ? undefined : this.#doubt(service, { environment, server });
      if (why !== undefined) return { environment, why };
      if (environment === to) break;
    }
    return undefined;
  }

  /** Those of the configuration in its order, then the others by name. */
  get services(): readonly Service[] {
    this.#services ??= this.#inOrder();
    return this.#services;
  }

  /** In promotion order. */
  get environments(): readonly EnvironmentSummary[] {
    return this.#environments;
  }

  hasService(name: string): boolean {
    return this.#byName.has(name);
  }

  findService(name: string): FoundService {
    const service = this.#byName.get(name);
    if (service !== undefined) return { kind: "found", service };
    const names = this.services.map((each) => each.name);
    return { kind: "unknown", didYouMean: didYouMean(name, names), known: shortened(names) };
  }

  /** An environment by itself, in its place in the promotion order. */
  findEnvironment(name: string): Environment | undefined {
    const index = this.#environments.findIndex((environment) => environment.name === name);
    const environment = this.#environments[index];
    if (environment === undefined) return undefined;
    return positioned(environment, { first: index === 0, last: index === this.#environments.length - 1 });
  }

  /** The place of a service in the promotion order that is called `environment`. */
  findTarget(service: Service, environment: string): FoundTarget {
    const target = service.environments.find(({ name }) => name === environment);
    if (target !== undefined) return { kind: "found", target };
    const known = service.environments.map(({ name }) => name);
    if (this.#environments.some(({ name }) => name === environment)) return { kind: "not-there", known };
    return { kind: "unknown", didYouMean: didYouMean(environment, known), known };
  }

  /** What an application (`server/namespace/name`) is; undefined when no service is deployed by it. */
  ownerOf(app: string): Owner | undefined {
    return this.#byApp.get(app);
  }

  /**
   * What is asked of people before an application is changed, as the configuration says now. An application that is not known
   * (any more, or not yet after a start) is in the environment for which the run was started.
   */
  ruleOf(app: string, environment?: string): ApprovalRule | undefined {
    const name = this.#byApp.get(app)?.target.name ?? environment;
    return this.#environments.find((each) => each.name === name)?.approval;
  }

  /** The timing that counts for an environment; undefined when there is no such environment. */
  timingOf(environment: string): EnvironmentTiming | undefined {
    return this.#environments.find(({ name }) => name === environment)?.timing;
  }

  /** The timing that counts for an application; as `ruleOf` for one that is not known, and the general one at last. */
  timingFor(app: string, environment?: string): EnvironmentTiming {
    return this.timingOf(this.#byApp.get(app)?.target.name ?? environment ?? "") ?? this.#generalTiming;
  }

  /** The channel that a service has for the cards of its runs; undefined when it has none of its own. */
  channelOf(service: string): string | undefined {
    return this.#channels.get(service);
  }

  #doubt(
    service: string,
    { environment, server }: { readonly environment: string; readonly server: string | undefined },
  ): string | undefined {
    if (this.#contested.get(service)?.has(environment) === true) return "several applications claim it by their labels";
    const unseen = [...this.#unseenServers].filter((name) => server === undefined || server === name);
    if (unseen.length === 0) return undefined;
    return `Argo CD (${unseen.join(", ")}) has not said yet which applications it has`;
  }

  #inOrder(): readonly Service[] {
    const found = [...this.#discovered.keys()].filter((name) => !this.#configured.has(name)).toSorted();
    return [...this.#configured.keys(), ...found].flatMap((name) => this.#byName.get(name) ?? []);
  }

  #put(name: string): void {
    this.#services = undefined;
    for (const { app } of this.#byName.get(name)?.environments ?? []) {
      if (this.#byApp.get(app)?.service.name === name) this.#byApp.delete(app);
    }
    this.#byName.delete(name);
    const configured = this.#configured.get(name);
    const places = new Map([...(this.#discovered.get(name) ?? []), ...(configured ?? [])]);
    const service = { name, environments: this.#targets(places) };
    if (configured === undefined && service.environments.length === 0) return;
    this.#byName.set(name, service);
    for (const target of service.environments) this.#byApp.set(target.app, { service, target });
  }

  #targets(places: Places): Target[] {
    const present = this.#environments.flatMap((environment) => {
      const app = places.get(environment.name);
      return app === undefined ? [] : [{ environment, app }];
    });
    const last = present.length - 1;
    return present.map((place, index) => targetOf(place, { first: index === 0, last: index === last }));
  }
}

/** The applications that the configuration names for a service. */
function configuredPlaces(configuration: Configuration, service: Configuration["services"][number]): Places {
  return new Map(
    configuration.environments.flatMap(({ name }) => {
      const app = appOf(configuration, { service, environment: name });
      return app === undefined ? [] : [[name, appRefText(app)] as const];
    }),
  );
}

function targetOf(
  { environment, app }: { readonly environment: EnvironmentSummary; readonly app: string },
  position: { readonly first: boolean; readonly last: boolean },
): Target {
  return { app, ...positioned(environment, position) };
}

function positioned(
  { name, approval }: EnvironmentSummary,
  position: { readonly first: boolean; readonly last: boolean },
): Environment {
  return approval === undefined ? { name, ...position } : { name, ...position, approval };
}

function shortened(names: readonly string[]): readonly string[] {
  const more = names.length - MOST_SHOWN;
  return more <= 0 ? names : [...names.slice(0, MOST_SHOWN), `and ${more} more`];
}
