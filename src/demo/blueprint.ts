import type { ProgramName } from "./programs-on-path.ts";
import type { WorldPart } from "./world-part.ts";

/** The command files of `blueprints/` that belong together, and what a world needs to have for them. */
export interface Blueprint {
  readonly name: string;
  /** Files of `blueprints/`, without `.yaml`; the name when absent. */
  readonly files?: readonly string[];
  /** The verbs of the commands, for the grants; the name when absent. */
  readonly verbs?: readonly string[];
  readonly parts?: readonly WorldPart[];
  /** The programs that the commands run; those that are not installed are played by stand-ins. */
  readonly programs?: readonly ProgramName[];
}
