import { z } from "zod";

/** Which plug-in a step kind is from, and which version of it: the same digest means the same files. */
export const KindOrigin = z.object({
  name: z.string(),
  /** As its package.json says; empty where it has none. */
  version: z.string(),
  /** SHA-256, in hexadecimal, over everything that was loaded for it. */
  digest: z.string(),
});
export type KindOrigin = z.infer<typeof KindOrigin>;

const SHOWN = 12;

/** For people: `acme-steps 1.2.0 (3fa9c1d2e4f5)`. */
export function originText({ name, version, digest }: KindOrigin): string {
  return `${version === "" ? name : `${name} ${version}`} (${digest.slice(0, SHOWN)})`;
}
