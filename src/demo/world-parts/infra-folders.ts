import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import { writeState } from "../stand-ins/terraform/state-file.ts";
import { VERSION } from "../stand-ins/terraform/voice.ts";
import { defineWorldPart } from "../world-part.ts";

/** Folders of this machine with Terraform configurations, as they lie on the machine of a worker. */
export interface InfraFolders {
  /** How often the state of an environment was written. */
  readonly serial: (environment: string) => number;
  /** Writes a configuration that cannot be read. */
  readonly ruin: (environment: string) => Promise<void>;
}

const Serial = z.looseObject({ serial: z.int() });
const CPUS = { staging: { wanted: 2, made: 2 }, prod: { wanted: 8, made: 4 } } as const;

/** Staging is as its configuration says; in prod Git asks for more than there is. */
export const infraFolders = defineWorldPart<InfraFolders>({
  name: "infra-folders",
  async open({ folder }) {
    for (const [environment, { wanted, made }] of Object.entries(CPUS)) {
      await mkdir(join(folder, environment));
      await writeFile(join(folder, environment, "main.tf.json"), configuration(wanted));
      const node = { name: "node", key: undefined, triggers: null, isTainted: false };
      const size = { cpus: made };
      const state = { lineage: `demo-${environment}`, serial: 6, outputs: {} };
      const all = { ...state, made: [{ ...node, id: `node-${environment}`, input: size, output: size }] };
      await writeState(stateFile(folder, environment), all, VERSION);
    }
    return {
      thing: {
        serial: (environment) => Serial.parse(JSON.parse(readFileSync(stateFile(folder, environment), "utf8"))).serial,
        ruin: (environment) => writeFile(join(folder, environment, "main.tf.json"), '{ "resource": '),
      },
      environment: { QUARTERDECK_TERRAFORM_ROOTS: folder },
      replacements: { "/srv/infra": folder },
    };
  },
});

function stateFile(folder: string, environment: string): string {
  return join(folder, environment, "terraform.tfstate");
}

function configuration(cpus: number): string {
  const node = { input: { cpus } };
  return `${JSON.stringify({ terraform: { required_version: ">= 1.9" }, resource: { terraform_data: { node } } }, null, 2)}\n`;
}
