import { expect, it } from "vitest";

import { readinessOf } from "../../../src/web/readiness.ts";

it("is there when everything is that the server needs", () => {
  expect(readinessOf({ log: "ready", slack: "ready", argocd: { main: "ready" } }).ready).toBe(true);
  expect(readinessOf({ log: "full", slack: "ready", argocd: { main: "ready" } }).ready).toBe(false);
  expect(readinessOf({ log: "ready", slack: "disconnected", argocd: {} }).ready).toBe(false);
  expect(readinessOf({ log: "ready", slack: "ready", argocd: { main: "ready", edge: "connecting" } })).toEqual({
    ready: false,
    log: "ready",
    slack: "ready",
    argocd: { main: "ready", edge: "connecting" },
  });
});

it("is there wherever the log is anchored or is not, and says so", () => {
  const anchors = { slack: "failing", folder: "late" } as const;
  const readiness = readinessOf({ log: "ready", slack: "ready", argocd: {}, anchors });
  expect(readiness).toMatchObject({ ready: true, anchors });
});
