import { z } from "zod";

import { isTimeZone } from "../platform/civil-time.ts";
import { duration, Name } from "./field-schemas.ts";
import { StartSettings } from "./trigger-settings.ts";

const HOUR_MS = 3_600_000;

/** Something that starts a command again and again. It asks as itself: a role has to name it, and grants say what the role may. */
export const ScheduleSettings = z
  .strictObject({
    name: Name.meta({ description: "What it is called in roles and messages" }),
    cron: z.string().min(1).max(200).meta({
      description: "When: minute, hour, day of the month, month, day of the week; or `@daily` and its like",
    }),
    "time-zone": z
      .string()
      .refine(isTimeZone, { error: "the name of a time zone is expected, such as Europe/Berlin" })
      .default("UTC")
      .meta({ description: "Where the times are those of the clock on the wall, such as `Europe/Berlin`" }),
    missed: z.enum(["skip", "last", "all"]).default("last").meta({
      description:
        "What becomes of times at which the server was not there: `skip` leaves them out, `last` makes up for the newest, `all` for up to 24 of them",
    }),
    jitter: duration({ leastMs: 0, mostMs: 12 * HOUR_MS })
      .prefault("0s")
      .meta({
        description:
          "Up to how much later it starts, so that not everything starts in the same minute; always the same for one schedule",
      }),
    start: StartSettings.omit({ when: true }).meta({
      description: "What it starts; expressions see `event.at`, `event.date` and `event.schedule`",
    }),
  })
  .transform(({ "time-zone": zone, jitter: jitterMs, ...rest }) => ({ ...rest, zone, jitterMs }));
export type ScheduleSettings = z.infer<typeof ScheduleSettings>;
