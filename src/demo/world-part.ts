import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/ids.ts";
import type { Policy } from "../simulator/argocd-accounts.ts";
import type { ApplicationDefinition } from "../simulator/argocd-application-store.ts";
import type { ArgocdSimulator } from "../simulator/argocd-simulator.ts";
import type { ImageBehaviour } from "../simulator/cluster-object.ts";
import type { DemoGit } from "./demo-git.ts";
import { playFailure } from "./finding.ts";

/** A world, as its parts know it: by an object of its own. */
export interface WithParts {
  readonly parts: object;
}

/** What a part may use while the world around it is built. */
export interface PartContext {
  readonly clock: Clock;
  readonly random: Random;
  /** How many times faster than a real cluster. */
  readonly speed: number;
  /** An empty folder of its own, gone with the world. */
  readonly folder: string;
  /** The world's Git server, and the repository that the Applications of the shop read. */
  readonly git: DemoGit;
  /** The world that it will be in: `other.of(world)` is a part that was named before. */
  readonly world: WithParts;
  /** Whatever has to be ended with the world. */
  readonly resources: AsyncDisposableStack;
}

/** What a part adds to the demo's `quarterdeck.yaml`, as the configuration's keys have it. */
export interface ConfigurationPart {
  /** After those of the shop, in the order of promotion. */
  readonly environments?: readonly object[];
  readonly services?: readonly object[];
  readonly programs?: Readonly<Record<string, object>>;
  /** Roles besides that of the team, with their members, and what they may. */
  readonly roles?: Readonly<Record<string, readonly object[]>>;
  readonly grants?: readonly object[];
  /** Names of secrets; each is read from the environment variable of the same name. */
  readonly secrets?: readonly string[];
  readonly repositories?: readonly { readonly url: string; readonly [key: string]: unknown }[];
  /** Further keys of the file, each by one part at most. */
  readonly others?: Readonly<Record<string, unknown>>;
}

/** What a part gives to its world. */
export interface Opened<Thing> {
  /** What plays and their checks work with. */
  readonly thing: Thing;
  readonly configuration?: ConfigurationPart;
  /** Variables of the server and of every worker, such as secrets. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What the simulated Argo CD has besides. */
  readonly applications?: readonly ApplicationDefinition[];
  readonly images?: Readonly<Record<string, ImageBehaviour>>;
  /** Further rights of the account that Quarterdeck uses. */
  readonly policies?: readonly Policy[];
  /** What stands in the files of `blueprints/`, and what stands for it in the demo: an address, mostly. */
  readonly replacements?: Readonly<Record<string, string>>;
  /** Called when the simulated Argo CD runs, for what depends on what is deployed. */
  readonly onArgocd?: (argocd: ArgocdSimulator) => void;
}

/** Something outside Quarterdeck that a world has only where it is asked for: a registry, a shop over HTTP. */
export interface WorldPart<Thing = unknown> {
  readonly name: string;
  /** Parts that are opened before it. */
  readonly needs: readonly WorldPart[];
  open(context: PartContext): Promise<Opened<Thing>>;
  /** The part of an open world; throws where the world has none. */
  of(world: WithParts): Thing;
}

/** Makes a part: each world that asks for it opens one of its own. */
export function defineWorldPart<Thing>(part: {
  readonly name: string;
  readonly needs?: readonly WorldPart[];
  readonly open: (context: PartContext) => Promise<Opened<Thing>>;
}): WorldPart<Thing> {
  const opened = new WeakMap<object, { readonly thing: Thing }>();
  return {
    name: part.name,
    needs: part.needs ?? [],
    async open(context) {
      const own = await part.open(context);
      opened.set(context.world.parts, own);
      return own;
    },
    of({ parts }) {
      const own = opened.get(parts);
      if (own === undefined) throw playFailure(`This world has no ${part.name}.`);
      return own.thing;
    },
  };
}

/** The parts with all that they need, each once and after those that it needs. */
export function inOrder(parts: readonly WorldPart[]): readonly WorldPart[] {
  const ordered = new Set<WorldPart>();
  const add = (part: WorldPart): void => {
    for (const needed of part.needs) add(needed);
    ordered.add(part);
  };
  for (const part of parts) add(part);
  return [...ordered];
}
