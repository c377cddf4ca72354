import type { ProgramNote, StepNotes } from "../../engine/step-notes.ts";
import { STOP } from "./terraform-call.ts";

const PROGRAMS: readonly ProgramNote[] = [
  {
    name: "terraform",
    atLeast: "1.9",
    tried: ["1.11.4"],
    get: "https://developer.hashicorp.com/terraform/install",
  },
  {
    name: "tofu",
    atLeast: "1.9",
    tried: ["1.9.4", "1.10.7", "1.11.0", "1.12.6"],
    get: "https://opentofu.org/docs/intro/install",
  },
];

/** What all steps of this family may end with. */
const COMMON: StepNotes["failures"] = {
  "terraform.state-locked": {
    retry: "backoff",
    meaning: "Somebody else holds the lock of the state; the message says who, and since when. The step waits.",
  },
  "terraform.unreachable": {
    retry: "backoff",
    meaning: "A registry, a backend or a provider could not be reached before anything was changed. The step waits.",
  },
  "terraform.failed": {
    retry: "never",
    meaning:
      "The configuration, its variables or a provider is at fault; the message names file and line. Nothing was changed.",
  },
  "terraform.unreadable-output": {
    retry: "never",
    meaning: "What the program printed cannot be understood, is not whole, or contradicts its exit code.",
  },
  "terraform.path": {
    retry: "never",
    meaning: "A directory or a file of variables does not exist, or lies outside of what is allowed.",
  },
  "terraform.state-lost": {
    retry: "never",
    meaning: "The configuration from Git would keep its state in a file that is gone after the step.",
  },
  "archive.unsafe": { retry: "never", meaning: "The folder from Git holds a path or a link that leads out of it." },
  "program.too-old": { retry: "never", meaning: "The program does not know an option that came with version 1.9." },
  "program.missing": { retry: "never", meaning: "The program is not installed where the step is executed." },
};

export const PLAN_NOTES: StepNotes = {
  failures: COMMON,
  artifacts: {
    "plan.tfplan": "The saved plan, sealed: it holds variables and state.",
    "plan-setup.json": "Backend settings and variables, sealed, for applying the plan.",
    "plan.txt": "What the plan would do with which resource, for people; without values.",
    log: "What the program printed, without the secrets that the step was given.",
  },
  programs: PROGRAMS,
  programInput: "program",
  stop: STOP,
  example: `id: plan
uses: terraform/plan
with:
  directory:
    repository: https://git.example.com/infra.git
    revision: 4f2a6c1d9e0b7a35c8d4e6f1a2b3c4d5e6f7a8b9
    path: clusters/prod
  workspace: prod
  variables: { nodes: 3 }
`,
};

export const APPLY_NOTES: StepNotes = {
  failures: {
    ...COMMON,
    "approval.void": {
      retry: "never",
      meaning:
        "The state was changed after the plan was made, an earlier attempt has begun to apply it, or the rule about who may approve " +
        "changed: it is planned anew, and asked for again with the difference shown.",
    },
    "approval.missing": {
      retry: "never",
      meaning: "Its environment asks for approval, and nobody approved this plan.",
    },
    "terraform.plan-stale": {
      retry: "never",
      meaning: "The same where nobody had to approve it: a retry of the run plans anew.",
    },
    "terraform.plan-altered": {
      retry: "never",
      meaning: "The plan is not, in every part, what the plan step put out.",
    },
    "terraform.other-folder": {
      retry: "never",
      meaning: "This worker would apply the plan in another folder than the one in which it was made.",
    },
    "terraform.partial-apply": {
      retry: "never",
      meaning:
        "Some resources were changed and others were not; the message names them. A retry plans anew and asks for approval again.",
    },
    "terraform.state-unsaved": {
      retry: "never",
      meaning:
        "Resources were changed, and the backend did not take the state; the message says where the state is kept. Push it before anything else.",
    },
    "terraform.outputs-unread": {
      retry: "never",
      meaning: "The plan was applied, but outputs and state could not be read afterwards.",
    },
  },
  artifacts: { log: "What the program printed, without the secrets that the step was given." },
  programs: PROGRAMS,
  stop: STOP,
  example: `id: apply
uses: terraform/apply
with:
  plan: \${{ steps.plan.outputs.plan }}
`,
};

export const OUTPUT_NOTES: StepNotes = {
  failures: COMMON,
  artifacts: { log: "What the program printed while it was prepared." },
  programs: PROGRAMS,
  programInput: "program",
  example: `id: cluster
uses: terraform/output
with:
  directory:
    repository: https://git.example.com/infra.git
    revision: 4f2a6c1d9e0b7a35c8d4e6f1a2b3c4d5e6f7a8b9
    path: clusters/prod
  workspace: prod
`,
};
