import type { WorldSettings } from "./demo-world.ts";
import type { Finding } from "./finding.ts";
import type { LeftBehind } from "./left-behind.ts";
import type { Story } from "./story.ts";

/** A story that is told to the real application by people, Slack and Argo CD, and what has to be so afterwards. */
export interface Play {
  readonly name: string;
  /** One line for whoever chooses. */
  readonly summary: string;
  /** In what the world differs from that of the demo. */
  readonly settings?: WorldSettings;
  tell(story: Story): Promise<void>;
  check(left: LeftBehind): readonly Finding[] | Promise<readonly Finding[]>;
}
