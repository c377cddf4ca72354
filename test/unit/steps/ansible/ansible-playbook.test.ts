import { beforeEach, describe, expect, it } from "vitest";

import type { Failure, Outcome } from "../../../../src/domain/outcome.ts";
import { AppError } from "../../../../src/platform/errors.ts";
import { PlaybookInput } from "../../../../src/steps/ansible/ansible-input.ts";
import { PlayRecord } from "../../../../src/steps/ansible/play-record.ts";
import { AnsibleBench } from "../../../support/ansible-bench.ts";
import { events, FakeAnsible, recordedEvents } from "../../../support/fake-ansible.ts";

const NOUGHT = { ok: 0, changed: 0, failed: 0, unreachable: 0, skipped: 0, rescued: 0, ignored: 0 };
const HOSTS = { hosts: ["a", "b", "c"] };

function failure(outcome: Outcome): Failure {
  if (outcome.status !== "failed") throw new Error(JSON.stringify(outcome));
  return outcome.failure;
}

/** A play of one task on some hosts, of which each ends as it is given. */
function played(
  hosts: Readonly<Record<string, Partial<typeof NOUGHT>>>,
  ...between: readonly Readonly<Record<string, unknown>>[]
): readonly string[] {
  const names = Object.keys(hosts);
  return events(
    { type: "playbook", plays: 1 },
    { type: "inventory", hosts: names },
    { type: "play", name: "Configure" },
    { type: "play-hosts", hosts: names },
    { type: "batch", hosts: names },
    { type: "task", name: "Write", isHandler: false },
    ...between,
    ...Object.entries(hosts).map(([host, counts]) => ({ type: "host", host, ...NOUGHT, ...counts })),
    { type: "end", hosts: names.length },
  );
}

const NOTIFIED = { type: "notified", host: "b", handler: "Restart", isAgain: false };

describe("ansible/playbook", () => {
  let ansible: FakeAnsible;
  let bench: AnsibleBench;

  beforeEach(async ({ onTestFinished }) => {
    ansible = new FakeAnsible();
    bench = await AnsibleBench.open(() => ansible);
    onTestFinished(() => bench[Symbol.asyncDispose]());
    await bench.write({ "site.yml": "[]", "hosts.yml": "all: {}" });
  });

  it("runs the program as a vector of arguments that holds only where things are", async () => {
    const input = {
      inventory: { hosts: { a: { ansible_host: "192.0.2.1" } }, groups: { web: { hosts: ["a"], vars: { port: 80 } } } },
      variables: { version: "{{ 1 }}" },
      "secret-variables": { token: "a-secret-token" },
      "vault-secret": "a-vault-secret",
      "ssh-key": "a-private-key",
      "known-hosts": "192.0.2.1 ssh-ed25519 AAAA",
      limit: "web",
      tags: ["one", "two"],
      forks: 7,
      become: true,
    };
    expect(await bench.play(input)).toMatchObject({ status: "succeeded" });
    const folder = (ansible.env["HOME"] ?? "").replace(/\/home$/u, "");
    expect(ansible.args).toEqual([
      "--inventory",
      `${folder}/inventory.yaml`,
      "--extra-vars",
      `@${folder}/variables.yaml`,
      "--limit",
      "web",
      "--tags",
      "one,two",
      "--forks",
      "7",
      "--become",
      `${bench.plays}/site.yml`,
    ]);
    expect(ansible.env).toMatchObject({
      ANSIBLE_HOST_KEY_CHECKING: "True",
      ANSIBLE_FORCE_HANDLERS: "True",
      ANSIBLE_STDOUT_CALLBACK: "quarterdeck_events",
      ANSIBLE_VAULT_PASSWORD_FILE: `${folder}/vault-secret`,
      ANSIBLE_PRIVATE_KEY_FILE: `${folder}/ssh-key`,
      ANSIBLE_SSH_EXTRA_ARGS: `-o "UserKnownHostsFile=${folder}/known-hosts"`,
    });
    expect(JSON.stringify([ansible.args, ansible.env])).not.toMatch(/a-secret|a-vault|a-private/u);
    expect(ansible.files).toMatchObject({
      "inventory.yaml": {
        text: '{"all": {"hosts": {"a": {"ansible_host": "192.0.2.1"}}, "children": {"web": {"hosts": {"a": {}}, "vars": {"port": 80}}}}}',
        mode: 0o600,
      },
      "variables.yaml": {
        text: '{"version": !unsafe "{{ 1 }}", "token": "a-secret-token", "ansible_host_key_checking": true, "ansible_ssh_host_key_checking": true}',
        mode: 0o600,
      },
      "vault-secret": { text: "a-vault-secret\n", mode: 0o600 },
      "ssh-key": { text: "a-private-key\n", mode: 0o600 },
    });
    expect(ansible.orders[0]?.stop).toEqual({ signal: "SIGINT", graceMs: 60_000 });
    expect(await bench.leftovers()).toEqual([]);
  });

  it("names hosts, tasks and reasons of a recorded play that failed, and shares a log", async () => {
    ansible.answer = { exitCode: 4, stdout: recordedEvents("failed-and-unreachable") };
    const { code, message, details } = failure(await bench.play());
    expect(code).toBe("ansible.failed-tasks");
    expect(message).toMatch(/^Tasks failed on 2 of 3 hosts \(b, c\)\. b, Break: non-zero return code/u);
    expect(details).toMatchObject({
      hosts: { b: { failed: 1 }, c: { unreachable: 1 } },
      tasks: [{ host: "c", task: "Write", message: expect.stringContaining("Connection refused") }, { host: "b" }],
    });
    expect(bench.artifacts.text("log")).toContain("HANDLER [Restart]\nchanged: [");
    expect(bench.checkpointed).toMatchObject({ attempt: 1, rest: { hosts: ["b", "c"], done: { a: { ok: 5 } } } });
  });

  it("puts out what its attempts came to together", async () => {
    ansible.answer = {
      exitCode: 2,
      stdout: played({ a: { ok: 1, changed: 1 }, b: { failed: 1 } }, { type: "stat", name: "size", value: 3 }),
    };
    await bench.play();
    ansible.answer = { exitCode: 0, stdout: played({ b: { ok: 2 } }, { type: "stat", name: "more", value: [] }) };
    expect(await bench.play()).toMatchObject({
      output: { hosts: { a: { changed: 1 }, b: { ok: 2 } }, counts: { ok: 3 }, stats: { size: 3, more: [] } },
    });
    expect(ansible.files["left"]?.text).toBe("b\n");
    expect(ansible.args).toContain("--limit");
  });

  it("is limited to the hosts that are left also when a person has it repeated", async () => {
    ansible.answer = { exitCode: 2, stdout: played({ a: { ok: 1 }, b: { failed: 1 } }) };
    await bench.play();
    bench.earlier = bench.checkpointed;
    bench.checkpointed = undefined;
    ansible.answer = { exitCode: 0, stdout: played({ b: { ok: 2 } }) };
    expect(await bench.play()).toMatchObject({ output: { hosts: { a: { ok: 1 }, b: { ok: 2 } } } });
    expect(ansible.files["left"]?.text).toBe("b\n");
  });

  it("is played on all hosts where it failed and none is left", async () => {
    const rest = { hosts: [], owed: [], done: {}, stats: {}, hostStats: {} };
    ansible.answer = { exitCode: 2, stdout: played({ a: { ok: 1 }, b: { failed: 1 } }) };
    await bench.play();
    const { attempt, play } = PlayRecord.parse(bench.checkpointed);
    bench.earlier = { attempt, play, rest };
    bench.checkpointed = undefined;
    ansible.answer = { exitCode: 0, stdout: played({ a: { ok: 1 }, b: { ok: 1 } }) };
    expect(await bench.play()).toMatchObject({ status: "succeeded" });
    expect(ansible.args).not.toContain("--limit");
  });

  it("begins anew with all hosts where something else is played", async () => {
    ansible.answer = { exitCode: 2, stdout: played({ a: { ok: 1 }, b: { failed: 1 } }, NOTIFIED) };
    await bench.play();
    ansible.answer = { exitCode: 0, stdout: played({ a: { ok: 1 }, b: { ok: 1 } }) };
    const { code } = failure(await bench.play({ variables: { version: 2 } }));
    expect(code).toBe("ansible.handlers-owed");
    expect(ansible.args).not.toContain("--limit");
    expect(JSON.parse(ansible.files["plug-ins/owed.json"]?.text ?? "")).toEqual([
      { play: "Configure", host: "b", handler: "Restart" },
    ]);
  });

  it("takes of an attempt before which everything was done over only the handlers that hosts still need", async () => {
    ansible.answer = { exitCode: 2, stdout: played({ a: { ok: 1 }, b: { failed: 1 } }, NOTIFIED) };
    await bench.play();
    bench.facts = { leftBehind: bench.checkpointed ?? null };
    bench.checkpointed = undefined;
    ansible.answer = { exitCode: 0, stdout: played({ a: { ok: 1 }, b: { ok: 1 } }) };
    const there = { inventory: { hosts: ["a", "b"] } };
    expect(failure(await bench.play(there)).code).toBe("ansible.handlers-owed");
    expect(ansible.args).not.toContain("--limit");
    const gone = { inventory: { hosts: { a: {} } } };
    bench.checkpointed = undefined;
    ansible.answer = { exitCode: 0, stdout: played({ a: { ok: 1 } }) };
    expect(await bench.play(gone)).toMatchObject({ status: "succeeded" });
  });

  it("gives the same answer when the same attempt is executed again, and runs nothing", async () => {
    const first = await bench.play();
    bench.attempt = 1;
    expect(await bench.play()).toEqual(first);
    ansible.answer = { exitCode: 2, stdout: played({ a: { failed: 1 } }) };
    const failed = await bench.play();
    bench.attempt = 2;
    expect(await bench.play()).toEqual(failed);
    expect(ansible.orders).toHaveLength(2);
  });

  it("leaves it to a person when its process was gone in the middle, unless it only checks", async () => {
    ansible.answer = { ...ansible.answer, isHeld: true };
    const stop = new AbortController();
    bench.signal = stop.signal;
    const playing = bench.play({ inventory: HOSTS });
    await ansible.held;
    stop.abort(new Error("gone"));
    await playing;
    bench.signal = new AbortController().signal;
    bench.attempt = 1;
    ansible.answer = { ...ansible.answer, isHeld: false };
    expect(failure(await bench.play({ inventory: HOSTS }))).toMatchObject({ code: "step.interrupted", retry: "never" });
    bench.attempt = 1;
    ansible.answer = { exitCode: 0, stdout: recordedEvents("check") };
    expect(await bench.play({ inventory: HOSTS, check: true })).toMatchObject({ status: "succeeded" });
    expect(bench.artifacts.text("changes.diff")).toContain("+hello");
  });

  it.each([
    ["no last event", 0, recordedEvents("ok").slice(0, -1)],
    ["an event that is missing", 0, recordedEvents("ok").filter((_, index) => index !== 7)],
    ["an event that is no event", 0, [...recordedEvents("ok").slice(0, 5), '{"quarterdeck": 1, "n": 6, "type": "hm"}']],
    ["something after the last event", 0, [...recordedEvents("ok"), recordedEvents("ok")[0] ?? ""]],
    ["a failure that the exit code does not know", 0, played({ a: { failed: 1 } })],
    ["an exit code that the hosts do not know", 2, played({ a: { ok: 1 } })],
    ["a host that failed where one was unreachable", 4, played({ a: { failed: 1 } })],
    ["an unexpected exception", 250, played({ a: { failed: 1 } })],
    ["an interruption by others", 99, recordedEvents("ok").slice(0, 9)],
    ["an exit code of a shell", 127, []],
    ["a statistic that is too large", 0, played({ a: { ok: 1 } }, { type: "stat-too-large", name: "x", size: 50_000 })],
  ])("calls %s unclear, never a success", async (_, exitCode, stdout) => {
    ansible.answer = { exitCode, stdout };
    expect(failure(await bench.play())).toMatchObject({ code: "ansible.unclear", retry: "never" });
  });

  it.each([
    ["ansible.no-hosts", 0, recordedEvents("nobody"), []],
    [
      "ansible.no-hosts",
      1,
      [],
      ["ERROR! Specified inventory, host pattern and/or --limit leaves us with no hosts to target."],
    ],
    [
      "ansible.nothing-run",
      0,
      events(
        { type: "playbook", plays: 1 },
        { type: "play", name: "x" },
        { type: "batch", hosts: ["a"] },
        { type: "end", hosts: 0 },
      ),
      [],
    ],
    ["ansible.syntax", 4, [], ["[WARNING]: something", "ERROR! conflicting action statements: a, b"]],
    ["ansible.syntax", 1, [], ["ERROR! Unable to retrieve file contents"]],
    ["ansible.vault", 4, [], ["ERROR! Attempting to decrypt but no vault secrets found"]],
    ["ansible.unreachable", 4, played({ a: { unreachable: 1 } }), []],
    ["ansible.failed-tasks", 10, played({ a: { failed: 1 } }), []],
  ])("says %s when it ends with %i", async (code, exitCode, stdout, stderr) => {
    ansible.answer = { exitCode, stdout, stderr };
    expect(failure(await bench.play()).code).toBe(code);
  });

  it("passes over what is no event, which the log has", async () => {
    ansible.answer = { exitCode: 0, stdout: ["a prompt", ...recordedEvents("ok")], stderr: ["[WARNING]: old"] };
    expect(await bench.play()).toMatchObject({ status: "succeeded" });
    expect(bench.artifacts.text("log")).toMatch(/^\[WARNING\]: old\na prompt\n/u);
  });

  it("hides what it was given as a secret in everything that it says", async () => {
    const secret = "correct-horse-battery";
    const told = { type: "result", status: "failed", host: "a", task: "Tell", isChanged: false };
    const stdout = played({ a: { failed: 1 } }, { ...told, isIgnored: false, message: `it was ${secret}` });
    ansible.answer = { exitCode: 2, stdout };
    const outcome = await bench.play({ "secret-variables": { token: secret } });
    const kept = bench.artifacts.kept.map(({ content }) => content.toString("utf8"));
    expect(JSON.stringify([outcome, kept, bench.checkpoints, bench.said])).not.toContain(secret);
    expect(failure(outcome).message).toContain("it was «secret»");
  });

  it("says which program is missing, and how it is had", async () => {
    ansible.run = () => Promise.reject(new AppError("nothing there", { code: "program.missing" }));
    expect(failure(await bench.play())).toMatchObject({
      code: "program.missing",
      message: expect.stringContaining("Install ansible-core 2.14"),
    });
  });

  it.each([
    [{ playbook: "../site.yml" }],
    [{ playbook: "/etc/passwd" }],
    [{ inventory: "../hosts" }],
    [{ inventory: { hosts: ["-a"] } }],
    [{ inventory: { hosts: ["all:!b"] } }],
    [{ inventory: { hosts: { a: { ansible_ssh_common_args: "-o StrictHostKeyChecking=no" } } } }],
    [{ limit: "@/etc/passwd" }],
    [{ limit: "--check" }],
    [{ tags: ["a,b"] }],
    [{ directory: { local: "plays" } }],
  ])("does not take %j", (more) => {
    const whole = { directory: { local: "/srv" }, playbook: "site.yml", inventory: "hosts.yml" };
    expect(PlaybookInput.safeParse(whole).success).toBe(true);
    expect(PlaybookInput.safeParse({ ...whole, ...more }).success).toBe(false);
  });
});
