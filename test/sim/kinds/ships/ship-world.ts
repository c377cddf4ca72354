import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { ApprovalRule } from "../../../../src/domain/target.ts";
import type { WorkFolders } from "../../../../src/programs/work-folders.ts";
import type { Dice } from "../../dice.ts";
import { AnsibleBook, ansibleProgram } from "../programs/ansible-program.ts";
import { cosignProgram } from "../programs/cosign-program.ts";
import { ImageRegistry } from "../programs/image-registry.ts";
import { ProgramStage, type SimulatedProgram } from "../programs/program-stage.ts";
import { terraformProgram } from "../programs/terraform-program.ts";
import { TerraformState } from "../programs/terraform-state.ts";
import { trivyProgram } from "../programs/trivy-program.ts";
import type { DiskClock } from "./disk-clock.ts";

export const TOKEN = "canary-of-the-cloud-0815";
/** Everybody in the workspace, with the groups in which they are. */
export const PEOPLE: Readonly<Record<string, readonly string[]>> = {
  U1: ["S0OPS"],
  U2: ["S0OPS"],
  U3: ["S0OPS", "S0DBA"],
  U4: ["S0DBA"],
  U5: [],
  U6: ["S0OPS"],
};
const LOCK_LIFTED_AFTER_MS = 300_000;

const { publicKey } = generateKeyPairSync("ed25519");
/** The key with which images are signed that may run. */
export const RELEASE_KEY = publicKey.export({ type: "spki", format: "pem" }).toString();

/** What was brought to run somewhere, and for which run. */
export interface Deployed {
  readonly run: string;
  readonly digest: string;
  readonly at: number;
}

/** Everything outside of the application: machines, clouds, registries, people's rules; real files only where programs exchange some. */
export class ShipWorld implements Disposable {
  readonly clock: DiskClock;
  readonly folder = mkdtempSync(join(tmpdir(), "qd-ships-"));
  readonly state: TerraformState;
  readonly hosts = new AnsibleBook();
  readonly registry: ImageRegistry;
  readonly stage: ProgramStage;
  readonly deployed: Deployed[] = [];
  /** What is to run, as Git has it. */
  manifest: string;
  version = "1";
  /** Once it is false, everything is well. */
  isTroubled = true;
  rule: ApprovalRule = {
    from: [{ kind: "group", group: "S0OPS" }],
    quorum: 1,
    expiresMs: 1_200_000,
    requesterMayApprove: false,
  };

  constructor(dice: Dice, clock: DiskClock) {
    this.clock = clock;
    this.state = new TerraformState(dice.fork("state"));
    this.registry = new ImageRegistry(dice.fork("registry"));
    this.manifest = this.registry.tagged;
    mkdirSync(this.configuration);
    writeFileSync(join(this.configuration, "site.yml"), "- hosts: all\n");
    const isTroubled = (): boolean => this.isTroubled;
    const programs = new Map<string, SimulatedProgram>([
      ["terraform", terraformProgram({ state: this.state, isTroubled })],
      ["ansible-playbook", ansibleProgram({ book: this.hosts, isTroubled, version: () => this.version })],
      ["trivy", trivyProgram({ registry: this.registry, isTroubled })],
      ["cosign", cosignProgram({ registry: this.registry, key: RELEASE_KEY, isTroubled })],
    ]);
    this.stage = new ProgramStage({ clock, dice: dice.fork("stage"), programs, isTroubled });
  }

  /** Where the files of Terraform and Ansible stand. */
  get configuration(): string {
    return join(this.folder, "configuration");
  }

  /** The work folders of one process: what an earlier one had is free with its end. */
  folders(): WorkFolders {
    const inUse = new Map<string, Promise<unknown>>();
    return {
      use: async ({ name, signal }, work) => {
        const folder = join(this.folder, name.replaceAll(this.folder, "").replaceAll(/[^\w]+/gu, "-"));
        mkdirSync(folder, { recursive: true });
        const before = inUse.get(folder) ?? Promise.resolve();
        const turn = Promise.withResolvers<void>();
        inUse.set(
          folder,
          before.then(() => turn.promise),
        );
        try {
          await before;
          signal.throwIfAborted();
          return await work(folder);
        } finally {
          turn.resolve();
        }
      },
    };
  }

  /** Something happens that nobody here has asked for. */
  stir(dice: Dice): void {
    const roll = dice.fraction();
    if (roll < 0.4) this.state.edit();
    else if (roll < 0.55 && this.state.lock === undefined) this.state.meddle();
    else if (roll < 0.7) this.registry.push(dice.chance(0.6));
    else if (roll < 0.85) this.manifest = this.registry.tagged;
    else if (roll < 0.92) this.version = dice.hex(3);
    else this.rule = { ...this.rule, quorum: dice.between(1, 2) };
  }

  /** Somebody lifts a lock that nobody holds any more. */
  liftOldLock(): void {
    const { lock } = this.state;
    if (lock !== undefined && this.clock.now() - lock.at > LOCK_LIFTED_AFTER_MS) this.state.lock = undefined;
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
