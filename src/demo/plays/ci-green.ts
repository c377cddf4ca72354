import { DEMO_COMMITS } from "../../simulator/git-demo-repository.ts";
import { ciGreenBlueprint } from "../blueprints/ci-green.ts";
import { finding, type Finding } from "../finding.ts";
import { applicationOf, type LeftBehind, posted, same } from "../left-behind.ts";
import { ANA } from "../people.ts";
import type { Play } from "../play.ts";
import { isLiveAt, type Story } from "../story.ts";
import { ciWebhook, webhookTarget } from "../world-parts/ci-webhook.ts";

const GREEN = DEMO_COMMITS.target;
const RED = DEMO_COMMITS.webPrices;

/** CI is green in GitHub, whose webhook says so: the commit is deployed without anybody in Slack. Nothing else that arrives starts anything. */
export const ciGreen: Play = {
  name: "ci-green",
  summary:
    "GitHub's webhook says that CI is green, and the commit goes to staging; red, repeated and forged ones start nothing",
  settings: { blueprints: [ciGreenBlueprint] },
  tell,
  check: (left) => [...checkWebhook(left), ...checkRuns(left), ...checkMessages(left)],
};

async function tell(story: Story): Promise<void> {
  const webhook = ciWebhook.of(story.world);
  const target = webhookTarget(story.world);
  await story.happens("Ana pushes abc1236 to main; CI tests it, and GitHub tells that it is green", () =>
    webhook.push(target, { sha: GREEN }),
  );
  const card = await story.card(/abc1236/u);
  await story.says(card, /: succeeded\./u);
  await story.happens("Somebody has GitHub send that once more", async () => {
    await webhook.redeliver(target, "workflow_run");
  });
  await story.happens("The next commit is red in CI, and GitHub tells that", () => webhook.push(target, { sha: RED }));
  await story.happens("Somebody who does not know the secret claims that it is green", async () => {
    await webhook.redeliver({ ...target, secret: "guessed" }, "workflow_run");
  });
  await story.type(ANA, "/qd triggers ci-green");
  await story.told(ANA, /its condition does not hold.*asked for ci-deploy/su);
}

function checkWebhook({ world }: LeftBehind): readonly Finding[] {
  const { sent } = ciWebhook.of(world);
  const answers = sent.map(({ event, status }) => `${event} ${status}`);
  const wanted = [
    "push 200",
    "workflow_run 200",
    "workflow_run 200",
    "push 200",
    "workflow_run 200",
    "workflow_run 401",
  ];
  const [, green, again] = sent;
  return [
    finding(`GitHub: every delivery was answered as it should be (${answers.join(", ")})`, same(answers, wanted)),
    finding("GitHub: it was told what was asked for", green?.answer.includes('"asked":["ci-deploy"]') === true),
    finding("GitHub: and that the same delivery asks for nothing again", again?.answer.includes('"asked":[]') === true),
  ];
}

function checkRuns(left: LeftBehind): readonly Finding[] {
  const [run] = left.runs;
  const checkout = applicationOf(left, "checkout-staging");
  return [
    finding("Log: one run, and it succeeded", left.runs.length === 1 && run?.status === "succeeded"),
    finding("Log: the trigger asked for it", left.users.get(run?.requester ?? "") === "trigger:ci-green"),
    finding(
      "Log: it came in by the trigger, for Ana",
      run?.origin.door === "trigger" && run.origin.behalf?.length === 1,
    ),
    finding("Argo CD: checkout-staging is Healthy at abc1236", isLiveAt(GREEN)(checkout)),
    finding("Argo CD: it was synced once", checkout.deployments === 2),
  ];
}

function checkMessages(left: LeftBehind): readonly Finding[] {
  const cards = posted(left).filter(({ text }) => text.includes("asked for by the trigger ci-green"));
  return [
    finding("Slack: the card says who asked", cards.length === 1),
    finding(
      "Slack: and what made it ask",
      JSON.stringify(cards[0]?.blocks).includes("CI of harbor/deploy ended with success"),
    ),
  ];
}
