import { describe, expect, it } from "vitest";

import { notice } from "../../../../src/engine/answer.ts";
import { renderAnswer } from "../../../../src/slack/views/answer.ts";
import { reasonIn, renderRejectModal } from "../../../../src/slack/views/reject-modal.ts";
import { renderStrayedNotice } from "../../../../src/slack/views/strayed-notice.ts";
import { lookups, SHA, started, viewOf } from "../sample-run.ts";

const render = (answer: Parameters<typeof renderAnswer>[0]) => renderAnswer(answer, lookups);
const ROW = {
  id: "run_01JD2K6W3V8QZ7E4M5N6P77FQ2",
  command: "promote",
  title: "checkout abc1230 to prod",
  status: "succeeded",
  services: [],
  environments: [],
  requester: "p_ana",
  channel: "C1",
  startedAt: 0,
  changedAt: 90_000,
  finishedAt: 90_000,
  version: 1,
  wakeAt: undefined,
  parked: true,
  gates: 0,
  approvedBy: ["p_bo", "p_cy"],
  rejectedBy: [],
} as const;

describe("a private answer", () => {
  it("says what is wrong and offers what was probably meant", () => {
    const answer = render(notice("input.service", 'There is no service "chekout".', ["checkout", "web"]));
    expect(answer.text).toBe('There is no service "chekout". Did you mean checkout or web?');
    expect(JSON.stringify(answer.blocks)).toContain("Did you mean `checkout` or `web`?");
  });

  it("names whoever it is about, and adds what only Slack's side knows", () => {
    expect(
      render({ kind: "notice", code: "gate.decided", message: "It was already approved.", about: "U0BO" }).text,
    ).toBe("It was already approved. (<@U0BO>)");
    expect(render(notice("approval.guest", "Guests cannot do this.")).text).toContain("The attempt was recorded.");
    expect(render(notice("store.odd", "Nothing was recorded.")).text).toContain("tell whoever runs Quarterdeck");
  });

  it("shows lines as they are", () => {
    const { blocks, text } = render({
      kind: "text",
      text: "There is no such service.\n/promote chekout\n         ^^^^^^^ <!here>",
    });
    expect(blocks.map(({ type }) => type)).toEqual(["section", "rich_text"]);
    expect(JSON.stringify(blocks)).toContain("         ^^^^^^^ <!here>");
    expect(text).toContain("&lt;!here&gt;");
  });

  it("tells of each delivery in one line, at the time of whoever reads, with links to the sender and the card", () => {
    const reason = `it may not, ${"and that is why ".repeat(60)}`.trim();
    const machine = { sort: "trigger", name: "green" } as const;
    const cause = { says: "CI of acme/checkout", link: "https://example.com/1" };
    const told = [
      {
        at: 0,
        cause,
        asked: [{ command: "promote", message: "Started run_7FQ2: checkout.", run: ROW.id }],
        reason: "",
      },
      { at: 0, asked: [{ command: "promote", message: undefined }], reason: "lock: the same was told" },
      { at: 0, asked: [], reason },
    ];
    const time = "<!date^0^{date_short_pretty} {time}|1970-01-01 00:00 UTC>";
    const whole = JSON.stringify(render({ kind: "machines", isWhole: true, machines: [{ machine, told }] }).blocks);
    expect(whole).toContain(
      `${time} <https://example.com/1|CI of acme/checkout> → asked for \`promote\`: Started run_7FQ2: checkout. <https://acme.slack.com/`,
    );
    expect(whole).toContain(`${time} asked for \`promote\`: under way; lock: the same was told`);
    expect(whole).toContain(`${time} ${reason}`);
    const short = JSON.stringify(render({ kind: "machines", isWhole: false, machines: [{ machine, told }] }).blocks);
    expect(short).not.toContain(reason);
    expect(short).toContain("/qd triggers NAME tells more of one");
    const none = render({ kind: "machines", isWhole: true, machines: [{ machine, told: [] }] });
    expect(none.text).toBe("trigger green: has asked for nothing yet.");
    const refused = { count: 12, lastAt: 0, why: "its proof is wrong", since: 0 };
    const counted = render({ kind: "machines", isWhole: true, machines: [{ machine, told: [], refused }] });
    expect(JSON.stringify(counted.blocks)).toContain(
      `12 deliveries were refused since the server started (${time}), the last one ${time}: its proof is wrong`,
    );
  });

  it("cuts very long lines into several blocks and leaves the rest out", () => {
    const { blocks } = render({ kind: "text", text: Array.from({ length: 50 }, () => "x".repeat(600)).join("\n") });
    expect(blocks.length).toBe(4);
  });

  it("leaves out no environment in the status without saying so, and none that is ill before those that are well", () => {
    const place = (index: number, health: string) => ({
      environment: `edge-${index}`,
      app: `main/argocd/relay-edge-${index}`,
      revision: "a".repeat(40),
      health,
      sync: "Synced",
    });
    const places = Array.from({ length: 10 }, (_, index) => place(index + 1, index === 8 ? "Degraded" : "Healthy"));
    const other = { name: "web", places: [] };
    const several = JSON.stringify(
      render({ kind: "status", services: [{ name: "relay", places }, other], runs: [] }).blocks,
    );
    expect(several).toContain("edge-9");
    expect(several).not.toContain("edge-8");
    expect(several).toContain("and 5 more, all Healthy");
    const alone = JSON.stringify(render({ kind: "status", services: [{ name: "relay", places }], runs: [] }));
    for (const { environment } of places) expect(alone).toContain(environment);
    const ill = Array.from({ length: 30 }, (_, index) => place(index + 1, "Degraded"));
    expect(JSON.stringify(render({ kind: "status", services: [{ name: "relay", places: ill }], runs: [] }))).toContain(
      "and 11 more, 11 of them not Healthy",
    );
  });

  it("shows in the status what is locked, and nothing of it where nothing is", () => {
    const lock = { key: "checkout/prod", owner: "p_ana", reason: "migration", since: 0 };
    const status = { kind: "status", services: [], runs: [] } as const;
    const { blocks, text } = render({ ...status, locks: [lock] });
    expect(JSON.stringify(blocks)).toContain(":lock: `checkout/prod` is locked by <@U0ANA> since");
    expect(text).toBe("1 locked by hand. 0 runs under way.");
    expect(JSON.stringify(render({ ...status, locks: [] }).blocks)).not.toContain("Locked");
  });

  it("lists the commits that a revision may mean", () => {
    const commits = [{ sha: SHA, subject: "Add retries", author: "Ana", authoredAt: 0 }];
    const one = render({ kind: "candidates", text: "abc1", commits, more: 1 });
    expect(JSON.stringify(one.blocks)).toContain("`abc1` means 2 commits. Nothing was started.");
    expect(JSON.stringify(one.blocks)).toContain("… and 1 more");
    const all = render({ kind: "candidates", text: "abc1", commits, more: 0 });
    expect(JSON.stringify(all.blocks)).not.toContain('more"');
    expect(render({ kind: "candidates", text: "abc1", commits: [], more: 2 }).blocks.length).toBe(2);
  });

  it("lists runs, with a link to each and how it ended", () => {
    const answer = render({
      kind: "history",
      about: "checkout",
      runs: [
        ROW,
        { ...ROW, status: "running", finishedAt: undefined },
        { ...ROW, status: "running", finishedAt: undefined, parked: false },
        { ...ROW, status: "failed", approvedBy: [], rejectedBy: ["p_bo"] },
      ],
    });
    expect(answer.text).toBe(
      "History of checkout: checkout abc1230 to prod succeeded; checkout abc1230 to prod is waiting; " +
        "checkout abc1230 to prod is running; checkout abc1230 to prod failed.",
    );
    const shown = JSON.stringify(answer.blocks);
    expect(shown).toContain("succeeded after 1 min 30 s, asked for by <@U0ANA>");
    expect(shown).toContain(", approved by <@U0BO> and <@U0CY>");
    expect(shown).toContain(", rejected by <@U0BO>");
    const elsewhere = renderAnswer(
      { kind: "history", about: "web", runs: [ROW] },
      { ...lookups, messages: () => undefined },
    );
    expect(JSON.stringify(elsewhere.blocks)).toContain(":white_check_mark: checkout abc1230 to prod succeeded");
    expect(render({ kind: "history", about: "web", runs: [] }).text).toBe("History of web: no runs yet.");
  });

  it("shows what is live where, and what is under way", () => {
    const place = { environment: "prod", app: "a", health: "Healthy", sync: "Synced", revision: SHA, provenAt: 5 };
    const unknown = { environment: "qa", app: "b", health: "", sync: "", revision: "" };
    const services = [{ name: "checkout", places: [place, unknown] }];
    const answer = render({ kind: "status", services, runs: [] });
    expect(answer.text).toBe("checkout: prod abc1230 Healthy, qa. 0 runs under way.");
    expect(JSON.stringify(answer.blocks)).toContain("`abc123000000` Healthy, Synced, proven");
    expect(JSON.stringify(answer.blocks)).toContain("nothing known state not known");
    const busy = render({ kind: "status", services, runs: Array.from({ length: 9 }, () => ROW) });
    expect(JSON.stringify(busy.blocks)).toContain("and 3 more");
  });
});

describe("the form for a rejection", () => {
  const memory = {
    action: { run: "run_1", path: "p", attempt: 1, digest: "d" },
    channel: "C1",
    messageTs: "1.2",
    responseUrl: "https://hooks.slack.com/x",
    clickedAt: 1,
  };

  it("remembers what it is about, and forgets the address when it does not fit", () => {
    expect(renderRejectModal(memory).private_metadata).toContain("hooks.slack.com");
    const long = { ...memory, responseUrl: `https://hooks.slack.com/${"x".repeat(3000)}` };
    expect(renderRejectModal(long).private_metadata).not.toContain("hooks.slack.com");
  });

  it("gives the reason back, or nothing", () => {
    expect(reasonIn({ reason: { text: { value: "no" } } })).toBe("no");
    expect(reasonIn({ reason: { text: { value: null } } })).toBe("");
    expect(reasonIn({})).toBe("");
  });
});

describe("the message about a lost channel", () => {
  it("says which, why and what to do, and that the run goes on", () => {
    const message = renderStrayedNotice(viewOf([started()]), { reason: "not_in_channel", elsewhere: "C1" });
    expect(message.text).toBe(
      "Promote checkout abc1230 to prod cannot be shown in <#C1>. Quarterdeck is not in it: invite it there with /invite. The run itself goes on: running.",
    );
    const elsewhere = viewOf([{ ...started(), origin: { ...started().origin, channel: "#deploys" } }]);
    expect(renderStrayedNotice(elsewhere, { reason: "restricted_action", elsewhere: "C1" }).text).toContain(
      "`#deploys`. The run is shown in <#C1> instead. Invite the app",
    );
  });
});
