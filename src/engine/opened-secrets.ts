import { type Effect, effectKey } from "../domain/effect.ts";
import { isJsonMap, type Json, type JsonMap } from "../platform/canonical-json.ts";
import { AppError } from "../platform/errors.ts";
import type { SecretMask } from "../platform/masking.ts";
import { replaceInside, type SecretPlaces, tryReference } from "./secret-places.ts";
import type { SealedText, Vault } from "./vault.ts";

interface Opening {
  readonly places: SecretPlaces;
  readonly vault: Vault;
  readonly mask: Pick<SecretMask, "add">;
  readonly effect: Effect;
}

/** What stands for a secret where nobody may have it: the server gathers things for steps that are executed elsewhere. */
const HIDDEN = "«secret»";

/**
 * The input of a step with its secrets opened, each of which is masked from then on. Throws `input.secret-misplaced` for one that
 * stands where the kind declares none, and what the vault throws.
 */
export function openSecrets(input: Json, { places, vault, mask, effect }: Opening): Json {
  return replaceReferences(input, places, (reference) => {
    const text = "name" in reference ? vault.resolve(reference.name) : openSealed(reference.sealed, { vault, effect });
    maskSecret(mask, text);
    return text;
  });
}

/** The same with something else in the place of every secret. */
export function hideSecrets(input: Json, places: SecretPlaces): Json {
  return replaceReferences(input, places, () => HIDDEN);
}

/**
 * The output of a step as the log may hold it: what its kind declares as secret is sealed. Throws `output.looks-secret` for what a
 * step after it would take for a secret of ours, and only others can have written.
 */
export function sealSecrets(output: JsonMap, { places, vault, mask, effect }: Opening): Record<string, Json> {
  const sealed = replaceInside(output, places, (value, { path, isSecret }) => {
    if (isSecret && typeof value === "string") {
      maskSecret(mask, value);
      return { sealed: { ...vault.seal(value, originOf(effect, path)) } };
    }
    if (tryReference(value) !== undefined) throw looksSecret(path);
    return undefined;
  });
  return isJsonMap(sealed) ? sealed : {};
}

// Long enough not to be a word of any language.
const LEAST_TOKEN = 20;

/** Of one that consists of several, such as a kubeconfig, each token is as secret as the whole; an address is none. */
function maskSecret(mask: Pick<SecretMask, "add">, text: string): void {
  mask.add(text);
  for (const word of text.split(/\s+/u)) {
    if (word.length >= LEAST_TOKEN && word !== text && !word.startsWith("http")) mask.add(word);
  }
}

function replaceReferences(
  input: Json,
  places: SecretPlaces,
  open: (reference: NonNullable<ReturnType<typeof tryReference>>) => string,
): Json {
  return replaceInside(input, places, (value, { path, isSecret }) => {
    const reference = tryReference(value);
    if (reference === undefined) return undefined;
    if (!isSecret) throw misplaced(path);
    return open(reference);
  });
}

/** A secret output is for its own run: its origin says where it came from, and it opens as nothing else. */
function openSealed(sealed: SealedText, { vault, effect }: Pick<Opening, "vault" | "effect">): string {
  if (sealed.origin.startsWith(`${effect.run}/`)) return vault.open(sealed);
  const message = `A secret output of another run (${JSON.stringify(sealed.origin)}) was refused.`;
  throw new AppError(message, { code: "secret.unreadable" });
}

function originOf(effect: Effect, path: string): string {
  return `${effectKey(effect)}/${path}`;
}

function misplaced(path: string): AppError {
  const message = `The input ${path} holds a secret and is not made for one: it could be shown or written down. Pass it to an input that takes secrets.`;
  return new AppError(message, { code: "input.secret-misplaced" });
}

function looksSecret(path: string): AppError {
  const message = `The output ${path} looks like a secret of Quarterdeck's own, which only Quarterdeck may write, so it was refused.`;
  return new AppError(message, { code: "output.looks-secret" });
}
