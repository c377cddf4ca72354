import { onTestFinished } from "vitest";

import { ansiblePlaybook } from "../../../src/steps/ansible/ansible-playbook.ts";
import { AnsibleBench } from "../../support/ansible-bench.ts";
import { FakeAnsible } from "../../support/fake-ansible.ts";
import type { ActionScene } from "../step-kind.contract.ts";

const SECRET = { secret: "TOKEN" };

export async function playbookScene(): Promise<ActionScene> {
  const ansible = new FakeAnsible();
  const bench = await AnsibleBench.open(() => ansible);
  onTestFinished(() => bench[Symbol.asyncDispose]());
  await bench.write({ "site.yml": "[]" });
  return {
    kind: ansiblePlaybook(bench.deps),
    input: {
      directory: { local: bench.plays },
      playbook: "site.yml",
      inventory: { hosts: ["a"] },
      "secret-variables": { password: SECRET },
      "vault-secret": SECRET,
      "ssh-key": SECRET,
    },
    effects: () => ansible.orders.length,
    hold: () => {
      ansible.answer = { ...ansible.answer, isHeld: true };
      return ansible.held;
    },
  };
}
