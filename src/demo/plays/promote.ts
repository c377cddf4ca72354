import { DEMO_COMMITS } from "../../simulator/git-demo-repository.ts";
import type { SlackMessage } from "../../simulator/slack-messages.ts";
import { finding, type Finding } from "../finding.ts";
import { countSteps, doers, type LeftBehind, posted, same } from "../left-behind.ts";
import { ANA, PRIYA } from "../people.ts";
import type { Play } from "../play.ts";
import { hasButton, isLiveAt, isTakenAt, type Story } from "../story.ts";

const TARGET = DEMO_COMMITS.target;

/** `/promote checkout abc123 to prod`: asked for by Ana, refused to her, approved by Priya, and proven in both environments. */
export const promote: Play = {
  name: "promote",
  summary: "a promotion through staging to prod, approved by the right person",
  tell,
  check: (left) => [...checkArgocd(left), ...checkLog(left), ...checkMessages(left)],
};

async function tell(story: Story): Promise<void> {
  await story.type(ANA, "/promote checkout abc123 to prod");
  await story.reached("asked");
  const card = await story.card(/checkout/u);
  await story.reached("card");
  await story.application("checkout-staging", "busy with abc123", isTakenAt(TARGET));
  await story.reached("staging syncs");
  await story.application("checkout-staging", "live at abc123", isLiveAt(TARGET));
  await story.reached("staging is live");
  const gate = await story.reply(card, /checkout/u, "gate_approve");
  await story.reached("asked for approval");
  await story.press(ANA, gate, "gate_approve");
  await story.told(ANA, /someone else/u);
  await story.reached("refused to the requester");
  await story.press(PRIYA, gate, "gate_approve");
  await story.reached("approved");
  await story.application("checkout-prod", "busy with abc123", isTakenAt(TARGET));
  await story.reached("prod syncs");
  await story.application("checkout-prod", "live at abc123", isLiveAt(TARGET));
  await story.reached("prod is live");
  await story.ended(card);
}

/** Both environments are at the commit, by one sync each that is ours, and nothing else was touched. */
function checkArgocd({ world }: LeftBehind): readonly Finding[] {
  return world.argocd.state().applications.flatMap((application) => {
    const { name, deployments, operation } = application;
    if (!name.startsWith("checkout-")) return [finding(`Argo CD: ${name} was not touched`, deployments === 1)];
    return [
      finding(`Argo CD: ${name} is live at abc123 and Healthy`, isLiveAt(TARGET)(application)),
      finding(`Argo CD: ${name} was synced exactly once`, deployments === 2),
      finding(
        `Argo CD: the sync of ${name} carries our run`,
        (operation?.infos["quarterdeck.run"] ?? "").startsWith("run_"),
      ),
    ];
  });
}

/** The log says who asked, who was refused, who approved what, and what was proven. */
function checkLog(left: LeftBehind): readonly Finding[] {
  const [run] = left.runs;
  return [
    finding("Log: there is one run, and it succeeded", left.runs.length === 1 && run?.status === "succeeded"),
    finding("Log: Ana asked", same(doers(left, "run.started"), [ANA])),
    finding("Log: Ana was refused her own approval", same(doers(left, "gate.refused"), [ANA])),
    finding("Log: Priya approved", same(doers(left, "gate.decided"), [PRIYA])),
    finding(
      "Log: each environment was synced by one attempt",
      ["[staging]/sync", "[prod]/sync"].every((path) => countSteps(left, "step.started", path) === 1),
    ),
    finding(
      "Log: each environment is proven",
      ["[staging]/healthy", "[prod]/healthy"].every((path) => countSteps(left, "step.succeeded", path) === 1),
    ),
  ];
}

/** One card, one message per step and one request for approval, all in their final state. */
function checkMessages(left: LeftBehind): readonly Finding[] {
  const messages = posted(left);
  const cards = messages.filter(({ threadTs }) => threadTs === undefined);
  const [card] = cards;
  const replies = messages.filter(({ threadTs }) => threadTs !== undefined && threadTs === card?.ts);
  const steps = ["staging", "prod"].flatMap((environment) =>
    ["sync", "healthy"].map((step) => [environment, step] as const),
  );
  const gates = replies.filter((message) => !steps.some(([environment, step]) => isStep(message, environment, step)));
  return [
    finding(
      "Slack: one card, and it says that the run succeeded",
      cards.length === 1 && (card?.text.includes("succeeded") ?? false),
    ),
    ...steps.map(([environment, step]) => {
      const own = replies.filter((message) => isStep(message, environment, step));
      const isFinal = own.length === 1 && /succeeded/u.test(own[0]?.text ?? "");
      return finding(`Slack: one message for ${environment} ${step}, and it is final`, isFinal);
    }),
    finding(
      "Slack: one request for approval, decided, without buttons",
      gates.length === 1 && gates.every((gate) => !hasButton(gate, "gate_approve")),
    ),
    finding(
      "Slack: the request names Priya as the one who approved",
      gates.some(({ blocks }) => JSON.stringify(blocks).includes(`<@${PRIYA}>`)),
    ),
  ];
}

function isStep({ text }: SlackMessage, environment: string, step: string): boolean {
  return text.startsWith(`Step ${step} in ${environment}`);
}
