import { join } from "node:path";

const ENVIRONMENTS = ["staging", "qa", "prod"];
const EACH = ["1", "2"];

/** Terraform configurations of each environment and a playbook, in JSON, which both programs read like their own languages. */
export function machineFiles(hosts: string): Readonly<Record<string, string>> {
  return {
    ...Object.fromEntries(
      ENVIRONMENTS.map((environment) => [
        `infra/${environment}/main.tf.json`,
        text(configuration(environment, join(hosts, environment))),
      ]),
    ),
    "machines/site.json": text(PLAYBOOK),
  };
}

/** A machine is made by a command that notes that it did. */
function configuration(environment: string, prefix: string): object {
  const sizes = Object.fromEntries(EACH.map((number) => [number, { cpus: environment === "prod" ? 4 : 2 }]));
  return {
    terraform: { required_version: ">= 1.9", backend: { local: {} } },
    resource: {
      terraform_data: {
        machine: {
          for_each: sizes,
          input: { folder: `${prefix}-\${each.key}`, cpus: "${each.value.cpus}" },
          provisioner: [
            {
              "local-exec": {
                command: 'mkdir -p "$MACHINE" && echo made >> "$MACHINE/made"',
                environment: { MACHINE: `${prefix}-\${each.key}` },
              },
            },
          ],
        },
      },
    },
    output: {
      hosts: { value: Object.fromEntries(EACH.map((number) => [`${environment}-${number}`, host(number)])) },
    },
  };
}

/** A real one has `ansible_host`, and is reached by SSH. */
function host(number: string): object {
  const machine = `terraform_data.machine["${number}"].output`;
  return {
    ansible_connection: "local",
    // Fewer starts of Python.
    ansible_pipelining: true,
    ansible_python_interpreter: "auto_silent",
    folder: `\${${machine}.folder}`,
    cpus: `\${${machine}.cpus}`,
  };
}

const PLAYBOOK = [
  {
    name: "Configure the machines",
    hosts: "all",
    gather_facts: false,
    tasks: [
      {
        name: "Note the visit",
        "ansible.builtin.shell": "echo visited >> {{ folder }}/visits",
      },
      {
        name: "Have a folder for settings",
        "ansible.builtin.file": { path: "{{ folder }}/etc", state: "directory", mode: "0755" },
      },
      {
        name: "Write the settings",
        "ansible.builtin.copy": {
          dest: "{{ folder }}/etc/{{ service }}.conf",
          content: "service = {{ service }}\nrelease = {{ release }}\ncpus = {{ cpus }}\n",
          mode: "0644",
        },
        notify: "Restart the service",
      },
    ],
    handlers: [
      {
        name: "Restart the service",
        "ansible.builtin.shell": "echo restarted >> {{ folder }}/restarts",
      },
    ],
  },
];

function text(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
