import { expect, it } from "vitest";

import { Metrics } from "../../../src/web/metrics.ts";
import { begun, ended, failedStep, SYNC, started, viewOf } from "../slack/sample-run.ts";

async function figures(metrics: Metrics): Promise<readonly string[]> {
  return (await metrics.text()).split("\n").filter((line) => line.startsWith("quarterdeck_"));
}

it("count what happened, and ask for the rest when somebody looks", async () => {
  const metrics = new Metrics();
  let backlog = 3;
  metrics.watch({
    runs: () => new Map([["succeeded", 7]]),
    gatesWaiting: () => 2,
    locksWaiting: () => 1,
    steps: () => new Map([["argocd/wait", 4]]),
    logEvents: () => 99,
    outboxBacklog: () => backlog,
    slackConnections: () => 2,
    argocd: () => [{ name: "main", connected: false, connections: 3 }],
    anchors: () => [
      { name: "slack", ageMs: 60_500, lateMs: 0 },
      { name: "folder", ageMs: undefined, lateMs: 9000 },
    ],
  });
  metrics.committed(2, true);
  metrics.committed(0, false);
  metrics.called({ method: "chat.update", result: "limited", waitMs: 1500 });
  metrics.refused("signature");
  metrics.reportRefused("forged");
  const events = [started(), begun(SYNC, "argocd/sync", "action"), ended(SYNC)];
  metrics.recorded(viewOf(events).state, events);
  const failed = [...events.slice(0, 2), failedStep(SYNC, "argocd.refused", "no")];
  metrics.recorded(viewOf(failed).state, failed.slice(-1));
  expect(await figures(metrics)).toEqual(
    expect.arrayContaining([
      'quarterdeck_runs{status="succeeded"} 7',
      "quarterdeck_gates_waiting 2",
      "quarterdeck_locks_waiting 1",
      'quarterdeck_steps_under_way{kind="argocd/wait"} 4',
      "quarterdeck_log_events 99",
      "quarterdeck_slack_backlog 3",
      'quarterdeck_argocd_stream_up{server="main"} 0',
      'quarterdeck_argocd_stream_reconnects{server="main"} 2',
      'quarterdeck_anchor_age_seconds{target="slack"} 60.5',
      'quarterdeck_anchor_late_seconds{target="slack"} 0',
      'quarterdeck_anchor_late_seconds{target="folder"} 9',
      'quarterdeck_log_commit_seconds_bucket{le="0.0025"} 1',
      "quarterdeck_log_commits_failed_total 1",
      'quarterdeck_slack_calls_total{method="chat.update",result="limited"} 1',
      "quarterdeck_slack_rate_limit_wait_seconds_total 1.5",
      'quarterdeck_slack_requests_refused_total{reason="signature"} 1',
      'quarterdeck_worker_reports_refused_total{reason="forged"} 1',
      'quarterdeck_step_duration_seconds_count{kind="argocd/sync",outcome="succeeded"} 1',
      'quarterdeck_step_duration_seconds_count{kind="argocd/sync",outcome="failed"} 1',
    ]),
  );
  backlog = 0;
  expect(await figures(metrics)).toContain("quarterdeck_slack_backlog 0");
});

it("do not tell which version runs", async () => {
  expect(await new Metrics().text()).not.toMatch(/version/u);
});
