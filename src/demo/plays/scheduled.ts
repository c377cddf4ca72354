import { readFile, rename, writeFile } from "node:fs/promises";

import { DEMO_COMMITS } from "../../simulator/git-demo-repository.ts";
import type { DemoWorld } from "../demo-world.ts";
import { finding, type Finding } from "../finding.ts";
import { applicationOf, doers, factsOf, type LeftBehind, posted, same } from "../left-behind.ts";
import { ANA, PRIYA } from "../people.ts";
import type { Play } from "../play.ts";
import { clockText, withSchedules, type WrittenSchedule } from "../scheduled-text.ts";
import { isLiveAt, type Story } from "../story.ts";

const TARGET = DEMO_COMMITS.target;
// Enough for the server to notice that its file is another, and to be stopped.
const AHEAD_MS = 8000;
// What is up to a minute late counts as on time.
const MISSED_MS = 61_000;
const START_MS = 2000;

type Unplaced = Omit<WrittenSchedule, "dueAt">;

/** What is due while the server is stopped: one that is made up for, and one that is left out. */
const NIGHT: readonly Unplaced[] = [
  {
    name: "payments-resync",
    missed: "last",
    command: "sync",
    inputs: { service: "payments", environment: "staging" },
    grantedIn: ["staging"],
  },
  {
    name: "web-resync",
    missed: "skip",
    command: "sync",
    inputs: { service: "web", environment: "staging" },
    grantedIn: ["staging"],
  },
];

/** What is due while it is there: one that may do what it asks for as far as people let it, and one that may not. */
const MORNING: readonly Unplaced[] = [
  {
    name: "morning-release",
    command: "promote",
    inputs: { service: "checkout", revision: TARGET, environment: "prod" },
    grantedIn: ["staging", "prod"],
  },
  {
    name: "web-release",
    command: "promote",
    inputs: { service: "web", revision: TARGET, environment: "prod" },
    grantedIn: [],
  },
];

/** Schedules ask as people do, and no more is done for them: prod is approved by people, and what may not be done is refused and told. */
export const scheduled: Play = {
  name: "scheduled",
  summary:
    "schedules ask, one of them in vain; what was missed is made up for or left out, and prod is approved by people",
  tell,
  check: (left) => [...checkRuns(left), ...checkArgocd(left), ...checkMissed(left), ...checkMessages(left)],
};

async function tell(story: Story): Promise<void> {
  const { clock } = story.world.slack.world;
  const night = Math.ceil((clock.now() + AHEAD_MS) / 1000) * 1000;
  const morning = night + MISSED_MS + START_MS;
  await story.isNoticed(
    `Olga adds schedules to quarterdeck.yaml: ${namesOf(NIGHT)} for ${clockText(night)} UTC, ${namesOf(MORNING)} for ${clockText(morning)}`,
    "schedules changed",
    (world) => addSchedules(world, [...placed(NIGHT, night), ...placed(MORNING, morning)]),
  );
  const startAgain = await story.stopServer();
  await story.passes(night + MISSED_MS - clock.now());
  await startAgain();
  await story.reachable();
  const resync = await story.card(/payments/u);
  const release = await story.card(/checkout/u);
  await story.post(/The schedule web-release asked for promote, and nothing was started/u);
  const gate = await story.reply(release, /checkout/u, "gate_approve");
  await story.press(PRIYA, gate, "gate_approve");
  await story.ended(resync);
  await story.ended(release);
  await story.type(ANA, "/qd triggers");
  await story.told(ANA, /made up for.*web-resync.*left out by.*web-release.*may not promote/su);
}

function placed(schedules: readonly Unplaced[], dueAt: number): readonly WrittenSchedule[] {
  return schedules.map((schedule) => ({ ...schedule, dueAt }));
}

function namesOf(schedules: readonly Unplaced[]): string {
  return schedules.map(({ name }) => name).join(" and ");
}

/** As an editor does: never half of it is there. */
async function addSchedules({ configurationFile }: DemoWorld, schedules: readonly WrittenSchedule[]): Promise<void> {
  const text = await readFile(configurationFile, "utf8");
  await writeFile(`${configurationFile}.new`, withSchedules(text, schedules));
  await rename(`${configurationFile}.new`, configurationFile);
}

function checkRuns(left: LeftBehind): readonly Finding[] {
  const asked = left.runs.map(({ requester, origin }) => `${left.users.get(requester) ?? ""} by ${origin.door}`);
  return [
    finding(
      `Log: two runs, asked for by schedules (${asked.join(", ")})`,
      same(asked, ["schedule:payments-resync by schedule", "schedule:morning-release by schedule"]),
    ),
    finding(
      "Log: both succeeded",
      left.runs.every(({ status }) => status === "succeeded"),
    ),
    finding("Log: Priya approved, once", same(doers(left, "gate.decided"), [PRIYA])),
  ];
}

function checkArgocd(left: LeftBehind): readonly Finding[] {
  const { applications } = left.world.argocd.state();
  return [
    ...["staging", "prod"].map((environment) => {
      const application = applicationOf(left, `checkout-${environment}`);
      const isDone = isLiveAt(TARGET)(application) && application.deployments === 2;
      return finding(`Argo CD: checkout-${environment} is live at abc123, by one sync`, isDone);
    }),
    finding("Argo CD: payments-staging was synced again, once", isSynced(left, "payments-staging")),
    finding(
      "Argo CD: nothing was done to web",
      applications.every(
        ({ name, operation }) => !name.startsWith("web-") || operation?.infos["quarterdeck.run"] === undefined,
      ),
    ),
  ];
}

function isSynced(left: LeftBehind, name: string): boolean {
  return applicationOf(left, name).operation?.infos["quarterdeck.run"] === left.runs[0]?.id;
}

/** The missed occurrence that is left out stands in the log, with the reason. */
function checkMissed(left: LeftBehind): readonly Finding[] {
  const skipped = factsOf(left, "schedules").filter(({ type }) => type === "schedule.skipped");
  return [
    finding(
      "Log: the missed time of web-resync is left out, and why",
      skipped.length === 1 &&
        skipped[0]?.payload.includes('"web-resync"') === true &&
        skipped[0].payload.includes("the server was not there at the time"),
    ),
  ];
}

function checkMessages(left: LeftBehind): readonly Finding[] {
  const messages = posted(left);
  const cards = messages.filter(
    ({ text, threadTs }) => threadTs === undefined && text.includes("asked for by the schedule"),
  );
  const [resync, release] = cards.map(({ blocks }) => JSON.stringify(blocks));
  return [
    finding("Slack: two cards say which schedule asked", cards.length === 2),
    finding("Slack: the first says that it is made up for", resync?.includes("made up for: the server") === true),
    finding(
      "Slack: the second says for which time, and that it was on time",
      release?.includes("due ") === true && !release.includes("made up for"),
    ),
    finding(
      "Slack: what web-release may not do was said once",
      messages.filter(({ text }) => text.includes("web-release asked for promote")).length === 1,
    ),
    finding("Slack: nothing was said of web-resync", !messages.some(({ text }) => text.includes("web-resync"))),
  ];
}
