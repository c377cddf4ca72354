import { z } from "zod";

import { defineAction, type StepKind } from "../../../../src/engine/step-kind.ts";
import { ansiblePlaybook } from "../../../../src/steps/ansible/ansible-playbook.ts";
import { approval } from "../../../../src/steps/approval.ts";
import { cosignVerify } from "../../../../src/steps/cosign/cosign-verify.ts";
import { imageCustody } from "../../../../src/steps/custody/image-custody.ts";
import { terraformApply } from "../../../../src/steps/terraform/terraform-apply.ts";
import { terraformPlan } from "../../../../src/steps/terraform/terraform-plan.ts";
import { trivyImage } from "../../../../src/steps/trivy/trivy-image.ts";
import { REPOSITORY } from "../programs/image-registry.ts";
import type { ShipWorld } from "./ship-world.ts";

const Json = z.json();

/** The kinds of a ship's commands for one process: those that run programs, and three that only the world has. */
export function shipKinds(world: ShipWorld, life: { readonly isDead: boolean }): readonly StepKind[] {
  const { clock } = world;
  const roots = [world.configuration];
  const exportFolder = (): Promise<never> => Promise.reject(new Error("nothing is taken out of Git here"));
  const ruleOf = (_app: string, environment?: string) => (environment === "prod" ? world.rule : undefined);
  const own = { programs: world.stage.of(life), folders: world.folders(), clock };
  const tools = { ...own, preparation: { allowedProgram: () => undefined, exportFolder } };
  const terraform = {
    ...own,
    terraform: { roots, pluginCache: undefined, cliConfig: undefined },
    preparation: { exportFolder, ruleOf },
  };
  const git = { commitsBetween: () => Promise.reject(new Error("there is no Git here")) };
  return [
    terraformPlan(terraform),
    terraformApply(terraform),
    ansiblePlaybook({ ...own, ansible: { roots }, preparation: { exportFolder } }),
    trivyImage(tools),
    cosignVerify(tools),
    imageCustody,
    approval({ servers: new Map(), git, ruleOf, proofs: () => undefined }),
    tagged(world),
    manifests(world),
    deploy(world),
  ];
}

function tagged({ registry }: ShipWorld): StepKind {
  return defineAction({
    kind: "world/tagged",
    summary: "What the tag means now.",
    input: z.strictObject({}),
    output: z.strictObject({ reference: z.string() }),
    repeat: "safe",
    run: () => Promise.resolve({ status: "succeeded", output: { reference: `${REPOSITORY}@${registry.tagged}` } }),
  });
}

function manifests(world: ShipWorld): StepKind {
  return defineAction({
    kind: "world/manifests",
    summary: "What is to run.",
    input: z.strictObject({}),
    output: z.strictObject({
      images: z.array(z.strictObject({ image: z.string(), digest: z.string(), where: z.string() })),
    }),
    repeat: "safe",
    run: () => {
      const { manifest: digest } = world;
      const image = { image: `${REPOSITORY}@${digest}`, digest, where: "Deployment checkout" };
      return Promise.resolve({ status: "succeeded", output: { images: [image] } });
    },
  });
}

/** Brings an image to run, under the approval of a plan. */
function deploy(world: ShipWorld): StepKind {
  return defineAction({
    kind: "world/deploy",
    summary: "Brings an image to run.",
    input: z.strictObject({ plan: Json, images: z.array(z.string()) }),
    output: z.strictObject({}),
    repeat: "safe",
    protects: true,
    run: async ({ images }, { effect, signal }) => {
      await world.clock.sleep(500, signal);
      for (const image of images)
        world.deployed.push({ run: effect.run, digest: image.split("@")[1] ?? "", at: world.clock.now() });
      return { status: "succeeded", output: {} };
    },
  });
}
