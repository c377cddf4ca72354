import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, it } from "vitest";

import { Metrics } from "../../src/web/metrics.ts";
import { ROOT } from "../support/tracked-files.ts";

it("the page about HTTP has every figure that the server gives, and no other", async () => {
  const metrics = new Metrics();
  metrics.watch({
    runs: () => new Map(),
    gatesWaiting: () => 0,
    locksWaiting: () => 0,
    steps: () => new Map(),
    logEvents: () => 0,
    outboxBacklog: () => 0,
    slackConnections: () => 0,
    argocd: () => [],
    anchors: () => [],
  });
  const given = Array.from((await metrics.text()).matchAll(/^# TYPE (quarterdeck_\w+)/gmu), ([, name]) => name);
  const page = await readFile(join(ROOT, "docs/http.md"), "utf8");
  const documented = Array.from(page.matchAll(/^\| `(quarterdeck_\w+)`/gmu), ([, name]) => name);
  expect(documented.toSorted((left = "", right = "") => left.localeCompare(right))).toEqual(
    given.toSorted((left = "", right = "") => left.localeCompare(right)),
  );
});
