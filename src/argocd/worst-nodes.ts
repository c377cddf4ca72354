import type { TreeNode } from "./argocd-responses.ts";
import type { FailingResource } from "./verdict.ts";

const MOST_NODES = 5;
const RANK: Readonly<Record<string, number>> = { Degraded: 0, Unknown: 1, Missing: 2, Progressing: 3 };

/**
 * The nodes of the resource tree that say most about why an application is not healthy, worst first. Pods come before their owners:
 * theirs is the message with the cause (ImagePullBackOff), while a Deployment shows Progressing for ten minutes.
 */
export function worstNodes(nodes: readonly TreeNode[]): readonly FailingResource[] {
  return nodes
    .filter((node) => RANK[statusOf(node)] !== undefined)
    .toSorted((left, right) => weight(left) - weight(right))
    .slice(0, MOST_NODES)
    .map((node) => ({
      group: node.group,
      kind: node.kind,
      namespace: node.namespace,
      name: node.name,
      status: statusOf(node),
      message: node.health?.message ?? "",
    }));
}

function weight(node: TreeNode): number {
  const silent = (node.health?.message ?? "") === "" ? 1 : 0;
  const owner = node.kind === "Pod" ? 0 : 1;
  return (RANK[statusOf(node)] ?? 0) * 4 + silent * 2 + owner;
}

function statusOf(node: TreeNode): string {
  return node.health?.status ?? "";
}
