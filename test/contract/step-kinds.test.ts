import { allKinds } from "../support/all-kinds.ts";
import { commitScene } from "./step-kinds/git-commit-scene.ts";
import { requestScene } from "./step-kinds/http-request-scene.ts";
import { custodyScene, manifestsScene, resolveScene, scanScene, signedScene } from "./step-kinds/image-scenes.ts";
import { playbookScene } from "./step-kinds/ansible-playbook-scene.ts";
import { mergeScene, pullRequestScene } from "./step-kinds/forge-scenes.ts";
import { alertScene } from "./step-kinds/slack-alert-scene.ts";
import { fileScene, messageScene } from "./step-kinds/slack-scenes.ts";
import { programScene } from "./step-kinds/program-run-scene.ts";
import { applyScene, outputScene, planScene } from "./step-kinds/terraform-scenes.ts";
import { syncScene } from "./step-kinds/argocd-sync-scene.ts";
import { actionContract, stepKindContract } from "./step-kind.contract.ts";

for (const kind of allKinds.values()) stepKindContract(kind);

// One line for each action, with a world in which it can do something.
actionContract("ansible/playbook", playbookScene);
actionContract("argocd/sync", syncScene);
actionContract("cosign/verify", signedScene);
actionContract("git/commit", commitScene);
actionContract("git/merge", mergeScene);
actionContract("git/pull-request", pullRequestScene);
actionContract("http/request", requestScene(false));
actionContract("http/request with a key", requestScene(true));
actionContract("image/custody", custodyScene);
actionContract("image/resolve", resolveScene);
actionContract("manifests/validate", manifestsScene);
actionContract("program/run", programScene);
actionContract("slack/alert", alertScene);
actionContract("slack/file", fileScene);
actionContract("slack/message", messageScene);
actionContract("terraform/apply", applyScene);
actionContract("terraform/output", outputScene);
actionContract("terraform/plan", planScene);
actionContract("trivy/image", scanScene);
