import type { Blueprint } from "../blueprint.ts";
import { machines } from "../world-parts/machines.ts";

export const provisionBlueprint: Blueprint = {
  name: "provision",
  parts: [machines],
  programs: ["terraform", "ansible-playbook"],
};
