import { z } from "zod";

import type { Json } from "../../platform/canonical-json.ts";
import { deliveryId } from "./delivery-id.ts";
import { eventTime } from "./event-time.ts";
import { readingOf } from "./fact.ts";
import { oneLine } from "./one-line.ts";
import { objectKind } from "./object-kind.ts";
import { OptionalText } from "./vendor-fields.ts";

const ArgoEventsEvent = z.strictObject({
  source: z.string().meta({ description: "The name of the EventSource" }),
  name: z.string().meta({ description: "The name of the event in it" }),
  type: z.string().meta({ description: "The sort of the EventSource, such as `webhook` or `sqs`" }),
  id: z.string().meta({ description: "The id of the event" }),
  time: z.string().meta({ description: "When it came to the EventSource" }),
  data: z.custom<Json>().meta({ description: "What the Sensor puts there: the data of the event, or a part of it" }),
});

// The body is what the Sensor in docs/triggers/argo-events.md makes.
const Sent = z.looseObject({
  id: z.string().min(1).max(300),
  source: z.string().min(1).max(300),
  name: OptionalText,
  type: OptionalText,
  time: OptionalText,
  data: z.custom<Json>().optional(),
});

/** HTTP triggers of a Sensor of Argo Events. */
export const argoEventsKind = objectKind({
  name: "argo-events",
  summary: "The HTTP trigger of a Sensor of Argo Events",
  event: ArgoEventsEvent,
  proof: { kind: "authorization" },
  sent: Sent,
  what: "event by the Sensor of the documentation",
  readingOf({ id, source, name, type, time, data = null }, body) {
    const event: z.infer<typeof ArgoEventsEvent> = { source, name, type, id, time, data };
    const fact = {
      event,
      content: [source, name, type, data],
      says: oneLine(`${name || "An event"} came from ${source}`),
      happenedAt: eventTime(time),
    };
    return readingOf(deliveryId(`${source} ${id}`, body), [{ kind: "fact", fact }]);
  },
});
