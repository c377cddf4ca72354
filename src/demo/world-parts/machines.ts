import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import { DEMO_AUTHORS } from "../../simulator/git-demo-history.ts";
import { defineWorldPart } from "../world-part.ts";
import { machineFiles } from "./machine-files.ts";

/** What Terraform's state says of itself: how often it was written, and which resources it has. */
const StateFile = z.looseObject({
  serial: z.int(),
  lineage: z.string(),
  resources: z.array(
    z.looseObject({
      name: z.string(),
      instances: z.array(
        z.looseObject({
          index_key: z.union([z.string(), z.number()]).optional(),
          attributes: z.looseObject({ id: z.string() }),
        }),
      ),
    }),
  ),
});
type StateFile = z.infer<typeof StateFile>;

/** The machines of an environment, as they are outside of everything: folders of this machine. */
export interface Machines {
  /** The commit of the deploy repository that has the configurations and the playbook. */
  readonly commit: string;
  /** Terraform's state of the environment; undefined before the first apply. */
  readonly state: (environment: string) => StateFile | undefined;
  readonly names: (environment: string) => readonly string[];
  /** The lines of a file of a machine; none where it has no such file. */
  readonly lines: (machine: string, file: string) => readonly string[];
  /** Puts a file where its settings belong, so that nothing can configure it; the function that it returns takes it away. */
  readonly spoil: (machine: string) => Promise<() => Promise<void>>;
}

/** Machines that Terraform makes and Ansible configures: each is a folder, and notes what is done to it. */
export const machines = defineWorldPart<Machines>({
  name: "machines",
  async open({ folder, git }) {
    const [states, hosts] = [join(folder, "states"), join(folder, "hosts")];
    await mkdir(states);
    await mkdir(hosts);
    const commit = await git.deploy.repository.commit({
      author: DEMO_AUTHORS.chen,
      message: "machines: two for each environment, with their playbook",
      files: machineFiles(hosts),
    });
    const stateFile = (environment: string): string => join(states, `${environment}.tfstate`);
    const lines = (machine: string, file: string): readonly string[] => linesOf(join(hosts, machine, file));
    return {
      thing: {
        commit,
        state: (environment) => stateOf(stateFile(environment)),
        names: (environment) => readdirSync(hosts).filter((name) => name.startsWith(`${environment}-`)),
        lines,
        async spoil(machine) {
          const path = join(hosts, machine, "etc");
          await rm(path, { recursive: true, force: true });
          await writeFile(path, "in the way\n");
          return () => rm(path);
        },
      },
      replacements: { "/srv/terraform": states },
    };
  },
});

function stateOf(file: string): StateFile | undefined {
  if (!existsSync(file)) return undefined;
  return StateFile.parse(JSON.parse(readFileSync(file, "utf8")));
}

function linesOf(file: string): readonly string[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8").trimEnd().split("\n");
}
