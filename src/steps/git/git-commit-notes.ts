import type { StepNotes } from "../../engine/step-notes.ts";

export const GIT_COMMIT_NOTES: StepNotes = {
  failures: {
    "git.not-writable": {
      retry: "never",
      meaning: "The configuration does not say `write: true` of the repository under `git.repositories`.",
    },
    "git.protected-branch": {
      retry: "never",
      meaning: "The rules of the server do not let the credential add commits to the branch.",
    },
    "git.no-push-right": { retry: "never", meaning: "The credential may read the repository and not write to it." },
    "git.rejected": {
      retry: "backoff",
      meaning: "The server does not take it: a hook declined, or others were quicker eight times in a row.",
    },
    "git.no-branch": { retry: "never", meaning: "There is no such branch, nor that of `from`." },
    "git.moved": { retry: "never", meaning: "One of the files was changed after `revision`." },
    "git.file-missing": { retry: "never", meaning: "There is no such file, so nothing can be set in it." },
    "git.path-missing": {
      retry: "never",
      meaning: "The file has no such key; the message says which ones it has. `create: true` makes it.",
    },
    "git.path-alias": {
      retry: "never",
      meaning: "The path leads through an alias: it would change what the anchor is at.",
    },
    "git.other-kind": {
      retry: "never",
      meaning: "A mapping or list stands where a single value would go, or the reverse.",
    },
    "git.which-document": { retry: "never", meaning: "The file has several documents; `document` says which one." },
    "git.not-yaml": { retry: "never", meaning: "The file cannot be read as YAML or JSON, such as a template of Helm." },
    "git.not-text": { retry: "never", meaning: "The file is no text in UTF-8." },
    "git.not-a-file": { retry: "never", meaning: "It is a folder, a symbolic link or a submodule, or below one." },
    "git.bad-path": { retry: "never", meaning: "The path leads out of the repository, into `.git`, or is no path." },
    "git.file-too-large": { retry: "never", meaning: "Values are set in files of up to 256 KiB." },
    "git.holds-secret": { retry: "never", meaning: "What would be written holds a secret that Quarterdeck knows." },
    "git.signing": {
      retry: "never",
      meaning: "The commit cannot be signed with the key that the configuration names.",
    },
    "git.authentication": { retry: "never", meaning: "The server refuses the credential." },
    "git.unreachable": {
      retry: "backoff",
      meaning: "The server does not answer. A commit that it took nevertheless is found, and not made twice.",
    },
  },
  example: `id: write
uses: git/commit
with:
  repository: https://git.example.com/acme/deploy.git
  branch: main
  changes:
    - file: apps/checkout/kustomization.yaml
      image: { name: checkout, digest: "sha256:7d5225e2801d8c75facfbd98b49a74b7f73606c6dcae95334add95e6c5bf2e0c" }
    - file: apps/checkout/values.yaml
      set: { image.tag: 1.5.0 }
  message: Release checkout 1.5.0
retry: { attempts: 3, delay: 10s }
`,
};
