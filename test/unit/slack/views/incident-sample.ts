import type { Incident, IncidentGroup } from "../../../../src/observe/incident-book.ts";

export const SINCE = Date.UTC(2026, 0, 1, 3, 2);
const MINUTE = 60_000;

/** The hostile text, or what would be there on an ordinary night. */
export interface IncidentTexts {
  readonly service: string;
  readonly environment: string;
  readonly message: string;
  readonly who: string;
}

export const ORDINARY: IncidentTexts = {
  service: "checkout",
  environment: "prod",
  message: "back-off 5m0s restarting failed container=checkout pod=checkout-6c9f7d-x2x4v",
  who: "bob",
};

/** An incident of `checkout in prod`, four minutes after somebody synced there by hand. */
export function anIncident(parts: Partial<Incident> = {}, texts: IncidentTexts = ORDINARY): Incident {
  const { service, environment, message, who } = texts;
  return {
    id: "incident_01JD2K6W3V8QZ7E4M5N6P7R8S9",
    app: `main/argocd/${service}-${environment}`,
    service,
    environment,
    health: "Degraded",
    since: SINCE,
    revision: "abc1236".padEnd(40, "0"),
    resources: [
      { kind: "Pod", name: "checkout-6c9f7d-x2x4v", status: "Degraded", message },
      {
        kind: "Deployment",
        name: "checkout",
        status: "Degraded",
        message: 'Deployment "checkout" exceeded its progress deadline',
      },
    ],
    blame: {
      kind: "operation",
      who,
      automated: false,
      phase: "Succeeded",
      revision: "abc1236".padEnd(40, "0"),
      at: SINCE - 4 * MINUTE,
    },
    wayBack: { revision: "2b4337b".padEnd(40, "0"), provenAt: SINCE - 3 * 24 * 60 * MINUTE },
    toldBy: "",
    group: null,
    openedAt: SINCE + MINUTE,
    changedAt: SINCE + MINUTE,
    status: "open",
    flaps: 0,
    endedAt: undefined,
    ...parts,
  };
}

export const RECOVERED = { status: "recovered", endedAt: SINCE + 12 * MINUTE } as const;

/** `count` incidents of one group, the first `over` of them recovered. */
export function aGroup(
  kind: IncidentGroup["kind"],
  {
    count,
    over = 0,
    texts = ORDINARY,
  }: { readonly count: number; readonly over?: number; readonly texts?: IncidentTexts },
): { readonly group: IncidentGroup; readonly incidents: readonly Incident[] } {
  const incidents = Array.from({ length: count }, (_, index) =>
    anIncident(
      { id: `incident_${index}`, group: { id: "incidents_1", kind }, ...(index < over ? RECOVERED : {}) },
      { ...texts, service: `${texts.service}${index === 0 ? "" : `-${index}`}` },
    ),
  );
  const group = {
    id: "incidents_1",
    kind,
    startedAt: SINCE,
    joinedAt: SINCE,
    incidents: incidents.map(({ id }) => id),
  };
  return { group, incidents };
}
