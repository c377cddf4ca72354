import { setFlagsFromString } from "node:v8";

// V8's own.
const GROWTH_FACTOR = 2;

/** Loads code while V8's young generation, which loading doubles again and again and idleness does not shrink, stays small. */
export async function loadLean<Loaded>(load: () => Promise<Loaded>): Promise<Loaded> {
  growYoungGenerationBy(1);
  try {
    return await load();
  } finally {
    growYoungGenerationBy(GROWTH_FACTOR);
  }
}

function growYoungGenerationBy(factor: number): void {
  setFlagsFromString(`--semi-space-growth-factor=${factor}`);
}
