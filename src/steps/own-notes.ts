import type { StepNotes } from "../engine/step-notes.ts";

type Failures = StepNotes["failures"];

const REACHING: Failures = {
  "argocd.unknown-server": { retry: "never", meaning: "No Argo CD server of that name is configured." },
  "argocd.unreachable": { retry: "backoff", meaning: "Argo CD cannot be reached. The step goes on when it can." },
  "argocd.timeout": { retry: "backoff", meaning: "Argo CD did not answer in time." },
  "argocd.transient": { retry: "backoff", meaning: "Argo CD could not answer just now, such as while it restarts." },
  "argocd.auth": { retry: "never", meaning: "Argo CD refused the token: it is wrong or has expired." },
  "argocd.rbac": { retry: "never", meaning: "The token may not do this. The message names the right that is missing." },
  "argocd.hidden": { retry: "never", meaning: "The application does not exist, or the token may not see it." },
};

const BEFORE_IT_BEGINS: Failures = {
  "approval.void": {
    retry: "never",
    meaning: "What was approved is not what is there any more. The step is asked for anew when it is retried.",
  },
  "approval.missing": {
    retry: "never",
    meaning: "The environment asks for an approval, and no gate before the step has given one.",
  },
  "argocd.deleting": { retry: "never", meaning: "The application is being deleted." },
  "argocd.bad-spec": { retry: "never", meaning: "Argo CD says that the definition of the application is invalid." },
  "argocd.busy": {
    retry: "backoff",
    meaning: "Somebody else's operation is running. The step waits, which costs no attempt.",
  },
  "argocd.window": { retry: "backoff", meaning: "A sync window is closed. The step waits, which costs no attempt." },
  "argocd.observing": { retry: "backoff", meaning: "Quarterdeck only observes and changes nothing. The step waits." },
};

export const SYNC_NOTES: StepNotes = {
  failures: {
    ...REACHING,
    ...BEFORE_IT_BEGINS,
    "revision.older": {
      retry: "never",
      meaning: "The revision lies before what is live, and nobody asked to go back.",
    },
    "argocd.auto-sync-rollback": {
      retry: "never",
      meaning: "Argo CD syncs the application by itself and would undo going back.",
    },
    "argocd.not-started": { retry: "backoff", meaning: "Argo CD accepted the sync and did not begin with it in time." },
    "argocd.result-unknown": {
      retry: "never",
      meaning: "Nobody knows whether Argo CD took the sync. A person looks and decides.",
    },
  },
  example: `id: sync
uses: argocd/sync
with:
  app: \${{ target.app }}
  revision: \${{ revision.sha }}
retry: { attempts: 3, delay: 5s }
`,
};

export const ROLLBACK_NOTES: StepNotes = {
  failures: {
    ...REACHING,
    ...BEFORE_IT_BEGINS,
    "rollback.not-stored": {
      retry: "never",
      meaning: "Argo CD's history has no deployment of this revision any more.",
    },
    "argocd.auto-sync-rollback": {
      retry: "never",
      meaning: "Argo CD syncs the application by itself and would undo going back.",
    },
  },
  example: `id: restore
uses: argocd/rollback
with:
  app: \${{ target.app }}
  revision: \${{ revision.sha }}
`,
};

export const TERMINATE_NOTES: StepNotes = {
  failures: REACHING,
  example: `id: end
uses: argocd/terminate
with:
  app: \${{ target.app }}
  operation: \${{ steps.sync.outputs.operation }}
`,
};

export const WAIT_NOTES: StepNotes = {
  failures: {
    ...REACHING,
    "argocd.sync-failed": {
      retry: "backoff",
      meaning: "The sync failed. The message has the resources and what they say.",
    },
    "argocd.sync-error": {
      retry: "backoff",
      meaning: "Argo CD could not carry the sync out, such as when the manifests cannot be rendered.",
    },
    "argocd.degraded": { retry: "never", meaning: "The application is Degraded for longer than the grace." },
    "argocd.terminated": { retry: "never", meaning: "Somebody ended the operation." },
    "argocd.superseded": { retry: "never", meaning: "Another operation has taken its place." },
    "argocd.wrong-revision": { retry: "never", meaning: "Argo CD applied something else than what was asked for." },
    "argocd.not-live": { retry: "never", meaning: "The revision is not what is live." },
    "argocd.not-started": { retry: "backoff", meaning: "Argo CD accepted the sync and did not begin with it in time." },
    "argocd.auto-sync-off": { retry: "never", meaning: "Auto-sync was switched off before it got there." },
    "argocd.recreated": { retry: "never", meaning: "The application was deleted and made anew." },
    "argocd.deleting": { retry: "never", meaning: "The application is being deleted." },
    "argocd.gone": { retry: "never", meaning: "There is no such application." },
  },
  example: `id: healthy
uses: argocd/wait
with:
  app: \${{ target.app }}
  revision: \${{ revision.sha }}
timeout: 15m
`,
};

export const APPROVAL_NOTES: StepNotes = {
  failures: {
    ...REACHING,
    "approval.no-rule": {
      retry: "never",
      meaning:
        "The environment asks for no approval, or there is none, and the step does not say either who may give one.",
    },
    "custody.broken": { retry: "never", meaning: "An image that is to be approved is not in the manifests." },
    "image.no-digest": { retry: "never", meaning: "An image that is to be approved is named by a tag." },
    "image.unreadable": { retry: "never", meaning: "What is to be approved as an image is none." },
    "terraform.plan-altered": {
      retry: "never",
      meaning: "The plan that it was given is not, in every part, what its step put out.",
    },
  },
  example: `id: gate
uses: approval
with:
  app: \${{ target.app }}
  revision: \${{ revision.sha }}
  prompt: "Promote \${{ service.name }} to \${{ target.name }}?"
`,
};

export const ALERT_NOTES: StepNotes = {
  failures: {},
  example: `id: alert
uses: slack/alert
`,
};
