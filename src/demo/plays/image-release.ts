import { imageReleaseBlueprint } from "../blueprints/image-release.ts";
import { finding, type Finding } from "../finding.ts";
import { applicationOf, countSteps, doers, type LeftBehind, posted, same } from "../left-behind.ts";
import { ANA, PRIYA } from "../people.ts";
import type { Play } from "../play.ts";
import { isLiveAt, type Story } from "../story.ts";
import { labelImages } from "../world-parts/label-images.ts";

/**
 * An image with a critical finding is not let through. A good one is swapped while people are asked, and what stands under its tag
 * then is not synced. When the tag means the good one again, exactly that is released.
 */
export const imageRelease: Play = {
  name: "image-release",
  summary: "what was scanned is what is signed, written and synced; an image that was swapped meanwhile is caught",
  settings: { blueprints: [imageReleaseBlueprint] },
  tell,
  check: async (left) => [...(await checkGit(left)), ...checkArgocd(left), ...checkLog(left), ...checkMessages(left)],
};

async function tell(story: Story): Promise<void> {
  const { swap, restore } = labelImages.of(story.world);
  await story.type(ANA, "/qd image-release label 1.6.0 to prod");
  const blocked = await story.card(/Release label 1.6.0 to prod/u);
  await story.post(/S0ONCALL01.*1 critical/su);
  await story.ended(blocked);
  await story.type(ANA, "/qd image-release label 1.5.0 to prod");
  const swapped = await story.card(/Release label 1.5.0 to prod.*waiting for approval/u);
  const first = await story.reply(swapped, /Release label 1\.5\.0/u, "gate_approve");
  await story.happens("Somebody pushes another image as label:1.5.0", () => swap());
  await story.press(PRIYA, first, "gate_approve");
  const caught = await story.post(/S0ONCALL01.*another image/su);
  await story.ended(swapped);
  await story.happens("label:1.5.0 means the image again that was signed", () => restore());
  await story.ask(ANA, caught, "retry");
  await story.says(swapped, /: succeeded\./u);
}

/** One commit, whose image is the one that was scanned and signed, and whose author says who asked. */
async function checkGit({ world }: LeftBehind): Promise<readonly Finding[]> {
  const { repository, registry, digests } = labelImages.of(world);
  const [newest = "", before = ""] = await repository.messages("main");
  const text = await repository.textOf("main", "label/prod/deployment.json");
  const old = await repository.textOf("main~1", "label/prod/deployment.json");
  const name = `${registry.host}/harbor/label`;
  return [
    finding("Git: one commit was added", before === "label: 1.4.0" && newest.startsWith("label: 1.5.0 in prod\n")),
    finding("Git: it names who asked", /^Co-authored-by: ana/imu.test(newest)),
    finding(
      "Git: it changes the image and nothing else",
      text === old.replace(`${name}@${digests.live}`, `${name}@${digests.good}`),
    ),
  ];
}

function checkArgocd(left: LeftBehind): readonly Finding[] {
  const prod = applicationOf(left, "label-prod");
  const written = left.runs[1]?.steps.get("image-release/write")?.output?.["revision"];
  return [
    finding("Argo CD: label-prod is Healthy at that commit", typeof written === "string" && isLiveAt(written)(prod)),
    finding("Argo CD: it was synced once", prod.deployments === 2),
  ];
}

function checkLog(left: LeftBehind): readonly Finding[] {
  const [blocked, swapped] = left.runs;
  const count = (type: "step.started" | "step.succeeded", id: string): number => countSteps(left, type, `/${id}`);
  return [
    finding(
      "Log: the first run failed, and the second succeeded",
      blocked?.status === "failed" && swapped?.status === "succeeded",
    ),
    finding("Log: the first failed because of what was found", blocked?.failure?.failure.code === "trivy.findings"),
    finding("Log: nothing was written for it", count("step.started", "write") === 1),
    finding(
      "Log: what was scanned, signed and written was proven to be the same",
      count("step.succeeded", "custody") === 1,
    ),
    finding("Log: the tag was looked at again, twice", count("step.started", "same") === 2),
    finding("Log: it was synced once", count("step.started", "sync") === 1),
    finding(
      "Log: Priya approved, Ana repeated",
      same([...doers(left, "gate.decided"), ...doers(left, "run.retried")], [PRIYA, ANA]),
    ),
  ];
}

function checkMessages(left: LeftBehind): readonly Finding[] {
  const first = posted(left).find(({ threadTs, text }) => threadTs === undefined && /1 critical/u.test(text));
  const files = posted(left).filter(({ threadTs, files: attached }) => threadTs === first?.ts && attached.length > 0);
  return [finding("Slack: the report of the scan is in the thread of what was blocked", files.length > 0)];
}
