import { promoteProbedBlueprint } from "../blueprints/promote-probed.ts";
import { finding, type Finding } from "../finding.ts";
import { applicationOf, countSteps, type LeftBehind, posted } from "../left-behind.ts";
import { ANA, PRIYA } from "../people.ts";
import type { Play } from "../play.ts";
import { isLiveAt, type Story } from "../story.ts";
import { probedReleases } from "../world-parts/probed-releases.ts";

/** A release that is well goes to prod. The next one is Healthy for Argo CD and answers badly: it is returned in staging, and prod keeps what it has. */
export const promoteProbed: Play = {
  name: "promote-probed",
  summary: "what is Healthy but answers badly is found by its metrics, and returned before prod",
  settings: { blueprints: [promoteProbedBlueprint] },
  tell,
  check: (left) => [...checkArgocd(left), ...checkLog(left), ...checkMessages(left)],
};

async function tell(story: Story): Promise<void> {
  const { good, faulty } = probedReleases.of(story.world);
  await story.type(ANA, `/qd promote-probed checkout ${good.slice(0, 7)} to prod`);
  const first = await story.card(new RegExp(good.slice(0, 7), "u"));
  const gate = await story.reply(first, /checkout/u, "gate_approve");
  await story.press(PRIYA, gate, "gate_approve");
  await story.says(first, /succeeded/u);
  await story.type(ANA, `/qd promote-probed checkout ${faulty.slice(0, 7)} to prod`);
  const second = await story.card(new RegExp(faulty.slice(0, 7), "u"));
  await story.application("checkout-staging", "Healthy at the faulty release", isLiveAt(faulty));
  await story.post(/S0ONCALL01.*failed/iu);
  await story.application("checkout-staging", "back at the good release", isLiveAt(good));
  await story.ended(second);
}

/** Staging has been there and back; prod has never seen the faulty release. */
function checkArgocd(left: LeftBehind): readonly Finding[] {
  const { good } = probedReleases.of(left.world);
  const [staging, prod] = [applicationOf(left, "checkout-staging"), applicationOf(left, "checkout-prod")];
  return [
    finding("Argo CD: staging is Healthy at the good release again", isLiveAt(good)(staging)),
    finding("Argo CD: staging was synced three times: good, faulty, good", staging.deployments === 4),
    finding("Argo CD: prod is Healthy at the good release", isLiveAt(good)(prod)),
    finding("Argo CD: prod was synced once", prod.deployments === 2),
  ];
}

function checkLog(left: LeftBehind): readonly Finding[] {
  const [first, second] = left.runs;
  return [
    finding(
      "Log: two runs, the first succeeded, the second failed",
      first?.status === "succeeded" && second?.status === "failed",
    ),
    finding("Log: it failed because of the metric", second?.failure?.failure.code === "metrics.beyond"),
    finding("Log: smoke, feed, errors and soak were good in both environments for the good release", probes(left)),
    finding(
      "Log: nobody was asked about prod for the faulty release",
      countSteps(left, "gate.opened", "[prod]/gate") === 1,
    ),
    finding("Log: the way back was proven", countSteps(left, "step.succeeded", "/returned") === 1),
  ];
}

function probes(left: LeftBehind): boolean {
  const good = ["staging", "prod"].flatMap((place) =>
    ["smoke", "feed", "errors", "soak"].map((step) => `[${place}]/${step}`),
  );
  return good.every((path) => countSteps(left, "step.succeeded", path) >= 1);
}

function checkMessages(left: LeftBehind): readonly Finding[] {
  const alerts = posted(left).filter(({ threadTs, text }) => threadTs === undefined && text.includes("S0ONCALL01"));
  return [
    finding("Slack: one alert", alerts.length === 1),
    finding("Slack: it names the step and the environment", /in staging at step errors/u.test(alerts[0]?.text ?? "")),
  ];
}
