import { fleetBlueprint } from "../blueprints/fleet.ts";
import { finding, type Finding } from "../finding.ts";
import { applicationOf, countSteps, doers, type LeftBehind, posted, same } from "../left-behind.ts";
import { ANA, OLGA, PRIYA } from "../people.ts";
import type { Play } from "../play.ts";
import { isLiveAt, type Story } from "../story.ts";
import { edgeClusters } from "../world-parts/edge-clusters.ts";

/**
 * A release goes to ten clusters, two at a time, after one approval. It crashes in the fourth: nothing more begins, and when that cluster
 * is mended, on-call goes on from there to the end.
 */
export const fleet: Play = {
  name: "fleet",
  summary: "ten clusters, two at a time; the roll-out stops at a bad one, and goes on from it once it is mended",
  settings: { blueprints: [fleetBlueprint] },
  tell,
  check: (left) => [...checkArgocd(left), ...checkLog(left), ...checkMessages(left)],
};

async function tell(story: Story): Promise<void> {
  const { picky, pickyThere } = edgeClusters.of(story.world);
  await story.type(ANA, `/qd fleet relay ${picky.slice(0, 7)}`);
  const card = await story.card(new RegExp(`relay ${picky.slice(0, 7)}`, "u"));
  const gate = await story.reply(card, /relay/u, "gate_approve");
  await story.press(PRIYA, gate, "gate_approve");
  // What the watch says of the same cluster names the roll-out, too.
  const alert = await story.post(/S0ONCALL01> Roll out relay/u);
  await story.says(card, /: failed\./u);
  await story.happens("The nodes of edge-4 get the kernel that the release needs", async ({ argocd }) => {
    const behaviour = { kind: "starts", afterMs: 500 } as const;
    await argocd.control({ action: "set-image", prefix: pickyThere, behaviour });
    await argocd.control({ action: "set-pods", application: "relay-edge-4", state: "ready" });
  });
  await story.ask(OLGA, alert, "retry");
  await story.says(card, /: succeeded\./u);
}

function checkArgocd(left: LeftBehind): readonly Finding[] {
  const { clusters, picky } = edgeClusters.of(left.world);
  return clusters.flatMap((cluster) => {
    const application = applicationOf(left, `relay-${cluster}`);
    return [
      finding(`Argo CD: ${cluster} is Healthy at the release`, isLiveAt(picky)(application)),
      finding(`Argo CD: ${cluster} was synced once`, application.deployments === 2),
    ];
  });
}

function checkLog(left: LeftBehind): readonly Finding[] {
  return [
    finding(
      "Log: one run, and it succeeded in the end",
      same(
        left.runs.map(({ status }) => status),
        ["succeeded"],
      ),
    ),
    finding("Log: Priya approved once, for all clusters", same(doers(left, "gate.decided"), [PRIYA])),
    finding("Log: nothing was begun after edge-4 had failed, until Olga went on", isStopped(left)),
    finding("Log: two clusters at a time at most", mostAtOnce(left) === 2),
    finding("Log: in edge-4 the sync was not repeated", countSteps(left, "step.started", "[edge-4]/sync") === 1),
    finding("Log: in edge-4 the wait was repeated", countSteps(left, "step.started", "[edge-4]/healthy") === 2),
  ];
}

/** Between the failure and the retry no further cluster is begun, and those that come later are not done. */
function isStopped({ events }: LeftBehind): boolean {
  const failed = events.findIndex(({ event }) => event.type === "step.failed" && event.path.includes("[edge-4]"));
  const retried = events.findIndex(({ event }) => event.type === "run.retried");
  const isSync = ({ event }: (typeof events)[number]): boolean =>
    event.type === "step.started" && event.path.endsWith("/sync");
  const later = events.slice(retried).filter(isSync);
  return failed >= 0 && retried > failed && !events.slice(failed, retried).some(isSync) && later.length >= 5;
}

/** How many clusters were being changed at the same time. */
function mostAtOnce({ events }: LeftBehind): number {
  let [now, most] = [0, 0];
  for (const { event } of events) {
    if (event.type === "lock.acquired") now += 1;
    if (event.type === "lock.released") now -= 1;
    most = Math.max(most, now);
  }
  return most;
}

function checkMessages(left: LeftBehind): readonly Finding[] {
  const messages = posted(left).filter(({ threadTs }) => threadTs === undefined);
  const alerts = messages.filter(({ text }) => text.includes(`failed, and was retried by <@${OLGA}>`));
  const cards = messages.filter(({ text }) => /^Roll out relay.*: succeeded\./u.test(text));
  return [
    finding("Slack: one alert of the roll-out, and it says that Olga went on", alerts.length === 1),
    finding("Slack: the card says that it succeeded", cards.length === 1),
  ];
}
