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
// Enough for the server to notice that its file is another.
const AHEAD_MS = 5000;
// What is up to a minute late counts as on time.
const MISSED_MS = 61_000;

/** What is due while the server is there: one that may do what it asks for as far as people let it, and one that may not. */
const MORNING: readonly Omit<WrittenSchedule, "dueAt">[] = [
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

/** What is due while it is stopped: one that is made up for, and one that is left out. */
const NIGHT: readonly Omit<WrittenSchedule, "dueAt">[] = [
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

/** Schedules ask as people do, and no more is done for them: prod is approved by people, and what may not be done is refused and told. */
export const scheduled: Play = {
  name: "scheduled",
  summary:
    "schedules ask, one of them in vain; people approve prod, and what was missed while the server was stopped is made up for or left out",
  tell,
  check: (left) => [...checkRuns(left), ...checkArgocd(left), ...checkMissed(left), ...checkMessages(left)],
};

async function tell(story: Story): Promise<void> {
  const text = await readFile(story.world.configurationFile, "utf8");
  const morning = await schedule(story, { text, entries: MORNING, known: [] });
  const card = await story.card(/checkout/u);
  await story.post(/The schedule web-release asked for promote, and nothing was started/u);
  const gate = await story.reply(card, /checkout/u, "gate_approve");
  const [missed] = await schedule(story, { text, entries: NIGHT, known: morning });
  const startAgain = await story.stopServer();
  await story.passes((missed?.dueAt ?? 0) + MISSED_MS - story.world.slack.world.clock.now());
  await startAgain();
  await story.reachable();
  const resync = await story.card(/payments/u);
  await story.press(PRIYA, gate, "gate_approve");
  await story.ended(resync);
  await story.ended(card);
  await story.type(ANA, "/qd triggers");
  await story.told(ANA, /schedule web-release\s.*Nobody|schedule web-release/su);
}

/** Writes them into the file besides those that are known, for a few seconds later. */
async function schedule(
  story: Story,
  from: {
    readonly text: string;
    readonly entries: readonly Omit<WrittenSchedule, "dueAt">[];
    readonly known: readonly WrittenSchedule[];
  },
): Promise<readonly WrittenSchedule[]> {
  const dueAt = Math.ceil((story.world.slack.world.clock.now() + AHEAD_MS) / 1000) * 1000;
  const written = from.entries.map((entry) => ({ ...entry, dueAt }));
  const names = written.map(({ name }) => name).join(" and ");
  const what = `Olga adds the schedules ${names} to quarterdeck.yaml, for ${clockText(dueAt)} UTC`;
  await story.isNoticed(what, "schedules changed", (world) =>
    replaceConfiguration(world, withSchedules(from.text, [...from.known, ...written])),
  );
  return written;
}

/** As an editor does: never half of it is there. */
async function replaceConfiguration({ configurationFile }: DemoWorld, text: string): Promise<void> {
  await writeFile(`${configurationFile}.new`, text);
  await rename(`${configurationFile}.new`, configurationFile);
}

function checkRuns(left: LeftBehind): readonly Finding[] {
  const asked = left.runs.map(({ requester, origin }) => `${left.users.get(requester) ?? ""} by ${origin.door}`);
  return [
    finding(
      `Log: two runs, asked for by schedules (${asked.join(", ")})`,
      same(asked, ["schedule:morning-release by schedule", "schedule:payments-resync by schedule"]),
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
  return applicationOf(left, name).operation?.infos["quarterdeck.run"] === left.runs[1]?.id;
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
  const [release, resync] = cards.map(({ blocks }) => JSON.stringify(blocks));
  return [
    finding("Slack: two cards say which schedule asked", cards.length === 2),
    finding("Slack: the first says for which time", release?.includes("Schedule morning-release, ") === true),
    finding("Slack: the second says that it is made up for", resync?.includes("made up for") === true),
    finding(
      "Slack: what web-release may not do was said once",
      messages.filter(({ text }) => text.includes("web-release asked for promote")).length === 1,
    ),
    finding("Slack: nothing was said of web-resync", !messages.some(({ text }) => text.includes("web-resync"))),
  ];
}
