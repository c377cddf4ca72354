import { describe, expect, it } from "vitest";

import type { Blame } from "../../../../src/observe/incident-fact.ts";
import { messageProblems } from "../../../../src/slack/validate-blocks.ts";
import { tryCommandAction } from "../../../../src/slack/views/command-button.ts";
import { renderHistory } from "../../../../src/slack/views/history-list.ts";
import { renderIncident } from "../../../../src/slack/views/incident-alert.ts";
import { renderIncidentEnd } from "../../../../src/slack/views/incident-end.ts";
import { renderIncidentGroup } from "../../../../src/slack/views/incident-group.ts";
import { lookups } from "../sample-run.ts";
import { aGroup, anIncident, RECOVERED, SINCE } from "./incident-sample.ts";

const mention = { kind: "group", group: "S0ONCALL01" } as const;

function alert(parts: Parameters<typeof anIncident>[0] = {}, mayAct = true) {
  return renderIncident({ incident: anIncident(parts), mention, mayAct }, lookups);
}

/** All texts of the blocks, in order. */
function words({ blocks }: { readonly blocks: unknown }): string {
  const found: string[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach((each) => visit(each));
    if (typeof value !== "object" || value === null) return;
    for (const [name, member] of Object.entries(value)) {
      if (name === "text" && typeof member === "string") found.push(member);
      else visit(member);
    }
  };
  visit(blocks);
  return found.join("\n");
}

function commands(content: { readonly blocks: unknown }) {
  return Array.from(JSON.stringify(content.blocks).matchAll(/"value":("(?:[^"\\]|\\.)*")/gu), ([, value = '""']) =>
    tryCommandAction(JSON.parse(value)),
  );
}

describe("the alert about an application that is Degraded outside of runs", () => {
  it("says in its first line what, where and since when, and calls whoever is on call", () => {
    const [first] = words(alert()).split("\n");
    expect(first).toBe(
      ":rotating_light: <!subteam^S0ONCALL01> *checkout in prod is Degraded* since <!date^1767236520^{date_short_pretty} {time}|2026-01-01 03:02 UTC>, <!date^1767236520^{ago}|2026-01-01 03:02 UTC>",
    );
  });

  it("names the worst resources with their messages, what was deployed last, the revision, and where to look", () => {
    const text = words(alert());
    expect(text).toContain("• `Pod/checkout-6c9f7d-x2x4v` Degraded: back-off 5m0s restarting failed container");
    expect(text).toContain("*Last change:* `abc1236` was deployed 4 min before, by `bob` in Argo CD.");
    expect(text).toContain("live `abc1236`");
    expect(text).toContain("Open in Argo CD");
  });

  it("says it all in one sentence for notifications and screen readers", () => {
    expect(alert().text).toContain("checkout in prod is Degraded since");
    expect(alert().text).not.toContain("{ago}");
    expect(alert().text).toContain("Pod/checkout-6c9f7d-x2x4v: back-off 5m0s");
  });

  it("rolls back to a revision that is named in the question", () => {
    const content = alert();
    const revision = "2b4337b".padEnd(40, "0");
    expect(commands(content)).toEqual([
      { command: "rollback", values: { service: "checkout", environment: "prod", revision } },
    ]);
    expect(words(content)).toContain(
      "checkout in prod goes from abc1236 to 2b4337b, which was last proven there on 2025-12-29 03:02 UTC.",
    );
  });

  it("offers to retry the run that failed there", () => {
    const run = { run: "run_01JD", title: "Promote checkout", requester: "p-ana", revision: "a", at: SINCE - 1000 };
    const failed: Blame = { kind: "run", failed: true, ...run };
    expect(commands(alert({ blame: failed, wayBack: null }))).toEqual([
      { command: "retry", values: { run: "run_01JD" } },
    ]);
    expect(commands(alert({ blame: { ...failed, failed: false }, wayBack: null }))).toEqual([]);
  });

  it("has no button that changes something while Quarterdeck only observes, outside the inventory, and when it is over", () => {
    expect(commands(alert({}, false))).toEqual([]);
    expect(words(alert({}, false))).toContain("Open in Argo CD");
    expect(commands(alert({ environment: "" }))).toEqual([]);
    expect(commands(alert(RECOVERED))).toEqual([]);
  });

  it.each<[string, Blame, string]>([
    [
      "a run",
      {
        kind: "run",
        run: "run_01JD7FQ2",
        title: "Promote checkout abc1236 to prod",
        requester: "p-ana",
        failed: true,
        revision: "abc",
        at: SINCE - 60_000,
      },
      "*Last change:* `abc` was deployed 1 min before, by run ",
    ],
    [
      "auto-sync",
      { kind: "operation", who: "auto-sync", automated: true, phase: "Failed", revision: "abc", at: SINCE - 60_000 },
      "*Last change:* `abc` was deployed 1 min before, by Argo CD's auto-sync; that sync: Failed.",
    ],
    [
      "something that came after",
      { kind: "operation", who: "bob", automated: false, phase: "Running", revision: "abc", at: SINCE + 60_000 },
      "*After that:* `abc` was deployed <!date^",
    ],
    [
      "something long ago",
      { kind: "operation", who: "bob", automated: false, phase: "Succeeded", revision: "abc", at: SINCE - 86_400_000 },
      "*Nothing was deployed in the hour before.* The last was `abc`, <!date^",
    ],
    ["nothing", { kind: "nothing" }, "Argo CD remembers no deployment of it."],
  ])("blames %s", (_, blame, said) => {
    expect(words(alert({ blame }))).toContain(said);
  });

  it("becomes a line about how long it took when it is over, and calls nobody any more", () => {
    const text = words(alert({ ...RECOVERED, flaps: 2 }));
    expect(text).toMatch(
      /^:white_check_mark: \*checkout in prod is healthy again after 12 min\*\n~Degraded since <!date/u,
    );
    expect(text).toContain("It recovered and fell back 2 times.");
    expect(text).toContain("It was `Pod/checkout-6c9f7d-x2x4v` Degraded: back-off");
    expect(text).not.toContain("subteam");
  });

  it("says when the application is gone", () => {
    expect(words(alert({ status: "deleted", endedAt: SINCE + 60_000 }))).toContain(
      "*checkout in prod is gone from Argo CD after 1 min of being Degraded*",
    );
  });
});

describe("several applications in one message", () => {
  it("that were ill at the first sight call nobody", () => {
    const content = renderIncidentGroup({ ...aGroup("first-sight", { count: 2 }), mention }, lookups);
    expect(words(content)).toMatch(
      /^:eyes: \*2 applications were unhealthy already when Quarterdeck first saw them\*\n/u,
    );
    expect(words(content)).not.toContain("subteam");
  });

  it("that fell ill together call whoever is on call, with a list and where they are", () => {
    const text = words(renderIncidentGroup({ ...aGroup("storm", { count: 50 }), mention }, lookups));
    expect(text).toMatch(
      /^:rotating_light: <!subteam\^S0ONCALL01> \*50 applications became unhealthy together, from <!date/u,
    );
    expect(text).toContain("unhealthy now: 50 in `prod`");
    expect(text.match(/^• /gmu)).toHaveLength(12);
    expect(text).toContain("`checkout-20 in prod`");
  });

  it("are counted while they recover, and over when all have", () => {
    const some = words(renderIncidentGroup({ ...aGroup("storm", { count: 6, over: 4 }), mention }, lookups));
    expect(some).toContain("4 of the 6 are healthy again.");
    const one = words(renderIncidentGroup({ ...aGroup("storm", { count: 6, over: 1 }), mention }, lookups));
    expect(one).toContain("1 of the 6 is healthy again.");
    const all = words(renderIncidentGroup({ ...aGroup("storm", { count: 6, over: 6 }), mention }, lookups));
    expect(all).toMatch(/^:white_check_mark: \*All 6 applications are healthy again, the last after 12 min\*/u);
    expect(all).not.toContain("subteam");
  });
});

describe("what follows the alert of a run", () => {
  it("is one line below it", () => {
    expect(words(renderIncidentEnd(anIncident(RECOVERED)))).toBe(
      ":white_check_mark: *checkout in prod is healthy again after 12 min*",
    );
    expect(words(renderIncidentEnd(anIncident({ flaps: 1 })))).toContain("*checkout in prod is Degraded again*");
  });
});

describe("the history", () => {
  it("shows what others did in Argo CD, in order with the runs", () => {
    const operation = {
      app: "main/argocd/checkout-prod",
      service: "checkout",
      environment: "prod",
      who: "bob",
      phase: "Failed",
      message: "one or more objects failed to apply",
      revisions: ["abc1236".padEnd(40, "0")],
      startedAt: SINCE,
      endedAt: SINCE,
    };
    const auto = { ...operation, who: "auto-sync", phase: "Succeeded", message: "", startedAt: SINCE + 1 };
    const content = renderHistory(
      { kind: "history", about: "checkout", runs: [], operations: [operation, auto] },
      lookups,
    );
    const [, first, second] = words(content).split("\n");
    expect(first).toMatch(
      /^:gear: Sync of <https:.*\|checkout in prod> at `abc1236` by Argo CD's auto-sync succeeded, <!date/u,
    );
    expect(second).toContain("by `bob` in Argo CD ended as Failed: one or more objects failed to apply, ");
    expect(messageProblems(content)).toEqual([]);
  });
});
