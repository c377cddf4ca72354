import type { Blueprint } from "../blueprint.ts";
import { ciWebhook } from "../world-parts/ci-webhook.ts";
import { forge } from "../world-parts/forge.ts";

export const ciGreenBlueprint: Blueprint = {
  name: "ci-green",
  files: ["ci-deploy"],
  verbs: ["ci-deploy"],
  parts: [forge, ciWebhook],
};
