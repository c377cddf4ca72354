import type { Configuration } from "../config/configuration.ts";
import { appOf } from "../config/configured-apps.ts";
import { unknownName } from "../config/fault.ts";
import { ServiceName } from "../config/field-schemas.ts";
import { type AppRef, appRefText } from "../domain/target.ts";

/** An Application as far as discovery looks at it. */
export interface LabelledApp extends AppRef {
  readonly labels: Readonly<Record<string, string>>;
}

type DiscoverySettings = NonNullable<Configuration["discovery"]>;

/** What the labels of an application say: where it belongs. */
export interface Claim {
  readonly service: string;
  readonly environment: string;
}

/** What labels are read by; see `labelRulesOf`. */
export interface LabelRules {
  readonly settings: DiscoverySettings;
  /** The environments, each with the only server on which its applications may be found. */
  readonly environments: ReadonlyMap<string, { readonly server: string | undefined }>;
  /** By `service/environment`. */
  readonly configuredApps: ReadonlyMap<string, string>;
  readonly configuredPlaces: ReadonlyMap<string, Claim>;
}

/** What labels are read by; undefined where the configuration does not want discovery. */
export function labelRulesOf(configuration: Configuration): LabelRules | undefined {
  const { discovery: settings, environments, services } = configuration;
  if (settings === undefined) return undefined;
  const configured = services.flatMap((service) =>
    environments.flatMap(({ name }): readonly (readonly [string, Claim])[] => {
      const app = appOf(configuration, { service, environment: name });
      return app === undefined ? [] : [[appRefText(app), { service: service.name, environment: name }]];
    }),
  );
  return {
    settings,
    environments: new Map(environments.map(({ name, server }) => [name, { server }])),
    configuredApps: new Map(configured.map(([app, claim]) => [placeText(claim), app])),
    configuredPlaces: new Map(configured),
  };
}

type Reading =
  /** It carries none of our labels, is not to be looked at, or says what the configuration says. */
  | { readonly kind: "nothing" }
  | { readonly kind: "claim"; readonly claim: Claim }
  | { readonly kind: "problem"; readonly message: string };

/** What the labels of one application come to. */
export function readLabels(rules: LabelRules, app: LabelledApp): Reading {
  const { settings } = rules;
  const service = labelOf(app, settings.service);
  const environment = labelOf(app, settings.environment);
  if (service === undefined && environment === undefined) return { kind: "nothing" };
  if (settings.servers?.includes(app.server) === false) return { kind: "nothing" };
  if (settings.namespaces?.includes(app.namespace) === false) return { kind: "nothing" };
  const key = appRefText(app);
  const problem = (message: string): Reading => ({ kind: "problem", message: `${key}: ${message}` });
  if (service === undefined || environment === undefined) {
    const [there, missing] =
      service === undefined ? [settings.environment, settings.service] : [settings.service, settings.environment];
    return problem(`it carries the label ${there} but not ${missing}; it takes both`);
  }
  const fault = nameFault(rules, { service, environment });
  if (fault !== undefined) return problem(fault);
  return (
    againstConfiguration(rules, app, { service, environment }) ?? { kind: "claim", claim: { service, environment } }
  );
}

/** What a label says; undefined when it is not there. The labels may be called as anything that every object has. */
function labelOf({ labels }: LabelledApp, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

function nameFault({ settings, environments }: LabelRules, { service, environment }: Claim): string | undefined {
  const name = ServiceName.safeParse(service);
  if (!name.success) return `the label ${settings.service}: ${name.error.issues[0]?.message ?? "is no name"}`;
  if (environments.has(environment)) return undefined;
  return `the label ${settings.environment}: ${unknownName("environment", environment.slice(0, 63), [...environments.keys()])}`;
}

/** What the configuration says of the application or of the place that it claims; it counts. */
function againstConfiguration(rules: LabelRules, app: LabelledApp, claim: Claim): Reading | undefined {
  const key = appRefText(app);
  const own = rules.configuredPlaces.get(key);
  if (own !== undefined) {
    if (placeText(own) === placeText(claim)) return { kind: "nothing" };
    const message = `${key}: its labels say ${inWords(claim)}, and the configuration says ${inWords(own)}, which counts`;
    return { kind: "problem", message };
  }
  const configured = rules.configuredApps.get(placeText(claim));
  if (configured !== undefined) {
    const message = `${key}: its labels say ${inWords(claim)}, for which the configuration names ${configured}, which counts`;
    return { kind: "problem", message };
  }
  const server = rules.environments.get(claim.environment)?.server;
  if (server === undefined || server === app.server) return undefined;
  const message = `${key}: its labels say ${inWords(claim)}, whose applications are on the Argo CD server ${server}`;
  return { kind: "problem", message };
}

/** The key of a place. */
export function placeText({ service, environment }: Claim): string {
  return `${service}/${environment}`;
}

/** A place as people read it. */
export function inWords({ service, environment }: Claim): string {
  return `${service} in ${environment}`;
}
