import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { access, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { beforeEach, describe, expect, it } from "vitest";

import type { Failure, Outcome } from "../../src/domain/outcome.ts";
import { findProgram } from "../../src/programs/find-program.ts";
import { AnsibleBench } from "../support/ansible-bench.ts";
import { machinePrograms } from "../support/terraform-program.ts";
import { eventually } from "../support/eventually.ts";

const hasAnsible = await findProgram("ansible-playbook", process.env["PATH"]).then(
  () => true,
  () => false,
);

if (!hasAnsible)
  console.warn("NO ansible-playbook IS INSTALLED: nothing is tried with Ansible. Install ansible-core 2.14.");

const open = (): Promise<AnsibleBench> => AnsibleBench.open(machinePrograms);

const until = (check: () => void): Promise<void> => eventually(check);

function output(outcome: Outcome): Extract<Outcome, { status: "succeeded" }>["output"] {
  if (outcome.status !== "succeeded") throw new Error(JSON.stringify(outcome));
  return outcome.output;
}

function failure(outcome: Outcome): Failure {
  if (outcome.status !== "failed") throw new Error(JSON.stringify(outcome));
  return outcome.failure;
}

const LOCAL = { ansible_connection: "local", ansible_pipelining: true, ansible_python_interpreter: "/usr/bin/python3" };
const THREE = { hosts: { a: LOCAL, b: LOCAL, c: LOCAL } };

/** A play in which each host writes a file and notifies, and then does what may fail. */
const PLAY = `
- name: Configure
  hosts: all
  gather_facts: false
  tasks:
    - name: Write
      ansible.builtin.copy: { content: "{{ text | default('hello') }}\\n", dest: "{{ out }}/{{ inventory_hostname }}" }
      notify: Restart
    - name: Go on
      ansible.builtin.command: "test -e {{ out }}/go-{{ inventory_hostname }}"
      changed_when: false
    - name: Tell
      ansible.builtin.set_stats: { data: { version: 3 }, aggregate: false }
    - name: Tell of each
      ansible.builtin.set_stats: { data: { name: "{{ inventory_hostname }}" }, per_host: true }
  handlers:
    - name: Restart
      ansible.builtin.shell: "echo {{ inventory_hostname }} >> {{ out }}/restarted"
`;

async function ready(bench: AnsibleBench, names: readonly string[]): Promise<void> {
  for (const name of names) await writeFile(join(bench.folder, `go-${name}`), "");
}

async function restarted(bench: AnsibleBench): Promise<readonly string[]> {
  const text = await readFile(join(bench.folder, "restarted"), "utf8").catch(() => "");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .toSorted();
}

describe.skipIf(!hasAnsible)("ansible/playbook with the real program", { timeout: 180_000 }, () => {
  let bench: AnsibleBench;
  let input: Readonly<Record<string, unknown>>;

  beforeEach(async ({ onTestFinished }) => {
    bench = await open();
    onTestFinished(() => bench[Symbol.asyncDispose]());
    await bench.write({ "site.yml": PLAY });
    input = { inventory: THREE, variables: { out: bench.folder } };
  });

  it("says what came of it on each host, with the statistics of the playbook and a log", async () => {
    await ready(bench, ["a", "b", "c"]);
    const played = output(await bench.play(input));
    expect(played).toMatchObject({
      hosts: { a: { ok: 5, changed: 2, failed: 0 }, b: { changed: 2 }, c: { changed: 2 } },
      counts: { ok: 15, changed: 6 },
      changed: true,
      stats: { version: 3 },
      hostStats: { a: { name: "a" } },
      check: { result: "changed 3 of 3 hosts (6 tasks)" },
    });
    expect(bench.artifacts.text("log")).toContain("TASK [Write]\nchanged: [");
    expect(bench.said.at(-1)).toMatchObject({ text: "Restart, on hosts", total: 3 });
    expect(await bench.leftovers()).toEqual([]);
  });

  it("limits a retry to the hosts that failed, and has run their handlers", async () => {
    await ready(bench, ["a", "c"]);
    const failed = failure(await bench.play(input));
    expect(failed).toMatchObject({
      code: "ansible.failed-tasks",
      retry: "backoff",
      message: "Tasks failed on 1 of 3 hosts (b). b, Go on: non-zero return code",
      details: { hosts: { b: { failed: 1 } }, tasks: [{ host: "b", task: "Go on" }], owed: [] },
    });
    expect(await restarted(bench)).toEqual(["a", "b", "c"]);
    await ready(bench, ["b"]);
    const again = output(await bench.play(input));
    expect(again).toMatchObject({
      hosts: { a: { changed: 2 }, b: { ok: 4, changed: 0 }, c: { changed: 2 } },
      hostStats: { a: { name: "a" }, b: { name: "b" } },
    });
    const log = bench.artifacts.text("log") ?? "";
    expect(log).toContain("ok: [b]");
    expect(log).not.toContain("[a]");
    expect(await restarted(bench)).toEqual(["a", "b", "c"]);
  });

  it("runs in the next attempt the handlers that a host owes which went away, and is no success without them", async () => {
    const lost = `
    - name: Reach
      ansible.builtin.command: "true"
      vars:
        ansible_connection: "{{ 'local' if inventory_hostname == 'a' or (out + '/up') is file else 'ssh' }}"
        ansible_host: 127.0.0.1
        ansible_port: 1
    - name: Go on`;
    await bench.write({ "site.yml": PLAY.replace("    - name: Go on", lost.slice(1)) });
    await ready(bench, ["a", "b"]);
    const away = failure(await bench.play({ ...input, inventory: { hosts: { a: LOCAL, b: LOCAL } } }));
    expect(away).toMatchObject({ code: "ansible.unreachable", retry: "backoff" });
    expect(away.message).toContain("handlers that were notified have not run: Restart on b; a retry runs them");
    expect(await restarted(bench)).toEqual(["a"]);
    await writeFile(join(bench.folder, "up"), "");
    const { checkpointed } = bench;
    await bench.write({ "renamed.yml": PLAY.replaceAll("Restart", "Restarted") });
    const more = { ...input, inventory: { hosts: { a: LOCAL, b: LOCAL } } };
    expect(failure(await bench.play({ ...more, playbook: "renamed.yml" }))).toMatchObject({
      code: "ansible.handlers-owed",
      details: { owed: [{ play: "Configure", host: "b", handler: "Restart" }] },
    });
    expect(output(await bench.play({ ...more, playbook: "renamed.yml", handlers: "ignore" }))).toBeDefined();
    expect(await restarted(bench)).toEqual(["a"]);
    bench.checkpointed = checkpointed;
    expect(output(await bench.play(more))).toMatchObject({ hosts: { a: { failed: 0 }, b: { unreachable: 0 } } });
    expect(await restarted(bench)).toEqual(["a", "b"]);
  });

  it("changes nothing in check mode, and leaves what it would change", async () => {
    const inventory = { hosts: { a: LOCAL }, groups: { web: { hosts: ["a"], vars: { text: "from the group" } } } };
    const checked = output(await bench.play({ ...input, inventory, check: true }));
    expect(checked).toMatchObject({ changed: true, check: { result: expect.stringContaining("would change 1 of 1") } });
    expect(bench.artifacts.text("changes.diff")).toMatch(/^# a: Write\n--- before\n[^]*\+from the group/u);
    await expect(access(join(bench.folder, "a"))).rejects.toThrow("ENOENT");
    expect(bench.checkpoints).toEqual([]);
  });

  it.each([
    ["ansible.no-hosts", { limit: "nobody" }],
    ["ansible.no-hosts", { playbook: "others.yml" }],
    ["ansible.syntax", { playbook: "wrong.yml" }],
    ["ansible.syntax", { inventory: "wrong.yml" }],
    ["ansible.nothing-run", { tags: ["absent"] }],
    ["ansible.vault", { playbook: "vault.yml" }],
  ])("says %s of %j, and never that it was a success", async (code, more) => {
    await bench.write({
      "wrong.yml": "- hosts: all\n  tasks:\n    - nope: {}\n",
      "others.yml": "- hosts: others\n  tasks: []\n",
      "vault.yml": `- hosts: all\n  gather_facts: false\n  vars_files: [vaulted.yml]\n  tasks: [{ ansible.builtin.debug: { var: x } }]\n`,
      "vaulted.yml": "$ANSIBLE_VAULT;1.1;AES256\n3031\n",
    });
    expect(failure(await bench.play({ ...input, inventory: { hosts: { a: LOCAL } }, ...more }))).toMatchObject({
      code,
      retry: "never",
    });
  });

  it("stops when it is told to, and runs afterwards what its hosts owe", async () => {
    const slow = 'ansible.builtin.shell: "while [ ! -e {{ out }}/go-{{ inventory_hostname }} ]; do sleep 0.1; done"';
    await bench.write({ "site.yml": PLAY.replace(/ansible.builtin.command: "test .*"/u, slow) });
    const stop = new AbortController();
    bench.signal = stop.signal;
    const more = { ...input, inventory: { hosts: { a: LOCAL } } };
    const playing = bench.play(more);
    await until(() => expect(JSON.stringify(bench.checkpointed)).toContain('"handler":"Restart"'));
    await until(() => expect(bench.said.at(-1)?.text).toBe("Go on, on hosts"));
    stop.abort(new Error("its time is up"));
    expect(failure(await playing).message).toContain("its time is up");
    expect(await restarted(bench)).toEqual([]);
    bench.signal = new AbortController().signal;
    bench.attempt = 1;
    expect(failure(await bench.play(more)).code).toBe("step.interrupted");
    await ready(bench, ["a"]);
    expect(output(await bench.play(more))).toMatchObject({ hosts: { a: { changed: 1 } } });
    expect(await restarted(bench)).toEqual(["a"]);
  });

  it("shows secrets in no argument, log, output or failure, and takes what it is given for no template", async () => {
    const secret = "correct-horse-battery";
    const vault = "the-vault-password-0123";
    await bench.write({
      "pass.sh": vault,
      "site.yml": `
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.shell: "while [ ! -e {{ out }}/go ]; do sleep 0.1; done; test {{ token }} = ${secret}; echo {{ token }}"
      register: shown
    - ansible.builtin.set_stats: { data: { shown: "{{ shown.stdout }}", given: "{{ given }}", of: "{{ of_host }}", key: "{{ key }}" } }
`,
    });
    const given = "{{ lookup('pipe', 'id') }}é😀";
    const playing = bench.play({
      inventory: { hosts: { a: { ...LOCAL, of_host: given } } },
      variables: { out: bench.folder, given, key: [{ deep: given }, 1.5, null, true] },
      "secret-variables": { token: secret },
      "vault-secret": vault,
      "ssh-key": "-----BEGIN KEY-----\nAAAAsecretlineofakey\n-----END KEY-----",
      "known-hosts": "example.com ssh-ed25519 AAAA",
    });
    await until(() => expect(bench.said.at(-1)?.text).toBe("ansible.builtin.shell, on hosts"));
    const lines = commandLinesBelow(bench.folder).filter((line) => line.includes("ansible-playbook"));
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join("\n")).not.toMatch(new RegExp([secret, vault, "secretlineofakey"].join("|"), "u"));
    await writeFile(join(bench.folder, "go"), "");
    const { stats } = output(await playing);
    expect(stats).toEqual({ shown: "«secret»", given, of: given, key: [{ deep: given }, 1.5, null, true] });
    const kept = bench.artifacts.kept.map(({ content }) => content.toString("utf8"));
    expect(JSON.stringify([kept, bench.said, bench.checkpoints])).not.toContain(secret);
    expect(await bench.leftovers()).toEqual([]);
  });

  it("works on a folder from Git, and opens what is encrypted in it", async () => {
    const encrypted = encrypt("vault-password-0123", "opened: true\n");
    await bench.write({
      "ops/hosts.yml": "all: { hosts: { a: { ansible_connection: local } } }\n",
      "ops/vaulted.yml": encrypted,
      "ops/site.yml":
        "- hosts: all\n  gather_facts: false\n  vars_files: [vaulted.yml]\n  tasks: [{ ansible.builtin.set_stats: { data: { opened: '{{ opened }}' } } }]\n",
    });
    const directory = { repository: "https://git.test/infra", revision: "a".repeat(40), path: "ops" };
    expect(output(await bench.play({ directory, "vault-secret": "vault-password-0123" }))).toMatchObject({
      stats: { opened: true },
    });
    expect(await bench.play({ directory, playbook: "absent.yml" })).toMatchObject({
      failure: { code: "ansible.path" },
    });
    expect(await bench.play({ directory: { local: "/etc" }, playbook: "passwd" })).toMatchObject({
      failure: { code: "ansible.path" },
    });
  });
});

function encrypt(password: string, text: string): string {
  const args = ["encrypt", "--vault-password-file", "/dev/fd/3", "--output", "-", "-"];
  const command = `ansible-vault ${args.join(" ")} 3<<< "${password}"`;
  return execFileSync("bash", ["-c", command], {
    input: text,
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C.UTF-8" },
  });
}

/** The arguments of every process that works somewhere below a folder. */
function commandLinesBelow(folder: string): readonly string[] {
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/u.test(pid)) return [];
    try {
      const text = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      return readFileSync(`/proc/${pid}/environ`, "utf8").includes(folder) ? [text] : [];
    } catch {
      return [];
    }
  });
}
