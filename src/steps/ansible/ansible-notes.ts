import type { StepNotes } from "../../engine/step-notes.ts";
import type { StopRule } from "../../programs/program-order.ts";

/** It ends the tasks that are under way, and says 99. */
export const STOP: StopRule = { signal: "SIGINT", graceMs: 60_000 };

export const GET = "https://docs.ansible.com/ansible/latest/installation_guide/";

export const PLAYBOOK_NOTES: StepNotes = {
  failures: {
    "ansible.failed-tasks": {
      retry: "backoff",
      meaning:
        "Tasks failed on some hosts; the message and the details name them. Another attempt is limited to the hosts that are left, " +
        "and runs the handlers there that were notified and have not run.",
    },
    "ansible.unreachable": {
      retry: "backoff",
      meaning: "Hosts could not be reached. Another attempt is limited to them; handlers that they owe run then.",
    },
    "ansible.handlers-owed": {
      retry: "never",
      meaning:
        "The play is done, but handlers that were notified in an earlier attempt could not be run again: they are not in the playbook " +
        "any more, are included at run time, or their host is. Run them by hand, and then once more with `handlers: ignore`.",
    },
    "ansible.syntax": {
      retry: "never",
      meaning:
        "The playbook, the inventory or the variables are at fault; the message says where. Nothing was changed.",
    },
    "ansible.vault": {
      retry: "never",
      meaning: "What is encrypted could not be opened before the first task: `vault-secret` is missing or wrong.",
    },
    "ansible.no-hosts": {
      retry: "never",
      meaning: "No host of the inventory is one of the playbook. Nothing was changed.",
    },
    "ansible.nothing-run": {
      retry: "never",
      meaning: "The playbook has no task for its hosts, or none with the tags.",
    },
    "ansible.unclear": {
      retry: "never",
      meaning: "What came of the play is not known: its events are not whole, or contradict its exit code.",
    },
    "ansible.path": {
      retry: "never",
      meaning: "The directory, the playbook or the inventory does not exist, or lies outside of what is allowed.",
    },
    "step.interrupted": {
      retry: "never",
      meaning:
        "It was cut short by a crash while it changed hosts; a person decides. Another attempt runs the handlers that it owes.",
    },
    "archive.unsafe": { retry: "never", meaning: "The folder from Git holds a path or a link that leads out of it." },
    "program.missing": { retry: "never", meaning: "`ansible-playbook` is not installed where the step is executed." },
  },
  artifacts: {
    log: "What happened on which host, without the secrets that the step was given.",
    "changes.diff":
      "What would be changed in files, with `check`. Tasks with `no_log` or `diff: false` are left out of it.",
  },
  programs: [{ name: "ansible-playbook", atLeast: "2.14", get: GET }],
  stop: STOP,
  example: `id: configure
uses: ansible/playbook
with:
  directory:
    repository: https://git.example.com/infra.git
    revision: 4f2a6c1d9e0b7a35c8d4e6f1a2b3c4d5e6f7a8b9
    path: ansible
  playbook: site.yml
  inventory:
    hosts: { node-1: { ansible_host: 192.0.2.11 }, node-2: { ansible_host: 192.0.2.12 } }
    groups: { web: { hosts: [node-1, node-2] } }
  variables: { version: "1.4.0" }
  ssh-key: \${{ secrets.SSH_KEY }}
  vault-secret: \${{ secrets.VAULT }}
`,
};
