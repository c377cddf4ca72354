import type { Application } from "../argocd/application.ts";
import { newestHistoryId } from "../argocd/application-facts.ts";
import { tryIsoTime } from "../platform/clock.ts";
import { isDeployedAfter } from "./blame.ts";
import { operationKey } from "./foreign-operations.ts";
import { confirm } from "./illness.ts";
import { type Course, judge, type Judgement, type WatchTiming } from "./incident.ts";
import type { IncidentBook } from "./incident-book.ts";
import type { IncidentFact, SeenApp } from "./incident-fact.ts";
import { type Due, Openings } from "./openings.ts";
import { Pictures } from "./pictures.ts";
import { askingFor, type Look, lookLater, type ObserveDeps, type Sight } from "./sight.ts";
import { type Symptom, symptomOf } from "./symptom.ts";
import type { Place } from "./watch-ports.ts";

/** What came of looking at some applications; nothing of it counts before the facts are on the disk. */
export interface Findings {
  readonly facts: readonly IncidentFact[];
  readonly courses: ReadonlyMap<string, Course | undefined>;
  readonly looks: readonly Look[];
}

interface Judged {
  readonly sight: Sight;
  readonly judgement: Judgement;
}

/** Makes facts of what is seen of the health of applications. */
export class IncidentDesk {
  readonly #deps: ObserveDeps;
  readonly #book: IncidentBook;
  readonly #openings: Openings;
  readonly #pictures: Pictures;
  readonly #courses = new Map<string, Course>();

  constructor(deps: ObserveDeps, book: IncidentBook) {
    this.#deps = deps;
    this.#book = book;
    this.#openings = new Openings(deps, book);
    this.#pictures = new Pictures(deps);
  }

  /** Looks at applications; what comes of it is to be recorded and then accepted. */
  async examine(sights: readonly Sight[]): Promise<Findings> {
    const confirmed = await Promise.all(sights.map((sight) => this.#makeSure(sight)));
    const certain = confirmed.flatMap(({ sight }) => sight ?? []);
    const now = this.#deps.clock.now();
    const judged = certain.map((sight) => ({ sight, judgement: this.#judge(sight, now) }));
    const courses = new Map(judged.map(({ sight, judgement }) => [sight.place.app, judgement.course]));
    const opened = await this.#openings.open(judged.flatMap(dueOf), this.#pending(judged));
    const followed = await Promise.all(judged.map((each) => this.#follow(each)));
    for (const { id, app, group } of opened.facts) {
      courses.set(app, undefined);
      const sight = group === null ? certain.find(({ place }) => place.app === app) : undefined;
      if (sight?.application !== undefined) this.#pictures.note(id, sight.application);
    }
    return {
      facts: [
        ...this.#firstSights(certain, now),
        ...judged.flatMap(({ judgement }) => judgement.facts),
        ...opened.facts,
        ...followed.flatMap(({ facts }) => facts),
      ],
      courses,
      looks: [
        ...confirmed.flatMap(({ look }) => look ?? []),
        ...judged.flatMap(laterOf),
        ...opened.looks,
        ...followed.flatMap(({ looks }) => looks),
      ],
    };
  }

  /** The facts are on the disk. */
  accept({ facts, courses }: Pick<Findings, "facts" | "courses">): void {
    for (const fact of facts) {
      this.#book.apply(fact);
      if (fact.type === "incident.recovered" || fact.type === "incident.closed") this.#pictures.forget(fact.id);
    }
    for (const [app, course] of courses) {
      if (course === undefined) this.#courses.delete(app);
      else this.#courses.set(app, course);
    }
  }

  /** It is not one of the applications that are watched any more. */
  leave(app: string): readonly IncidentFact[] {
    this.#courses.delete(app);
    const incident = this.#book.of(app);
    if (incident?.status !== "open") return [];
    return [{ type: "incident.closed", at: this.#deps.clock.now(), id: incident.id, reason: "left" }];
  }

  /** An incident does not end because a copy is missing, such as after a start: Argo CD is asked whether the application is gone. */
  async #makeSure(sight: Sight): Promise<{ readonly sight?: Sight; readonly look?: Look }> {
    const { place, key, application } = sight;
    const asking = askingFor(this.#deps, key);
    const isOpen = this.#book.of(place.app)?.status === "open";
    if (application !== undefined || asking === undefined || !isOpen) return { sight };
    const confirmed = await confirm(asking, key);
    if (confirmed.kind === "unreadable") return { look: lookLater(sight, this.#deps.clock.now()) };
    return { sight: confirmed.kind === "gone" ? sight : { ...sight, application: confirmed.application } };
  }

  #judge({ place, application, look }: Sight, now: number): Judgement {
    const symptom: Symptom = application === undefined ? { kind: "gone" } : symptomOf(application);
    const incident = this.#book.of(place.app);
    const isAsked = symptom.kind === "ill" && incident?.status !== "open";
    const since = tryIsoTime(application?.status.health.lastTransitionTime ?? "") ?? now;
    const isNew = this.#book.firstSeen(place.app) === undefined;
    const isKnown = application !== undefined && incident !== undefined;
    const isDeployed = isKnown && isDeployedAfter(incident.blame, application);
    const isBusy = isAsked && this.#deps.runs.isAtWork(place);
    return judge(
      { symptom, now, since, look: isNew ? "never" : look, isBusy, isDeployed },
      { course: this.#courses.get(place.app), incident, timing: this.#timing(place) },
    );
  }

  #timing({ environment }: Place): WatchTiming {
    const { flapMs, graceMs, settleMs } = this.#deps.settings();
    const own = this.#deps.inventory.timingOf(environment);
    return { flapMs, graceMs: own?.degradedGraceMs ?? graceMs, settleMs: own?.settleMs ?? settleMs };
  }

  async #follow({ sight, judgement }: Judged): ReturnType<Pictures["follow"]> {
    const incident = this.#book.of(sight.place.app);
    if (incident?.status !== "open" || judgement.facts.length > 0) return { facts: [], looks: [] };
    return await this.#pictures.follow(sight, incident);
  }

  /** How many are ill, but not for long enough, those of the first look aside. */
  #pending(judged: readonly Judged[]): number {
    const courses = new Map<string, Course | undefined>(this.#courses);
    for (const { sight, judgement } of judged) {
      courses.set(sight.place.app, judgement.isDue ? undefined : judgement.course);
    }
    let pending = 0;
    for (const course of courses.values()) if (course?.kind === "ailing" && !course.isFirstSight) pending += 1;
    return pending;
  }

  #firstSights(sights: readonly Sight[], at: number): readonly IncidentFact[] {
    const apps = sights.flatMap(({ place, application }): SeenApp[] => {
      if (application === undefined || this.#book.firstSeen(place.app) !== undefined) return [];
      return [firstSight(place.app, application)];
    });
    return apps.length === 0 ? [] : [{ type: "apps.seen", at, apps }];
  }
}

function firstSight(app: string, application: Application): SeenApp {
  return { app, history: newestHistoryId(application), operation: operationKey(application) };
}

function dueOf({ sight, judgement }: Judged): readonly Due[] {
  const { application } = sight;
  const { course, isDue } = judgement;
  return isDue && course?.kind === "ailing" && application !== undefined ? [{ ...sight, application, course }] : [];
}

function laterOf({ sight: { place, key }, judgement: { lookAt } }: Judged): readonly Look[] {
  return lookAt === undefined ? [] : [{ place, key, at: lookAt }];
}
