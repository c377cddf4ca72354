import type { Blueprint } from "./blueprint.ts";
import { ciDeployBlueprint } from "./blueprints/ci-deploy.ts";
import { fleetBlueprint } from "./blueprints/fleet.ts";
import { imageReleaseBlueprint } from "./blueprints/image-release.ts";
import { promoteProbedBlueprint } from "./blueprints/promote-probed.ts";
import { nightlyDriftBlueprint } from "./blueprints/nightly-drift.ts";
import { provisionBlueprint } from "./blueprints/provision.ts";

/** Every blueprint: the demo for people has all of them among its commands. */
export const BLUEPRINTS: readonly Blueprint[] = [
  promoteProbedBlueprint,
  fleetBlueprint,
  provisionBlueprint,
  nightlyDriftBlueprint,
  ciDeployBlueprint,
  imageReleaseBlueprint,
];
