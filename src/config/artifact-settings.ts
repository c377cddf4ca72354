import { z } from "zod";

import { duration, ServerUrl, Size } from "./field-schemas.ts";

const DAY_MS = 86_400_000;

/** The files that steps leave: plans, reports, logs. */
export const ArtifactSettings = z
  .strictObject({
    keep: duration({ leastMs: DAY_MS, mostMs: 3650 * DAY_MS })
      .prefault("90d")
      .meta({ description: "How long a file is kept after it was left; those of open runs are kept until they end" }),
    largest: Size.prefault("64MB").meta({ description: "Largest file that a step may leave" }),
    url: ServerUrl.optional().meta({
      description:
        "Where workers reach this server for files; `QUARTERDECK_PUBLIC_URL`, or else `HOST` and `PORT`, when absent",
    }),
  })
  .transform(({ keep, largest, url }) => ({ keepMs: keep, largestBytes: largest, url }));
