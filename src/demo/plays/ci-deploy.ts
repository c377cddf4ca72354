import { DEMO_COMMITS } from "../../simulator/git-demo-repository.ts";
import { ciDeployBlueprint } from "../blueprints/ci-deploy.ts";
import { finding, type Finding } from "../finding.ts";
import { applicationOf, countSteps, doers, type LeftBehind, posted, same } from "../left-behind.ts";
import { ANA, OLGA } from "../people.ts";
import type { Play } from "../play.ts";
import { isLiveAt, type Story } from "../story.ts";
import { forge, FORGE_REPOSITORY } from "../world-parts/forge.ts";

const GREEN = DEMO_COMMITS.target;
const FLAKY = DEMO_COMMITS.webPrices;
const SHORT = FLAKY.slice(0, 7);

/** A commit is deployed once its checks are green. Another one is red: nothing happens before it was run again. */
export const ciDeploy: Play = {
  name: "ci-deploy",
  summary: "what CI has tested is deployed; what is red is not, until it was run again and is green",
  settings: { blueprints: [ciDeployBlueprint] },
  tell,
  check: (left) => [...checkArgocd(left), ...checkLog(left), ...checkMessages(left)],
};

async function tell(story: Story): Promise<void> {
  await story.type(ANA, "/qd ci-deploy checkout abc123 to staging");
  const first = await story.card(/abc1236/u);
  await story.ended(first);
  await story.type(ANA, `/qd ci-deploy web ${SHORT} to staging`);
  const second = await story.card(new RegExp(SHORT, "u"));
  await story.ended(second);
  const alert = await story.post(/S0ONCALL01.*unit tests/u);
  await story.happens("The unit tests are run again on GitHub, and are green", ({ parts }) => {
    const { ci } = forge.of({ parts }).project(FORGE_REPOSITORY);
    ci.start(FLAKY, { name: "unit tests", afterMs: 500, conclusion: "success" });
  });
  await story.ask(OLGA, alert, "retry");
  await story.says(second, /: succeeded\./u);
}

function checkArgocd(left: LeftBehind): readonly Finding[] {
  const [checkout, web] = [applicationOf(left, "checkout-staging"), applicationOf(left, "web-staging")];
  return [
    finding("Argo CD: checkout-staging is Healthy at abc1236", isLiveAt(GREEN)(checkout)),
    finding(`Argo CD: web-staging is Healthy at ${SHORT}`, isLiveAt(FLAKY)(web)),
    finding("Argo CD: each was synced once", checkout.deployments === 2 && web.deployments === 2),
  ];
}

function checkLog(left: LeftBehind): readonly Finding[] {
  const [, second] = left.runs;
  const of = (type: string): readonly number[] =>
    left.events.flatMap(({ run, event }, at) => {
      const isSync = "path" in event && event.path.endsWith("/sync");
      return run === second?.id && event.type === type && (isSync || type === "run.retried") ? [at] : [];
    });
  const [retried = 0, started = -1] = [of("run.retried")[0], of("step.started")[0]];
  return [
    finding("Log: two runs, and both succeeded", same(statuses(left), ["succeeded", "succeeded"])),
    finding("Log: Olga repeated the second", same(doers(left, "run.retried"), [OLGA])),
    finding("Log: nothing was synced before the check was green", of("step.started").length === 1 && started > retried),
    finding("Log: the checks were waited for twice there", countSteps(left, "step.started", "/checks") === 3),
  ];
}

function statuses({ runs }: LeftBehind): readonly string[] {
  return runs.map(({ status }) => status);
}

function checkMessages(left: LeftBehind): readonly Finding[] {
  const { url } = forge.of(left.world);
  const told = posted(left).filter(({ text }) => text.includes("which CI has tested"));
  const alerts = left.world.slack.world.journal
    .calls()
    .filter(({ method, args: sent }) => method.startsWith("chat.") && JSON.stringify(sent).includes("S0ONCALL01"));
  const page = `${url}/${FORGE_REPOSITORY}`;
  return [
    finding("Slack: both deployments were told of", told.length === 2),
    finding(
      "Slack: each with a link to its commit",
      [GREEN, FLAKY].every((sha) =>
        told.some(({ blocks }) => JSON.stringify(blocks).includes(`${page}/commit/${sha}`)),
      ),
    ),
    finding(
      "Slack: the alert links the check that was red",
      alerts.some(({ args: sent }) => JSON.stringify(sent).includes(`${page}/runs/`)),
    ),
  ];
}
