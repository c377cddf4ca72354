import { z } from "zod";

import { duration } from "./field-schemas.ts";

const HOUR_MS = 3_600_000;

export const settle = duration({ leastMs: 0, mostMs: HOUR_MS });
export const degradedGrace = duration({ leastMs: 0, mostMs: HOUR_MS });
export const startDeadline = duration({ leastMs: 1000, mostMs: HOUR_MS });

/** Ordinary configuration: how patient Quarterdeck is with Argo CD. */
export const TimingSettings = z
  .strictObject({
    // Controllers of custom resources that do not note which generation they observed report the old Healthy for a moment.
    settle: settle.prefault("20s").meta({
      description:
        "How long an application must stay Healthy before it counts: right after a sync some controllers still report the health of before",
    }),
    // Autoscalers, certificates and external secrets pass through Degraded on their way to Healthy.
    "degraded-grace": degradedGrace.prefault("90s").meta({
      description:
        "How long an application may be Degraded before it counts as failed: some resources pass through Degraded on their way to Healthy",
    }),
    // An accepted operation waits for ever when the controller is down or told to skip the application.
    "start-deadline": startDeadline.prefault("2m").meta({
      description:
        "How long Argo CD may take to begin with a sync that it accepted: it has no limit of its own when its controller is down",
    }),
    // The watch drops events without a word when its reader is slow.
    resync: duration({ leastMs: 1000, mostMs: HOUR_MS }).prefault("2m").meta({
      description: "How often all applications are listed, in case the watch has missed a change",
    }),
    "shutdown-grace": duration({ leastMs: 0, mostMs: HOUR_MS }).prefault("10s").meta({
      description:
        "How long a step that must not be repeated may still take when the server is told to end; the others go on after the next start",
    }),
  })
  .transform((timing) => ({
    settleMs: timing.settle,
    degradedGraceMs: timing["degraded-grace"],
    startDeadlineMs: timing["start-deadline"],
    resyncMs: timing.resync,
    shutdownGraceMs: timing["shutdown-grace"],
  }));
