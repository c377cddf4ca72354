import { z } from "zod";

import { SlackApiError } from "./slack-api-error.ts";
import { postableChannel, threadParent } from "./slack-channel-access.ts";
import { authored } from "./slack-chat-methods.ts";
import type { SlackFile } from "./slack-files.ts";
import { readContent } from "./slack-message-content.ts";
import type { JsonObject } from "./slack-messages.ts";
import { countArgument, defineSlackMethod, jsonArgument, type SlackMethod, textArgument } from "./slack-method.ts";
import type { SlackWorld } from "./slack-world.ts";

/** Slack limit for snippets. */
const LARGEST_SNIPPET_BYTES = 1_048_576;

const getUploadUrl = defineSlackMethod({
  limit: "tier4",
  scope: "files:write",
  args: z.object({ filename: textArgument, length: countArgument, snippet_type: textArgument.optional() }),
  run: (args, world) => {
    if (args.length === 0) throw new SlackApiError("missing_argument");
    const snippet = args.snippet_type !== undefined;
    if (snippet && args.length > LARGEST_SNIPPET_BYTES) throw new SlackApiError("snippet_too_large");
    const { file, ticket } = world.files.announce(args.filename, args.snippet_type);
    return { upload_url: `${world.baseUrl()}/upload/${ticket}`, file_id: file.id };
  },
});

const NamedFiles = z.array(z.object({ id: z.string(), title: z.string().optional() })).min(1);

const completeUpload = defineSlackMethod({
  limit: "tier4",
  scope: "files:write",
  args: z.object({
    files: jsonArgument.pipe(NamedFiles),
    channel_id: textArgument.optional(),
    thread_ts: textArgument.optional(),
    initial_comment: textArgument.optional(),
    blocks: jsonArgument.optional(),
  }),
  run: (args, world) => {
    const named = args.files.map(({ id, title }) => ({
      ...uploaded(id, world),
      ...(title === undefined ? {} : { title }),
    }));
    if (args.channel_id !== undefined) share(named, { ...args, channel_id: args.channel_id }, world);
    else for (const file of named) world.files.put(file);
    return { files: named.map(({ id, title }) => ({ id, title })) };
  },
});

const info = defineSlackMethod({
  limit: "tier4",
  scope: "files:read",
  args: z.object({ file: textArgument }),
  run: (args, world) => ({ file: wireFile(uploaded(args.file, world), world) }),
});

export const slackFileMethods: Readonly<Record<string, SlackMethod>> = {
  "files.getUploadURLExternal": getUploadUrl,
  "files.completeUploadExternal": completeUpload,
  "files.info": info,
};

function uploaded(id: string, world: SlackWorld): SlackFile {
  const file = world.files.file(id);
  if (file?.content === undefined) throw new SlackApiError("file_not_found");
  return file;
}

interface ShareTarget {
  readonly channel_id: string;
  readonly thread_ts?: string | undefined;
  readonly initial_comment?: string | undefined;
  readonly blocks?: unknown;
}

function share(files: readonly SlackFile[], target: ShareTarget, world: SlackWorld): void {
  const channel = postableChannel(target.channel_id, world);
  const parent = threadParent(channel, target.thread_ts, world);
  // The comment wins over blocks.
  const blocks = target.initial_comment === undefined ? target.blocks : undefined;
  const content = readContent({ text: target.initial_comment ?? "", blocks });
  const message = world.messages.add({
    ...authored(content, world),
    channel: channel.id,
    threadTs: parent?.ts,
    files: files.map((file) => wireFile(file, world)),
  });
  for (const file of files) {
    world.files.put({ ...file, shares: [...file.shares, { channel: channel.id, ts: message.ts }] });
  }
}

function wireFile(file: SlackFile, world: SlackWorld): JsonObject {
  const shares = Object.fromEntries(file.shares.map(({ channel, ts }) => [channel, [{ ts }]]));
  const address = `${world.baseUrl()}/files/${file.id}`;
  return {
    id: file.id,
    name: file.name,
    title: file.title,
    size: file.content?.length ?? 0,
    mode: file.snippetType === undefined ? "hosted" : "snippet",
    filetype: file.snippetType ?? "binary",
    permalink: address,
    url_private: address,
    shares: { public: shares },
  };
}
