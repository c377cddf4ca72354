import type { Dice } from "../../dice.ts";

/** An image as it is, whatever anybody says of it. */
export interface SimulatedImage {
  readonly digest: string;
  /** By severity, as scanners write them. */
  readonly findings: readonly string[];
  /** `release` is the key that counts; `asserted` has nothing but an assertion of it; `other` is somebody else's signature. */
  readonly signature: "release" | "asserted" | "other" | "none";
}

export const REPOSITORY = "registry.test/shop/checkout";

/** A registry with one repository, whose tag moves. */
export class ImageRegistry {
  readonly #dice: Dice;
  readonly images = new Map<string, SimulatedImage>();
  /** When whole scans of an image came to their end, by reference. */
  readonly scans: { readonly reference: string; readonly at: number }[] = [];
  #tagged = "";

  constructor(dice: Dice) {
    this.#dice = dice;
    this.push(true);
  }

  /** What the tag means now. */
  get tagged(): string {
    return this.#tagged;
  }

  /** Another image gets the tag. */
  push(isGood: boolean): void {
    const digest = `sha256:${this.#dice.hex(64)}`;
    const findings = isGood || this.#dice.chance(0.5) ? this.#some(["MEDIUM", "LOW"]) : ["CRITICAL", "LOW"];
    const signature = isGood ? "release" : this.#dice.pick(["release", "asserted", "other", "none"] as const);
    this.images.set(digest, { digest, findings, signature });
    this.#tagged = digest;
  }

  /** The image of a full reference; undefined for one that is not there. */
  find(reference: string): SimulatedImage | undefined {
    const [name, digest = ""] = reference.split("@");
    return name === REPOSITORY ? this.images.get(digest) : undefined;
  }

  #some(severities: readonly string[]): readonly string[] {
    return severities.filter(() => this.#dice.chance(0.5));
  }
}
