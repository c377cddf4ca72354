import type { Plan, PlanNode, StepNode } from "../../../../src/domain/plan.ts";
import type { Dice } from "../../dice.ts";
import { RELEASE_KEY, type ShipWorld } from "./ship-world.ts";

const RETRY = { attempts: 3, delayMs: 2000, factor: 1.5, maxDelayMs: 20_000 };
const IMAGES = ["${{ steps.custody.outputs.images[0] }}"];
const CHECKS = ["scan", "signed", "custody"].map((id) => `\${{ steps.${id}.outputs.check }}`);

/** A command that plans, asks, applies and configures, with or without images that it looks at; shapes are of the dice. */
export function shipPlan(dice: Dice, world: ShipWorld): Plan {
  const directory = { local: world.configuration };
  const hasImages = dice.chance(0.6);
  const plan = step("plan", "terraform/plan", {
    with: { directory, "secret-variables": { token: "${{ secrets.TOKEN }}" }, "lock-timeout": "5s" },
  });
  const approve = step("approve", "approval", {
    sort: "gate",
    with: {
      plan: "${{ steps.plan.outputs.plan }}",
      prompt: "Ship it?",
      "destroy-guard": { above: 0, from: ["S0DBA"] },
      ...(hasImages && { images: IMAGES, checks: CHECKS }),
    },
  });
  const apply = step("apply", "terraform/apply", {
    protects: true,
    with: { plan: "${{ steps.plan.outputs.plan }}", "lock-timeout": "5s" },
  });
  const configure = step("configure", "ansible/playbook", {
    with: {
      directory,
      playbook: "site.yml",
      inventory: { hosts: "${{ steps.apply.outputs.values.hosts }}" },
      "secret-variables": { password: "${{ steps.apply.outputs.secrets.password }}" },
    },
    ...(dice.chance(0.5) && { retry: RETRY }),
  });
  const deploy = step("deploy", "world/deploy", {
    protects: true,
    with: { plan: "${{ steps.plan.outputs.plan }}", images: IMAGES },
  });
  const others = hasImages
    ? [apply, ...(dice.chance(0.5) ? [configure, deploy] : [deploy, configure])]
    : [apply, configure];
  const before = [...(hasImages ? looking(dice) : []), plan];
  const steps = stepsOf({ mistake: mistakeOf(dice, hasImages), before, approve, others, plan });
  const isLocked = dice.chance(0.3);
  return {
    engine: 1,
    command: "ship",
    title: "Ship",
    verb: "ship",
    steps: isLocked ? [{ type: "lock", key: "held", keys: "state", whenLocked: "queue", steps }] : [...steps],
    onFailure: [],
    secrets: ["TOKEN"],
  };
}

/** What whoever wrote the command has done wrong, if anything: then nothing may be applied or deployed. */
export type Mistake = "none" | "unasked" | "swapped";

function mistakeOf(dice: Dice, hasImages: boolean): Mistake {
  const roll = dice.fraction();
  if (roll < 0.06 && hasImages) return "unasked";
  return roll < 0.12 ? "swapped" : "none";
}

interface Parts {
  readonly mistake: Mistake;
  readonly before: readonly PlanNode[];
  readonly approve: StepNode;
  readonly others: readonly StepNode[];
  readonly plan: StepNode;
}

function stepsOf({ mistake, before, approve, others, plan }: Parts): readonly PlanNode[] {
  switch (mistake) {
    case "none":
      return [...before, approve, ...others];
    case "unasked":
      return [...before, ...others.toSorted((one) => (one.key === "deploy" ? -1 : 1))];
    case "swapped": {
      const later = others.map((one) =>
        one.with["plan"] === undefined
          ? one
          : { ...one, with: { ...one.with, plan: "${{ steps.again.outputs.plan }}" } },
      );
      return [...before, approve, { ...plan, key: "again" }, ...later];
    }
  }
}

/** Each branch asks for itself what the tag means, so that it may mean different things. */
function looking(dice: Dice): readonly PlanNode[] {
  const scan = [
    step("scanned", "world/tagged", {}),
    step("scan", "trivy/image", { with: { image: "${{ steps.scanned.outputs.reference }}" }, retry: RETRY }),
  ];
  const signed = [
    step("asked", "world/tagged", {}),
    step("signed", "cosign/verify", {
      with: { image: "${{ steps.asked.outputs.reference }}", key: RELEASE_KEY, "insecure-ignore-tlog": true },
      retry: RETRY,
    }),
  ];
  const branches: readonly PlanNode[] = [
    { type: "group", key: "scanning", steps: scan },
    { type: "group", key: "signing", steps: signed },
    step("manifests", "world/manifests", {}),
  ];
  return [
    { type: "parallel", key: "looking", failFast: dice.chance(0.7), branches },
    step("custody", "image/custody", {
      with: {
        scanned: "${{ steps.scan.outputs.image }}",
        signed: "${{ steps.signed.outputs.image }}",
        images: "${{ steps.manifests.outputs.images }}",
      },
    }),
  ];
}

function step(key: string, uses: string, more: Partial<StepNode>): StepNode {
  return { type: "step", key, uses, sort: "action", protects: false, with: {}, ...more };
}
