import type { Blueprint } from "./blueprint.ts";
import { promoteProbedBlueprint } from "./blueprints/promote-probed.ts";
import { provisionBlueprint } from "./blueprints/provision.ts";

/** Every blueprint: the demo for people has all of them among its commands. */
export const BLUEPRINTS: readonly Blueprint[] = [promoteProbedBlueprint, provisionBlueprint];
