import { z } from "zod";

import { deliveryId } from "./delivery-id.ts";
import { eventTime } from "./event-time.ts";
import { nothing, readingOf, type Fact } from "./fact.ts";
import { oneLine, webLink } from "./one-line.ts";
import { objectKind } from "./object-kind.ts";
import { OptionalText } from "./vendor-fields.ts";

const ArgocdEvent = z.strictObject({
  about: z.enum(["operation", "application"]).meta({
    description: "`operation`: a sync ended. `application`: its health or its sync status changed",
  }),
  app: z.string().meta({ description: "The name of the Application" }),
  namespace: z.string().meta({ description: "The namespace of the Application" }),
  project: z.string().meta({ description: "Its project" }),
  revision: z.string().meta({ description: "What the operation synced, or what the application was compared with" }),
  sync: z.string().meta({ description: "`Synced`, `OutOfSync` or `Unknown`" }),
  health: z.string().meta({ description: "`Healthy`, `Progressing`, `Degraded`…" }),
  phase: z
    .string()
    .meta({ description: "How the operation ended: `Succeeded`, `Failed` or `Error`; empty for an `application`" }),
  message: z.string().meta({ description: "What Argo CD says of the operation" }),
});
type ArgocdEvent = z.infer<typeof ArgocdEvent>;

// The body is what the template in docs/triggers/argocd-notifications.md makes.
const Infos = z.array(z.looseObject({ name: OptionalText, value: OptionalText })).nullish();

const Operation = z.looseObject({
  phase: OptionalText,
  message: OptionalText,
  revision: OptionalText,
  startedAt: OptionalText,
  finishedAt: OptionalText,
  infos: Infos,
});
type Operation = z.infer<typeof Operation>;

const Notification = z.looseObject({
  about: z.enum(["operation", "application"]),
  app: z.looseObject({
    name: z.string().min(1).max(253),
    namespace: OptionalText,
    project: OptionalText,
    uid: OptionalText,
    revision: OptionalText,
    sync: OptionalText,
    health: OptionalText,
  }),
  operation: Operation.nullish(),
  link: OptionalText,
});
type Notification = z.infer<typeof Notification>;

const RUN_INFO = "quarterdeck.run";

/** Notifications of Argo CD by its webhook service, with the templates of the page about it. */
export const argocdNotificationsKind = objectKind({
  name: "argocd-notifications",
  summary: "Notifications of Argo CD: syncs that others made, and health",
  event: ArgocdEvent,
  proof: { kind: "authorization" },
  sent: Notification,
  what: "notification by the template of the documentation",
  readingOf: (notification, body) => readingOf(deliveryId(undefined, body), [factOf(notification)]),
});

function factOf(notification: Notification): Fact {
  const { about, operation } = notification;
  if (about === "application") return applicationFact(notification);
  if (!operation) return nothing("there is no operation");
  const run = operation.infos?.find(({ name }) => name === RUN_INFO)?.value;
  // Its run saw the operation itself; telling it again would start something by something that was just started here.
  if (run !== undefined) return nothing(`the operation is of ${oneLine(run) || "a run"}, which has told of it already`);
  return operationFact(notification, operation);
}

function operationFact(notification: Notification, operation: Operation): Fact {
  const { phase, message, revision, startedAt, finishedAt } = operation;
  const event: ArgocdEvent = { ...eventOf(notification), revision, phase, message };
  return {
    kind: "fact",
    fact: {
      event,
      // Operations have no id: an application has one at a time, and when it began tells it from the others.
      content: [...identityOf(notification), revision, startedAt, phase],
      says: oneLine(`The sync of ${event.app} ended: ${phase}`),
      link: webLink(notification.link),
      happenedAt: eventTime(finishedAt),
    },
  };
}

function applicationFact(notification: Notification): Fact {
  const event = eventOf(notification);
  const { app, revision, health, sync } = event;
  return {
    kind: "fact",
    fact: {
      event,
      content: [...identityOf(notification), revision, sync, health],
      says: oneLine(`${app} is ${health} and ${sync}`),
      link: webLink(notification.link),
    },
  };
}

function eventOf({ about, app }: Notification): ArgocdEvent {
  const { name, namespace, project, revision, sync, health } = app;
  return { about, app: name, namespace, project, revision, sync, health, phase: "", message: "" };
}

function identityOf({ about, app: { uid, namespace, name } }: Notification): readonly string[] {
  return [about, uid, namespace, name];
}
