import type { Configuration } from "../config/configuration.ts";
import { type AppRef, appRefText } from "../domain/target.ts";
import type { Inventory } from "./inventory.ts";
import {
  type Claim,
  inWords,
  type LabelledApp,
  type LabelRules,
  labelRulesOf,
  placeText,
  readLabels,
} from "./read-labels.ts";

/** Why something that carries labels is not used. `key` stays the same for as long as it is the same problem. */
export interface DiscoveryProblem {
  readonly key: string;
  readonly message: string;
}

export interface DiscoveryDeps {
  readonly inventory: Pick<Inventory, "discovered">;
  /** Called when something has become wrong or right; has to be quick. */
  readonly onProblemsChanged: () => void;
}

const MOST_NAMED = 4;

/**
 * Finds services and environments by labels on the Applications. What the configuration says of a place or of an application
 * counts; a place that several applications claim has none. An application whose labels stay as they are costs two look-ups,
 * and one whose labels change the work for two places.
 */
export class Discovery {
  readonly #deps: DiscoveryDeps;
  #rules: LabelRules | undefined;
  readonly #claims = new Map<string, Claim>();
  /** By `service/environment`. */
  readonly #claimants = new Map<string, Set<string>>();
  readonly #accepted = new Map<string, Map<string, string>>();
  /** Places that several applications claim. */
  readonly #conflicts = new Map<string, Claim>();
  /** By application. */
  readonly #problems = new Map<string, string>();

  constructor(deps: DiscoveryDeps) {
    this.#deps = deps;
  }

  get isOn(): boolean {
    return this.#rules !== undefined;
  }

  /** What is wrong now, in no order. */
  get problems(): readonly DiscoveryProblem[] {
    const conflicts = Array.from(this.#conflicts, ([place, claim]) => {
      return { key: `place ${place}`, message: conflictText(claim, this.#claimants.get(place) ?? new Set()) };
    });
    return [...conflicts, ...Array.from(this.#problems, ([key, message]) => ({ key, message }))];
  }

  /** Begins anew with what the configuration says, and with all applications that there are. */
  replace(configuration: Configuration, apps: Iterable<LabelledApp>): void {
    const contested = Array.from(this.#conflicts.values(), ({ service }) => service);
    const before = new Set([...this.#accepted.keys(), ...contested]);
    this.#claims.clear();
    this.#claimants.clear();
    this.#accepted.clear();
    this.#problems.clear();
    this.#conflicts.clear();
    for (const service of before) this.#deps.inventory.discovered(service, { places: new Map(), contested: new Set() });
    this.#rules = labelRulesOf(configuration);
    for (const app of apps) this.put(app);
    this.#deps.onProblemsChanged();
  }

  /** An application is there, or has changed. */
  put(app: LabelledApp): void {
    if (this.#rules === undefined) return;
    const key = appRefText(app);
    const reading = readLabels(this.#rules, app);
    const before = this.#claims.get(key);
    this.#say(key, reading.kind === "problem" ? reading.message : undefined);
    const claim = reading.kind === "claim" ? reading.claim : undefined;
    if (before?.service === claim?.service && before?.environment === claim?.environment) return;
    if (before !== undefined) this.#leave(key, before);
    if (claim !== undefined) this.#enter(key, claim);
  }

  /** An application is not there any more. */
  remove(app: AppRef): void {
    const key = appRefText(app);
    this.#say(key, undefined);
    const before = this.#claims.get(key);
    if (before !== undefined) this.#leave(key, before);
  }

  #enter(app: string, claim: Claim): void {
    const place = placeText(claim);
    this.#claims.set(app, claim);
    const claimants = this.#claimants.get(place) ?? new Set();
    this.#claimants.set(place, claimants.add(app));
    this.#settle(claim);
  }

  #leave(app: string, claim: Claim): void {
    const place = placeText(claim);
    this.#claims.delete(app);
    const claimants = this.#claimants.get(place);
    claimants?.delete(app);
    if (claimants?.size === 0) this.#claimants.delete(place);
    this.#settle(claim);
  }

  /** Decides anew which application a place has. */
  #settle(claim: Claim): void {
    const place = placeText(claim);
    const claimants = this.#claimants.get(place) ?? new Set();
    const [only] = claimants.size === 1 ? claimants : [];
    const isNews = claimants.size > 1 !== this.#conflicts.has(place);
    if (isNews) {
      if (claimants.size > 1) this.#conflicts.set(place, claim);
      else this.#conflicts.delete(place);
      this.#deps.onProblemsChanged();
    }
    const places = this.#accepted.get(claim.service) ?? new Map<string, string>();
    if (places.get(claim.environment) === only && !isNews) return;
    if (only === undefined) places.delete(claim.environment);
    else places.set(claim.environment, only);
    if (places.size === 0) this.#accepted.delete(claim.service);
    else this.#accepted.set(claim.service, places);
    this.#deps.inventory.discovered(claim.service, {
      places: new Map(places),
      contested: this.#contestedOf(claim.service),
    });
  }

  #contestedOf(service: string): ReadonlySet<string> {
    const environments = [...(this.#rules?.environments.keys() ?? [])];
    return new Set(environments.filter((environment) => this.#conflicts.has(placeText({ service, environment }))));
  }

  #say(key: string, message: string | undefined): void {
    if (this.#problems.get(key) === message) return;
    if (message === undefined) this.#problems.delete(key);
    else this.#problems.set(key, message);
    this.#deps.onProblemsChanged();
  }
}

function conflictText(claim: Claim, claimants: ReadonlySet<string>): string {
  const named = [...claimants].toSorted().slice(0, MOST_NAMED).join(", ");
  const more = claimants.size > MOST_NAMED ? ` and ${claimants.size - MOST_NAMED} more` : "";
  return `${inWords(claim)} is claimed by several applications, so none of them is used: ${named}${more}`;
}
