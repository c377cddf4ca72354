import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { projectRun } from "../../src/engine/projection.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { atEndOfTurn } from "../../src/platform/turn.ts";
import type { StoreDeps } from "../../src/store/store.ts";

/** A folder that is gone when it is disposed. */
export class StoreFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "quarterdeck-store-"));

  get log(): string {
    return join(this.path, "quarterdeck.db");
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A store as the server opens it. */
export const STORE_DEPS: StoreDeps = { clock: systemClock, random: systemRandom, atEndOfTurn, projector: projectRun };
