import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { beforeEach, describe, expect, it } from "vitest";

import type { Failure, Outcome } from "../../src/domain/outcome.ts";
import { findProgram } from "../../src/programs/find-program.ts";
import { AnsibleBench } from "../support/ansible-bench.ts";
import { machinePrograms } from "../support/terraform-program.ts";

const hasAnsible = await findProgram("ansible-playbook", process.env["PATH"]).then(
  () => true,
  () => false,
);

if (!hasAnsible)
  console.warn("NO ansible-playbook IS INSTALLED: nothing is tried with Ansible. Install ansible-core 2.14.");

const open = (): Promise<AnsibleBench> => AnsibleBench.open(machinePrograms);

function output(outcome: Outcome): Extract<Outcome, { status: "succeeded" }>["output"] {
  if (outcome.status !== "succeeded") throw new Error(JSON.stringify(outcome));
  return outcome.output;
}

function failure(outcome: Outcome): Failure {
  if (outcome.status !== "failed") throw new Error(JSON.stringify(outcome));
  return outcome.failure;
}

const LOCAL = { ansible_connection: "local", ansible_python_interpreter: "/usr/bin/python3" };
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

describe.skipIf(!hasAnsible)("ansible/playbook with the real program", { timeout: 60_000 }, () => {
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
    expect(bench.said.at(-1)?.text).toMatch(/of 3 hosts$/u);
    expect(await bench.leftovers()).toEqual([]);
    expect(output(await bench.play(input))).toMatchObject({ changed: false });
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
});
