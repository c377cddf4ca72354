import type { Blueprint } from "../blueprint.ts";
import { forge } from "../world-parts/forge.ts";

export const ciDeployBlueprint: Blueprint = { name: "ci-deploy", parts: [forge] };
