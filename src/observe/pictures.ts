import type { Application } from "../argocd/application.ts";
import type { Incident } from "./incident-book.ts";
import type { IncidentFactOf, SickResource } from "./incident-fact.ts";
import { knownSick, pictureOf, sickResources } from "./illness.ts";
import { askingFor, NOTHING, type ObserveDeps, type Result, type Sight } from "./sight.ts";
import { type IllHealth, symptomOf } from "./symptom.ts";

interface Picture {
  /** What the copy of the application showed when its resources were last read. */
  readonly shown: string;
  readonly nextAt: number;
  readonly waitMs: number;
}

const FIRST_WAIT_MS = 60_000;
const LONGEST_WAIT_MS = 3_600_000;

/**
 * Follows how illnesses change: the resources are read once more when something material has changed, and the more often it
 * changes, the less often. How often was read is forgotten at a restart, which costs one read.
 */
export class Pictures {
  readonly #deps: ObserveDeps;
  /** By incident. */
  readonly #pictures = new Map<string, Picture>();

  constructor(deps: ObserveDeps) {
    this.#deps = deps;
  }

  /** Takes note of what an incident looks like by the copy of its application. */
  note(incident: string, application: Application): void {
    const known = this.#pictures.get(incident);
    const waitMs = known === undefined ? FIRST_WAIT_MS : Math.min(known.waitMs * 2, LONGEST_WAIT_MS);
    const nextAt = this.#deps.clock.now() + waitMs;
    this.#pictures.set(incident, { shown: shownBy(application), nextAt, waitMs });
  }

  forget(incident: string): void {
    this.#pictures.delete(incident);
  }

  /** What is materially new about an open incident. Those in a list, and those that a run tells of, show no resources. */
  async follow(sight: Sight, incident: Incident): Promise<Result<IncidentFactOf<"incident.changed">>> {
    const { place, key, application } = sight;
    if (application === undefined || incident.group !== null || incident.toldBy !== "") return NOTHING;
    const symptom = symptomOf(application);
    if (symptom.kind !== "ill") return NOTHING;
    const known = this.#pictures.get(incident.id);
    if (known?.shown === shownBy(application)) return NOTHING;
    const { clock } = this.#deps;
    if (known !== undefined && known.nextAt > clock.now())
      return { facts: [], looks: [{ place, key, at: known.nextAt }] };
    this.note(incident.id, application);
    const asking = askingFor(this.#deps, key);
    if (asking === undefined) return NOTHING;
    const read = await sickResources(asking, application);
    if (shownAs(incident.health, incident.resources) === shownAs(symptom.health, read)) return NOTHING;
    const change = { at: clock.now(), id: incident.id, health: symptom.health, resources: read };
    return { facts: [{ type: "incident.changed", ...change }], looks: [] };
  }
}

function shownBy(application: Application): string {
  return `${application.status.health.status}: ${pictureOf(knownSick(application))}`;
}

function shownAs(health: IllHealth, resources: readonly SickResource[]): string {
  return `${health}: ${pictureOf(resources)}`;
}
