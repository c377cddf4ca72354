import type { MessageBlock, plainText } from "../blocks.ts";

/** A form as Slack opens it. */
export interface Modal {
  readonly type: "modal";
  readonly callback_id: string;
  readonly private_metadata: string;
  readonly title: ReturnType<typeof plainText>;
  readonly submit?: ReturnType<typeof plainText>;
  readonly close: ReturnType<typeof plainText>;
  readonly blocks: readonly MessageBlock[];
}
