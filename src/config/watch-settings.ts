import { z } from "zod";

import { duration } from "./field-schemas.ts";

const DAY_MS = 86_400_000;

/** The watch over the health of applications outside of runs. */
export const WatchSettings = z
  .strictObject({
    apps: z.enum(["inventory", "all"]).default("inventory").meta({
      description: "`inventory` watches the applications of the services, `all` every one that the account may read",
    }),
    // Longer than a bad autoscaler or certificate takes to come and go, shorter than a night.
    flap: duration({ leastMs: 0, mostMs: DAY_MS }).prefault("15m").meta({
      description:
        "How long after a recovery being Degraded again belongs to the same alert, which is edited: no new message comes",
    }),
    storm: z.int().min(2).max(1000).default(6).meta({
      description: "From how many applications within five minutes on there is one message with a list",
    }),
  })
  .transform(({ apps, flap, storm }) => ({ apps, flapMs: flap, stormFrom: storm }));
