import type { StepKind } from "../../engine/step-kind.ts";
import { didYouMean } from "../../platform/did-you-mean.ts";
import type { LoadedPlugin } from "./plugin-kinds.ts";

/** A plug-in and the names that it wants to have. */
export interface Claim {
  readonly index: number;
  readonly plugin: LoadedPlugin;
  readonly kinds: readonly StepKind[];
}

interface Fault {
  readonly index: number;
  readonly message: string;
}

/** What is wrong with plug-ins beside one another and beside our own kinds: every name belongs to one. */
export function claimFaults(claims: readonly Claim[], own: readonly StepKind[]): readonly Fault[] {
  return [...pluginFaults(claims), ...nameFaults(claims, own), ...stopFaults(claims, own)];
}

function pluginFaults(claims: readonly Claim[]): readonly Fault[] {
  return claims.flatMap(({ index, plugin }) => {
    const { origin, root } = plugin;
    const first = claims.find((other) => other.index < index && other.plugin.root === root);
    if (first !== undefined)
      return [{ index, message: `${plugin.named} is the same as ${first.plugin.named}. Name it once` }];
    const namesake = claims.find((other) => other.index < index && other.plugin.origin.name === origin.name);
    if (namesake === undefined) return [];
    const message = `${plugin.named} has the name of ${namesake.plugin.named}, "${origin.name}". Give it a package.json with a \`name\` of its own`;
    return [{ index, message }];
  });
}

function nameFaults(claims: readonly Claim[], own: readonly StepKind[]): readonly Fault[] {
  const ours = new Set(own.map(({ kind }) => namespaceOf(kind)));
  const taken = new Map<string, string>();
  const faults: Fault[] = [];
  for (const { index, plugin, kinds } of claims) {
    const { name } = plugin.origin;
    for (const { kind } of kinds) {
      const first = taken.get(kind);
      const namespace = namespaceOf(kind);
      if (ours.has(namespace)) {
        const message = `${name}: ${kind}: "${namespace}" belongs to the kinds of Quarterdeck. Take a namespace of your own, such as the name of your company`;
        faults.push({ index, message });
      } else if (first !== undefined) {
        const message = `${name}: ${kind}: ${first === name ? "it is made twice" : `${first} has a kind of that name`}. Each needs a name of its own`;
        faults.push({ index, message });
      } else taken.set(kind, name);
    }
  }
  return faults;
}

function stopFaults(claims: readonly Claim[], own: readonly StepKind[]): readonly Fault[] {
  const all = [...own, ...claims.flatMap(({ kinds }) => kinds)];
  const actions = all.filter(({ sort }) => sort === "action").map(({ kind }) => kind);
  return claims.flatMap(({ index, plugin, kinds }) =>
    kinds.flatMap((kind) => {
      if (kind.sort !== "action" || kind.stopWith === undefined || actions.includes(kind.stopWith)) return [];
      const near = didYouMean(kind.stopWith, actions);
      const hint = near === undefined ? "Name an action" : `Did you mean "${near}"?`;
      return [
        {
          index,
          message: `${plugin.origin.name}: ${kind.kind}: stopWith: there is no action "${kind.stopWith}". ${hint}`,
        },
      ];
    }),
  );
}

function namespaceOf(kind: string): string {
  return kind.split("/")[0] ?? kind;
}
