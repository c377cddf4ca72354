import { expect, it } from "vitest";

import { parseConfiguration } from "../../../src/config/load-configuration.ts";
import { demoConfiguration } from "../../../src/demo/demo-configuration.ts";
import { clockText, withSchedules } from "../../../src/demo/scheduled-text.ts";
import { nextOccurrence } from "../../../src/triggers/schedule/occurrences.ts";
import { trySchedulePlan } from "../../../src/triggers/schedule/schedule-plan.ts";

const NOW = Date.UTC(2026, 10, 22, 9, 59, 57);
const SCHEDULE = { name: "nightly", dueAt: NOW + 5000, command: "sync", inputs: { service: "web", environment: "qa" } };

function configured(grantedIn: readonly string[]) {
  const addresses = { argocdUrl: "http://127.0.0.1:4001", repositoryUrl: "http://127.0.0.1:4002/harbor/deploy.git" };
  const text = withSchedules(demoConfiguration(addresses), [{ ...SCHEDULE, grantedIn }]);
  return parseConfiguration({ text, file: "quarterdeck.yaml" }, () => []);
}

it("is due at the second that was asked for, and a day later again", () => {
  const { schedules } = configured(["qa"]);
  const plan = schedules.map((schedule) => trySchedulePlan(schedule))[0];
  if (plan === undefined) throw new Error("there is no schedule");
  expect(nextOccurrence(plan.timing, NOW)).toBe(SCHEDULE.dueAt);
  expect(nextOccurrence(plan.timing, SCHEDULE.dueAt)).toBe(SCHEDULE.dueAt + 86_400_000);
  expect(clockText(SCHEDULE.dueAt)).toBe("10:00:02");
});

it("has a role of its own, and a grant only where it is to have one", () => {
  const granted = configured(["qa"]);
  expect(granted.roles["nightly"]).toEqual([{ kind: "machine", machine: "schedule:nightly" }]);
  expect(granted.grants[0]).toMatchObject({
    role: "nightly",
    verbs: ["sync"],
    services: ["web"],
    environments: ["qa"],
  });
  expect(configured([]).grants.filter(({ role }) => role === "nightly")).toEqual([]);
});
