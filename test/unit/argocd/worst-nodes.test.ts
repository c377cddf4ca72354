import { describe, expect, it } from "vitest";
import { worstNodes } from "../../../src/argocd/worst-nodes.ts";
import { TreeNode } from "../../../src/argocd/argocd-responses.ts";

describe("worstNodes", () => {
  const node = (kind: string, name: string, status: string, message = ""): TreeNode =>
    TreeNode.parse({ kind, name, health: { status, message } });

  it("puts pods with a message before their owners, Degraded before Progressing, and leaves out the healthy", () => {
    const nodes = [
      node("Deployment", "web", "Progressing", "1 of 2"),
      node("ReplicaSet", "web-1", "Degraded"),
      node("Pod", "web-1-a", "Degraded", "ImagePullBackOff"),
      node("Service", "web", "Healthy"),
      node("Deployment", "api", "Degraded", "exceeded its progress deadline"),
      TreeNode.parse({ kind: "ConfigMap", name: "c" }),
    ];
    expect(worstNodes(nodes).map(({ kind, name }) => `${kind}/${name}`)).toEqual([
      "Pod/web-1-a",
      "Deployment/api",
      "ReplicaSet/web-1",
      "Deployment/web",
    ]);
  });
});
