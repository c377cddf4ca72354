import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { SlackMessage } from "../../src/simulator/slack-messages.ts";
import { ANA, DEPLOYS } from "../support/app-rig.ts";
import { BadDay, words } from "../support/bad-day.ts";
import { linksIn, mentionsIn } from "../support/mentions.ts";

let day: BadDay;

beforeAll(async () => {
  day = await BadDay.open();
});

afterAll(() => day[Symbol.asyncDispose]());

function privateMessages(): readonly SlackMessage[] {
  return day.rig.world.slack.world.messages.all(DEPLOYS).filter(({ viewer }) => viewer === ANA);
}

/** What is read after a command was typed: the blocks, not the text for notifications. */
async function read(line: string): Promise<string> {
  const before = privateMessages().length;
  await day.ask(line);
  const [last] = privateMessages().slice(before).slice(-1);
  if (last === undefined) throw new Error(`nobody was told anything about ${line}`);
  return words(last).replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

const SERVICES = ["Services and their environments:", "  checkout: staging, prod", "  web: staging, prod"].join("\n");

describe("a command that cannot be done is answered with what is wrong, and with what would be right", () => {
  it.each([
    ["/rollback", ["Say what to do, in one line.", "/rollback <service> in <environment> [to <revision>]", SERVICES]],
    ["/promote checkout", ["<revision> (a commit (4 digits or more), branch or tag) is missing at the end.", SERVICES]],
    [
      "/promote checkout abc123",
      ['"to" and <environment> (an environment of the service) are missing at the end.', SERVICES],
    ],
    ["/promote to prod", ['<service> (a service) is missing before "to".']],
    ["/promote checkout to prod abc123", ["Did you mean: /promote checkout abc123 to prod"]],
    ["/promote checkout abc123 prod", ["Did you mean: /promote checkout abc123 to prod"]],
    ["/promote checkout abc123 in prod", ["Did you mean: /promote checkout abc123 to prod"]],
    ["/promote checkout abc123 to prod now", ["Nothing more is expected here.", "^^^"]],
    ["/promote checkout abc123 to prod --agian", ["Did you mean: /promote checkout abc123 to prod --again"]],
    ["/promote checkout abc123 to prod --force", ['There is no flag "--force" here; there is: --again.']],
    ['/promote checkout abc123 to prod "', ['This quote (") is not closed; close it, or leave it out.']],
    [
      "/promote chekout abc123 to prod",
      ['There is no service "chekout". Known: checkout, web, payments.', "/promote checkout abc123 to prod"],
    ],
    [
      "/promote abc123 checkout to prod",
      ['There is no service "abc123".', "Did you mean `/promote checkout abc123 to prod`?"],
    ],
    [
      "/promote prod abc123 to checkout",
      ['There is no service "prod".', "Did you mean `/promote checkout abc123 to prod`?"],
    ],
    [
      "/promote checkout prod to abc123",
      ['There is no environment "abc123".', "Did you mean `/promote checkout abc123 to prod`?"],
    ],
    [
      "/promote checkout abc123 to prd",
      ['There is no environment "prd". checkout has: staging, prod.', "/promote checkout abc123 to prod"],
    ],
    ["/promote checkout abc123 to qa", ["checkout is not deployed in qa. checkout has: staging, prod."]],
    ["/promote checkout nonsense to prod", ['"nonsense" is no branch, tag or commit']],
    [
      "/promote checkout 1427 to prod",
      ["`1427` means 2 commits. Nothing was started.", "Send the command again with more digits."],
    ],
    [
      "/promote checkout 6edd to prod",
      ["is not on a branch that may be deployed from (main)", "Merge it first, or name another commit."],
    ],
    ["/rollback checkout in prod", ["The log knows no earlier revision that was proven in prod"]],
    [
      "/qd",
      ["A word is missing that says what to do; there is: cancel, diff, help, history, lock,", "Usage:\n/qd cancel"],
    ],
    ["/qd statuss checkout", ["Did you mean: /qd status checkout"]],
    ["/qd history chekout", ['There is no service "chekout".', "`checkout`"]],
    ["/qd history checkout in prd", ['checkout has no "prd". Known: staging, prod.', "`prod`"]],
    ["/qd history in nowhere", ['There is no environment "nowhere". Known: staging, prod, qa.']],
    ["/qd help nonsense", ['There is no command "nonsense". There is:', "/rollback <service> in <environment>"]],
    [
      `/promote ${"x".repeat(2900)} abc123 to prod`,
      ["The service has more than 255 characters, so there is none such."],
    ],
    [`/promote checkout abc123 to prod ${"y ".repeat(2000)}`, ["This is too long: ", "at most 3000 can be read."]],
    ["/promote check\u0007out abc123 to prod", ["invisible or control character (U+0007)", "check·out"]],
    ["/promote checkout \u202Eabc123 to prod", ["invisible or control character (U+202E)", "·abc123"]],
  ])("%s", async (line, says) => {
    const answer = await read(line);
    for (const part of says) expect(answer).toContain(part);
    expect(answer.length).toBeLessThan(4000);
    expect(day.runCount).toBe(0);
  });
});

describe("help", () => {
  it.each([
    "/promote help",
    "/promote --help",
    "/promote -h",
    "/promote ?",
    "/promote HELP",
    "/qd help promote",
    "/qd help /promote",
  ])("%s explains the command", async (line) => {
    const answer = await read(line);
    expect(answer).toContain("/promote <service> <revision> to <environment> [--again]");
    expect(answer).toContain("<revision>  a commit (4 digits or more), branch or tag");
    expect(answer).toContain("--again  sync also where the revision is already proven and live");
  });

  it.each(["/qd help", "/qd HELP"])("%s lists everything that can be typed", async (line) => {
    const answer = await read(line);
    for (const command of ["/promote", "/rollback", "/qd sync", "/qd status", "/qd history", "/qd help"]) {
      expect(answer).toContain(`${command} `);
    }
  });
});

const HOSTILE = [
  "<!channel>",
  "@here",
  "@ana",
  "@release-approvers",
  "#general",
  "<@U0BEN00001>",
  "<!subteam^S0APPROVE1>",
  "<https://evil.example/|Approve>",
  "https://evil.example/",
  "*bold*_it_~no~`code`",
  "&lt;!channel&gt;",
  '"<!channel> @here"',
  "${{secrets.ARGOCD_TOKEN}}",
  "../../../etc/passwd",
  "--upload-pack=/bin/sh",
  "-oProxyCommand=sh",
];

describe("whatever is typed into it, an answer calls nobody, links nowhere and starts nothing", () => {
  it.each(HOSTILE)("%s", async (text) => {
    const before = day.rig.world.slack.world.messages.all(DEPLOYS).length;
    const lines = [
      `/promote ${text} abc123 to prod`,
      `/promote checkout ${text} to prod`,
      `/promote checkout abc123 to ${text}`,
      `/promote checkout abc123 to prod ${text}`,
      `/rollback checkout in prod to ${text}`,
      `/qd ${text}`,
      `/qd status ${text}`,
      `/qd history checkout in ${text}`,
      `/qd help ${text}`,
    ];
    for (const line of lines) await day.ask(line);
    const answers = day.rig.world.slack.world.messages.all(DEPLOYS).slice(before);
    for (const message of answers) {
      expect(message.viewer).toBe(ANA);
      expect(mentionsIn(message)).toEqual([]);
      expect(linksIn(message)).toEqual([]);
    }
    expect(answers.length).toBeGreaterThanOrEqual(lines.length);
    expect(day.runCount).toBe(0);
  });

  it("and nothing of it made the application complain", () => {
    expect(day.rig.log.filter(({ level }) => level === "error")).toEqual([]);
  });
});
