import type { Dice } from "../../dice.ts";

/** One object that is rendered, and what is true of it. */
export interface Rendered {
  readonly kind: string;
  readonly name: string;
  readonly replicas: number;
  readonly image: string;
  /** As its schema wants it. */
  readonly isValid: boolean;
}

/** The commits that a rendering may be asked for: the first has nothing wrong about it. */
export const REVISIONS = ["1", "2", "3", "4", "5"].map((digit) => digit.repeat(40));

/** What is rendered at each commit, whoever asks. */
export class ManifestBook {
  readonly #objects = new Map<string, readonly Rendered[]>();
  /** What was rendered last, and when. */
  readonly renderings: { readonly revision: string; readonly at: number }[] = [];

  constructor(dice: Dice) {
    for (const [index, revision] of REVISIONS.entries()) this.#objects.set(revision, made(dice.fork(revision), index));
  }

  at(revision: string): readonly Rendered[] {
    return this.#objects.get(revision) ?? [];
  }

  render(revision: string, at: number): readonly string[] {
    this.renderings.push({ revision, at });
    return this.at(revision).map((object) => JSON.stringify(textOf(object)));
  }
}

function made(dice: Dice, index: number): readonly Rendered[] {
  // One commit has nothing in its folder.
  if (index === 4) return [];
  return Array.from({ length: dice.between(1, 5) }, (_none, place) => {
    const isWrong = index > 0 && dice.chance(0.35);
    const replicas = isWrong && dice.chance(0.5) ? 1 : dice.between(2, 4);
    const tagged = isWrong && dice.chance(0.4);
    return {
      kind: place === 0 || dice.chance(0.6) ? "Deployment" : "StatefulSet",
      name: `part-${place}`,
      replicas,
      image: tagged ? `registry.test/shop/part-${place}:latest` : `registry.test/shop/part@sha256:${dice.hex(64)}`,
      isValid: !(isWrong && dice.chance(0.5)),
    };
  });
}

function textOf({ kind, name, replicas, image, isValid }: Rendered): object {
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { name, namespace: "shop" },
    spec: {
      replicas,
      ...(!isValid && { wrong: true }),
      template: { spec: { containers: [{ name: "main", image }] } },
    },
  };
}
