import type { Application } from "../argocd/application.ts";
import { newId } from "../platform/ids.ts";
import { blameOf } from "./blame.ts";
import { STORM_MS, tellingOf } from "./grouping.ts";
import { confirm, knownSick, sickResources } from "./illness.ts";
import type { Course } from "./incident.ts";
import type { IncidentBook, IncidentGroup } from "./incident-book.ts";
import type { IncidentFactOf, SickResource } from "./incident-fact.ts";
import { askingFor, lookLater, NOTHING, type ObserveDeps, type Result, type Sight } from "./sight.ts";
import { symptomOf } from "./symptom.ts";

/** An application that has been ill for too long. */
export interface Due extends Sight {
  readonly application: Application;
  readonly course: Course & { readonly kind: "ailing" };
}

type Opened = IncidentFactOf<"incident.opened">;
type GroupName = Pick<IncidentGroup, "id" | "kind">;

// Those that take longer to be ill for long enough join the same summary.
const FIRST_SIGHT_MS = 600_000;

/** Opens incidents, and decides whether each is told by itself. */
export class Openings {
  readonly #deps: ObserveDeps;
  readonly #book: IncidentBook;

  constructor(deps: ObserveDeps, book: IncidentBook) {
    this.#deps = deps;
    this.#book = book;
  }

  /** `pending` is how many others are ill, but not for long enough. */
  async open(due: readonly Due[], pending: number): Promise<Result<Opened>> {
    const told: (readonly [Due, string])[] = [];
    const first: Due[] = [];
    const rest: Due[] = [];
    for (const each of due) {
      const run = this.#deps.runs.toldBy(each.place, each.course.since);
      if (run !== undefined) told.push([each, run]);
      else if (each.course.isFirstSight) first.push(each);
      else rest.push(each);
    }
    const summary = this.#firstSight();
    const storm = this.#storm(rest.length, pending);
    const grouped = [
      ...first.map((each) => ({ each, group: summary })),
      ...(storm === undefined ? [] : rest.map((each) => ({ each, group: storm }))),
    ];
    const alone: (readonly [Due, string])[] = storm === undefined ? rest.map((each) => [each, ""]) : [];
    const opened = await Promise.all([...told, ...alone].map(([each, toldBy]) => this.#openAlone(each, toldBy)));
    return {
      facts: [
        ...grouped.map(({ each, group }) =>
          this.#fact(each, { group, toldBy: "", resources: knownSick(each.application) }),
        ),
        ...opened.flatMap(({ facts }) => facts),
      ],
      looks: opened.flatMap(({ looks }) => looks),
    };
  }

  #firstSight(): GroupName {
    const since = this.#deps.clock.now() - FIRST_SIGHT_MS;
    return this.#book.groupSince("first-sight", since) ?? this.#newGroup("first-sight");
  }

  #storm(due: number, pending: number): GroupName | undefined {
    if (due === 0) return undefined;
    const since = this.#deps.clock.now() - STORM_MS;
    const telling = tellingOf({
      due,
      pending,
      alone: this.#book.openedAloneSince(since),
      storm: this.#book.groupSince("storm", since),
      stormFrom: this.#deps.settings().stormFrom,
    });
    if (telling.kind === "alone") return undefined;
    return telling.group ?? this.#newGroup("storm");
  }

  #newGroup(kind: IncidentGroup["kind"]): GroupName {
    const { clock, random } = this.#deps;
    return { id: newId("incidents", clock.now(), random), kind };
  }

  /** One read before anybody is called: it may be well again, and the stream has not said so yet. */
  async #openAlone(due: Due, toldBy: string): Promise<Result<Opened>> {
    const asking = askingFor(this.#deps, due.key);
    if (asking === undefined) return NOTHING;
    const confirmed = await confirm(asking, due.key);
    if (confirmed.kind === "unreadable") return { facts: [], looks: [lookLater(due, this.#deps.clock.now())] };
    if (confirmed.kind === "gone" || symptomOf(confirmed.application).kind !== "ill") return NOTHING;
    const { application } = confirmed;
    const resources = toldBy === "" ? await sickResources(asking, application) : knownSick(application);
    return { facts: [this.#fact({ ...due, application }, { group: undefined, toldBy, resources })], looks: [] };
  }

  #fact(
    { place, application, course }: Due,
    told: { readonly group: GroupName | undefined; readonly toldBy: string; readonly resources: SickResource[] },
  ): Opened {
    const { clock, random, runs, liveRevision, proofs } = this.#deps;
    const at = clock.now();
    const revision = liveRevision(application);
    const proven = proofs(place.app).find((proof) => proof.revision !== revision);
    return {
      type: "incident.opened",
      at,
      id: newId("incident", at, random),
      ...place,
      health: course.health,
      since: course.since,
      revision,
      resources: told.resources,
      blame: blameOf(application, {
        run: (run) => runs.find(run),
        runFor: (wanted) => runs.deploying(place, wanted),
      }),
      wayBack: proven === undefined ? null : { revision: proven.revision, provenAt: proven.provenAt },
      toldBy: told.toldBy,
      group: told.group === undefined ? null : { id: told.group.id, kind: told.group.kind },
    };
  }
}
