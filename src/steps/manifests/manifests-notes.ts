import type { ProgramNote, StepNotes } from "../../engine/step-notes.ts";
import { FOLDER_FAILURES, TOOL_FAILURES } from "../image/image-notes.ts";

export const KUBECONFORM: ProgramNote = {
  name: "kubeconform",
  atLeast: "0.6",
  get: "https://github.com/yannh/kubeconform/releases",
};

export const MANIFESTS_NOTES: StepNotes = {
  failures: {
    ...TOOL_FAILURES,
    ...FOLDER_FAILURES,
    "manifests.invalid": {
      retry: "never",
      meaning: "An object breaks its schema or a rule, or has no schema. The message names the first five.",
    },
    "manifests.none": { retry: "never", meaning: "Argo CD renders nothing at that revision." },
    "manifests.unreadable": { retry: "never", meaning: "Argo CD rendered something that is no object." },
    "manifests.unreadable-output": {
      retry: "never",
      meaning: "What kubeconform printed cannot be understood, leaves an object out, or contradicts its exit code.",
    },
    "manifests.failed": { retry: "never", meaning: "kubeconform could not do its work." },
    "argocd.unreachable": { retry: "backoff", meaning: "Argo CD cannot be reached." },
    "argocd.hidden": { retry: "never", meaning: "The application does not exist, or the token may not see it." },
  },
  artifacts: {
    "manifests-report.json": "What was found, and every image that the manifests name.",
    log: "What kubeconform said while it worked.",
  },
  programs: [KUBECONFORM],
  example: `id: manifests
uses: manifests/validate
with:
  app: \${{ target.app }}
  revision: \${{ revision.sha }}
  schemas:
    repository: https://git.example.com/kubernetes-schemas.git
    revision: 4f2a6c1d9e0b7a35c8d4e6f1a2b3c4d5e6f7a8b9
  kubernetes-version: 1.34.1
  without-schema: [Certificate]
  rules:
    - name: replicas
      kinds: [Deployment]
      condition: manifest.spec.replicas >= 2
      message: Run at least two of them.
timeout: 5m
`,
};
