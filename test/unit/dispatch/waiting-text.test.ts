import { describe, expect, it } from "vitest";

import { waitingText } from "../../../src/dispatch/waiting-text.ts";
import type { KnownWorker } from "../../../src/dispatch/worker-registry.ts";

const WORKER: KnownWorker = {
  id: "box-17",
  version: "1.0.0",
  protocol: 1,
  kinds: new Set(["argocd/sync"]),
  free: 4,
  jobs: [],
  heardAt: 0,
};
const QUIET = { name: "argocd/sync", trouble: undefined, workers: [WORKER], refusals: [] };

describe("what a step says that no worker has begun", () => {
  it.each([
    [{ trouble: "it is full (maxmemory)" }, "Waiting for Redis: it is full (maxmemory)"],
    [{ workers: [] }, "Waiting: no worker is connected"],
    [{ name: "new/kind" }, "Waiting for a worker that knows new/kind: box-17 (version 1.0.0) cannot"],
    [
      {
        name: "acme/ticket of acme-steps 2.0.0 (aaaa)",
        workers: [{ ...WORKER, kinds: new Set(["acme/ticket of acme-steps 1.0.0 (bbbb)"]) }],
      },
      "Waiting for a worker that knows acme/ticket of acme-steps 2.0.0 (aaaa): box-17 (version 1.0.0 with acme/ticket of acme-steps 1.0.0 (bbbb)) cannot",
    ],
    [
      { workers: [{ ...WORKER, protocol: 0 }] },
      "Waiting for a worker that knows argocd/sync: box-17 (version 1.0.0) cannot",
    ],
    [{ workers: [{ ...WORKER, free: 0 }] }, "Waiting for a free worker"],
    [{ refusals: ["it is a job of version 2"] }, "Waiting for another worker: it is a job of version 2"],
    [{}, "Waiting for a worker"],
  ])("%o: %s", (more, text) => {
    expect(waitingText({ ...QUIET, ...more })).toBe(text);
  });
});
