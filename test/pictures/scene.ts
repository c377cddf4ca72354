import type { DemoWorld, WorldSettings } from "../../src/demo/demo-world.ts";
import type { Story } from "../../src/demo/story.ts";
import type { ControlInput } from "../../src/simulator/argocd-control-command.ts";
import type { SlackMessage } from "../../src/simulator/slack-messages.ts";
import type { Camera } from "./camera.ts";

interface Question {
  readonly user: string;
  readonly text: string;
  /** Tells the answer from others that the person got. */
  readonly says: RegExp;
}

/** With what a scene is played and pictures are taken of it. */
export interface Stage {
  readonly world: DemoWorld;
  readonly story: Story;
  readonly camera: Camera;
  /** Lets something happen in the cluster or in Argo CD. */
  readonly control: (command: ControlInput) => Promise<void>;
  /** A picture of one message. */
  readonly shoot: (message: SlackMessage, name: string) => Promise<void>;
  /** Types a command and takes a picture of the private answer that says so. */
  readonly ask: (question: Question, name: string) => Promise<void>;
}

/** A situation in a world of its own, and the pictures of it. */
export interface Scene {
  readonly name: string;
  readonly settings?: WorldSettings;
  /** What happens before the server starts. */
  before?(stage: Stage): Promise<void>;
  /** What the server is told besides, such as where its commands are. */
  environment?(stage: Stage): Promise<Readonly<Record<string, string>>>;
  play(stage: Stage): Promise<void>;
}

/** The short id of the run whose card this is. */
export function shortIdIn({ blocks }: SlackMessage): string {
  return /run_[0-9A-Z]{4}/u.exec(JSON.stringify(blocks))?.[0] ?? "";
}
