import type { TreeNode } from "./argocd-responses.ts";
import type { FailedVerdict } from "./verdict.ts";
import { worstNodes } from "./worst-nodes.ts";

/** Adds what the resource tree knows: the pods, whose messages say why. Without it the failure stands all the same. */
export async function explainFailure(
  failure: FailedVerdict,
  { readTree, signal }: { readonly readTree: () => Promise<readonly TreeNode[]>; readonly signal: AbortSignal },
): Promise<FailedVerdict> {
  if (failure.code !== "argocd.degraded" && failure.code !== "argocd.sync-failed") return failure;
  try {
    const nodes = await readTree();
    const known = new Set(failure.resources.map(({ kind, name }) => `${kind}/${name}`));
    const more = worstNodes(nodes).filter(({ kind, name }) => !known.has(`${kind}/${name}`));
    return { ...failure, resources: [...failure.resources, ...more] };
  } catch {
    signal.throwIfAborted();
    return failure;
  }
}
