import { evaluateTemplate } from "../expressions/evaluate.ts";
import { canonicalJson, isJsonList, type Json } from "../platform/canonical-json.ts";
import type { Draft } from "./draft.ts";
import { holdReason, lockRefusal } from "./lock-text.ts";
import { holds, type Place } from "./place.ts";
import { childPath } from "./plan-walk.ts";
import type { LockNode } from "./plan.ts";
import { PENDING, type Reached, REST } from "./reached.ts";

/** Asks for the locks of a block, carries it on when they are had, and gives them back when it has come to an end. */
export function walkLock(
  draft: Draft,
  {
    node,
    place,
    walkBody,
  }: { readonly node: LockNode; readonly place: Place; readonly walkBody: (inner: Place) => Reached },
): Reached {
  const path = childPath(place.parent, node);
  if (!draft.state.locks.has(path)) {
    if (!holds(node, place)) return walkBody(place);
    if (place.pace !== "on") return REST;
    const keys = lockKeys(evaluateTemplate(node.keys, place.scope));
    const refusal = askForLock(draft, path, { node, keys, within: place.locks });
    if (refusal !== undefined) return refusal;
  }
  const { status, keys = [] } = draft.state.locks.get(path) ?? {};
  if (status === "requested") return place.pace === "rest" ? withdraw(draft, path, keys) : PENDING;
  if (status === "withdrawn") return REST;
  const reached = walkBody({ ...place, locks: [...place.locks, path] });
  if (status === "held" && place.pace !== "look") giveBack(draft, path, { node, keys, reached });
  return reached;
}

function giveBack(
  draft: Draft,
  path: string,
  { node, keys, reached }: { readonly node: LockNode; readonly keys: readonly string[]; readonly reached: Reached },
): void {
  if (reached.kind === "pending") return;
  const hold = node.hold === true && reached.kind === "done" ? holdReason(draft.state) : undefined;
  const end = { ...(hold !== undefined && { hold }), ...(reached.kind === "rest" && { cutShort: true }) };
  draft.emit({ type: "lock.released", path, keys: [...keys], ...end });
}

function askForLock(
  draft: Draft,
  path: string,
  { node, keys, within }: { readonly node: LockNode; readonly keys: string[]; readonly within: readonly string[] },
): Reached | undefined {
  const isUrgent = draft.state.plan.urgent === true;
  const reply = draft.askForLocks({ keys, isUrgent, within });
  const refusal = lockRefusal(reply, { run: draft.state.id, keys, whenLocked: node.whenLocked });
  if (refusal !== undefined) return { kind: "failed", path, failure: refusal };
  draft.emit({ type: "lock.requested", path, keys, order: draft.nextLockOrder(), ...(isUrgent && { urgent: true }) });
  if (reply.kind === "free") draft.emit({ type: "lock.acquired", path, keys });
  return undefined;
}

function withdraw(draft: Draft, path: string, keys: readonly string[]): Reached {
  draft.emit({ type: "lock.released", path, keys: [...keys], cutShort: true });
  return REST;
}

function lockKeys(value: Json): string[] {
  const keys = isJsonList(value) ? value : [value];
  return keys.map((key) => (typeof key === "string" ? key : canonicalJson(key)));
}
