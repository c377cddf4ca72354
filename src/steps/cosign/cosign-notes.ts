import type { ProgramNote, StepNotes } from "../../engine/step-notes.ts";
import { FOLDER_FAILURES, IMAGE_FAILURES, TOOL_FAILURES } from "../image/image-notes.ts";

export const COSIGN: ProgramNote = {
  name: "cosign",
  atLeast: "3.0",
  get: "https://docs.sigstore.dev/cosign/system_config/installation/",
};

export const COSIGN_NOTES: StepNotes = {
  failures: {
    ...TOOL_FAILURES,
    ...IMAGE_FAILURES,
    ...FOLDER_FAILURES,
    "cosign.unsigned": {
      retry: "never",
      meaning: "The image has no signature. What was only asserted of it, signed or not, is none.",
    },
    "cosign.not-verified": { retry: "never", meaning: "It is signed by somebody else, or the signature is wrong." },
    "cosign.no-attestation": { retry: "never", meaning: "It has no attestation of a type that it must have." },
    "cosign.condition": {
      retry: "never",
      meaning: "It has attestations of the type, and the condition holds for none.",
    },
    "cosign.unreachable": {
      retry: "backoff",
      meaning: "The registry, the trusted root or the transparency log could not be reached. That is no verdict.",
    },
    "cosign.denied": { retry: "never", meaning: "The registry does not give it to whoever `registry` names." },
    "cosign.bad-input": {
      retry: "never",
      meaning: "Not exactly one of `key` and `keyless` was given, or they do not go together.",
    },
    "cosign.bad-key": { retry: "never", meaning: "The key is no public key in PEM." },
    "cosign.no-file": { retry: "never", meaning: "There is no such file in Git, or it is larger than 1 MiB." },
    "cosign.too-large": {
      retry: "never",
      meaning: "There are more attestations, or larger ones, than are looked into.",
    },
    "cosign.unreadable-output": { retry: "never", meaning: "What Cosign printed cannot be understood." },
    "cosign.failed": { retry: "never", meaning: "Cosign could not do its work. The log has all that it said." },
  },
  artifacts: { log: "What Cosign said while it worked." },
  programs: [COSIGN],
  example: `id: signed
uses: cosign/verify
with:
  image: \${{ steps.image.outputs.reference }}
  keyless:
    identity: https://github.com/acme/checkout/.github/workflows/release.yml@refs/heads/main
    issuer: https://token.actions.githubusercontent.com
  attestations:
    - type: slsaprovenance1
      condition: predicate.buildDefinition.externalParameters.workflow.repository == "https://github.com/acme/checkout"
timeout: 5m
retry: { attempts: 3, delay: 10s }
`,
};
