import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { ANA, BEN, DEPLOYS, MARCO, PRIYA } from "../support/app-rig.ts";
import { AskedRun, BadDay, words } from "../support/bad-day.ts";
import { pressButton } from "../support/gate-clicks.ts";
import { shown, slotMessages } from "../support/slot-messages.ts";

const GENERAL = "C0GENERAL1";
const SECRET = "G0SECRET01";
const GATE = "gate/0/promote/for-each[prod]/gate";
let day: BadDay;

beforeAll(async () => {
  day = await BadDay.open();
  day.rig.world.slack.world.workspace.putChannel({
    id: SECRET,
    name: "secret",
    kind: "private",
    members: [ANA, PRIYA],
  });
});

afterAll(() => day[Symbol.asyncDispose]());

/** Types a command somewhere and gives back what Ana is told there in the end. */
async function askIn(channel: string, line: string): Promise<string> {
  const { messages } = day.rig.world.slack.world;
  const before = messages.all(channel).length;
  await day.rig.type(ANA, line, channel);
  const answer = await day.until(`an answer to ${line}`, () =>
    messages
      .all(channel)
      .slice(before)
      .find(({ viewer, text }) => viewer === ANA && !text.includes("Looking into it")),
  );
  return words(answer);
}

async function startIn(channel: string, line: string): Promise<AskedRun> {
  const runs = (): readonly string[] => day.rig.application.store.events.listRuns({ limit: 100 }).map(({ id }) => id);
  const before = new Set(runs());
  const answer = await askIn(channel, line);
  const run = runs().find((id) => !before.has(id));
  if (run === undefined) throw new Error(`no run was started: ${answer}`);
  return new AskedRun(day, run);
}

/** What the app has written to a person directly. */
function directly(user: string): string {
  const { workspace, messages } = day.rig.world.slack.world;
  const { id } = workspace.directMessage([workspace.app.botUserId, user]);
  return messages
    .all(id)
    .filter(({ viewer }) => viewer === undefined)
    .map(words)
    .join("\n");
}

describe.each([
  ["a channel that the app is not in", GENERAL, "Quarterdeck is not in it: invite it there with /invite.", "web bf0f"],
  [
    "a private channel that the app cannot see",
    SECRET,
    "Quarterdeck cannot see it: if it is private, invite it",
    "checkout abc123",
  ],
])("a command typed in %s", (_what, channel, says, what) => {
  it("starts the run, shows it in the team's channel, and tells whoever asked why", async () => {
    const run = await startIn(channel, `/promote ${what} to prod`);
    await day.until(
      "staging to be healthy",
      () => run.state.steps.get("promote/for-each[staging]/healthy")?.status === "succeeded",
    );
    await day.until("a word to Ana", () => directly(ANA).includes(says));
    expect(directly(ANA)).toContain(`cannot be shown in <#${channel}>`);
    expect(directly(ANA)).toContain(`The run is shown in <#${DEPLOYS}> instead.`);
    expect(await askIn(channel, `/promote ${what} to prod`)).toContain("is doing exactly this already");
    const gate = await day.until("the request", () => slotMessages(day, run).get(GATE)?.[0]);
    expect(gate.channel).toBe(DEPLOYS);
    await pressButton(day, { user: PRIYA, message: gate });
    await shown(day, run);
    expect(run.state.status).toBe("succeeded");
    expect(slotMessages(day, run).get("card")?.map(words).join("")).toContain("Succeeded");
  });
});

describe("a command typed in a conversation of two people", () => {
  it.each([
    ["with the app", () => day.rig.world.slack.world.workspace.app.botUserId, "/promote payments bd25 to staging"],
    ["with somebody else", () => BEN, "/qd sync checkout in staging"],
  ])("%s shows the run in the team's channel, and leads there", async (_what, other, line) => {
    const { id } = day.rig.world.slack.world.workspace.directMessage([other(), ANA]);
    const run = await startIn(id, line);
    await shown(day, run);
    const [card] = slotMessages(day, run).get("card") ?? [];
    expect(card?.channel).toBe(DEPLOYS);
  });
});

describe("a channel that is archived while a run goes on", () => {
  it("does not hold the run up, and tells whoever asked", async () => {
    const { administration, world } = day.rig.world.slack;
    world.workspace.putChannel({
      id: "C0OLD00001",
      name: "old",
      kind: "public",
      members: [ANA, MARCO, world.workspace.app.botUserId],
    });
    administration.archive("C0OLD00001");
    const run = await startIn("C0OLD00001", "/qd sync payments in staging");
    await day.until("the run to end", () => run.state.finishedAt !== undefined);
    expect(run.state.status).toBe("succeeded");
    await day.until("a word to Ana", () => /cannot be shown in <#C0OLD00001>\s*It is archived/u.test(directly(ANA)));
  });
});
