import { IDLE_DEPS } from "../../src/steps/idle-deps.ts";
import type { KindDeps } from "../../src/steps/step-deps.ts";

/** What step kinds are made of where they use only what is given here; anything else throws when it is used. */
export function idleDeps(given: Partial<KindDeps> = {}): KindDeps {
  return { ...IDLE_DEPS, send: unused("send"), look: unused("look"), ...given };
}

function unused(name: string): () => never {
  return () => {
    throw new TypeError(`the kind used "${name}", which the test did not give it`);
  };
}
