import { nightlyDriftBlueprint } from "../blueprints/nightly-drift.ts";
import { finding } from "../finding.ts";
import { posted } from "../left-behind.ts";
import { ANA } from "../people.ts";
import type { Play } from "../play.ts";
import { infraFolders } from "../world-parts/infra-folders.ts";

/**
 * What differs from Git is reported and nothing is changed. On the second night one environment cannot be looked at: the other is
 * reported all the same, and people are told.
 */
export const nightlyDrift: Play = {
  name: "nightly-drift",
  summary: "a report of what differs from Git, which asks nobody and changes nothing",
  settings: { blueprints: [nightlyDriftBlueprint] },

  async tell(story) {
    await story.type(ANA, "/qd nightly-drift");
    const first = await story.card(/nightly drift/iu);
    await story.reply(first, /Terraform in \*prod\*: 0 to add, 1 to change, 0 to destroy/u);
    await story.reply(first, /Terraform in \*staging\*: nothing to do/u);
    await story.reply(first, /applications are OutOfSync: checkout-prod/u);
    await story.says(first, /: succeeded\./u);
    await story.happens("Somebody breaks the configuration of prod", (world) => infraFolders.of(world).ruin("prod"));
    await story.type(ANA, "/qd nightly-drift");
    await story.post(/S0ONCALL01.*failed in prod at step plan/iu);
    const second = await story.card(/nightly drift: failed/iu);
    await story.reply(second, /Terraform in \*staging\*: nothing to do/u);
  },

  check(left) {
    const texts = posted(left).map(({ text }) => text);
    const [first, second] = left.runs;
    const said = (text: string): number => texts.filter((each) => each.includes(text)).length;
    const files = left.world.slack.world.files.all().map(({ name }) => name);
    return [
      finding(
        "Log: the first report succeeded, the second failed",
        first?.status === "succeeded" && second?.status === "failed",
      ),
      finding(
        "Log: neither run has a target",
        left.runs.every(({ targets }) => targets.length === 0),
      ),
      finding(
        "Log: nobody was asked anything",
        left.events.every(({ event }) => event.type !== "gate.opened"),
      ),
      finding("Slack: staging was reported in both", said("Terraform in *staging*: nothing to do") === 2),
      finding("Slack: the plan of prod was posted as a file", files.includes("plan.txt")),
      finding(
        "Slack: what Argo CD calls OutOfSync was reported",
        said("applications are OutOfSync: checkout-prod") === 1,
      ),
      ...["staging", "prod"].map((environment) =>
        finding(
          `Terraform: the state of ${environment} was not written`,
          infraFolders.of(left.world).serial(environment) === 7,
        ),
      ),
      finding(
        "Argo CD: nothing was synced",
        left.world.argocd.state().applications.every(({ deployments }) => deployments === 1),
      ),
    ];
  },
};
