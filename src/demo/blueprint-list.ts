import type { Blueprint } from "./blueprint.ts";

/** Every blueprint: the demo for people has all of them among its commands. */
export const BLUEPRINTS: readonly Blueprint[] = [];
