import { z } from "zod";

import type { Artifacts } from "../engine/artifacts.ts";
import type { SlotRecord, SlotStore } from "../engine/ports.ts";
import { type Backoff, backoffMs } from "../platform/backoff.ts";
import type { Clock } from "../platform/clock.ts";
import { AppError, errorText } from "../platform/errors.ts";
import type { Logger } from "../platform/logger.ts";
import { timeLimit } from "../platform/time-limit.ts";
import type { WantedFile } from "./run-files.ts";
import type { SlackClient } from "./slack-clients.ts";
import { failureOf } from "./slack-error.ts";
import type { SlackFailure } from "./slack-failure.ts";
import { LOOK_AFTER_MS } from "./slot-entry.ts";
import { cardSlot } from "./slot-ids.ts";
import type { UploadBytes } from "./upload-bytes.ts";

interface Deps {
  readonly client: SlackClient;
  readonly upload: UploadBytes;
  readonly artifacts: Pick<Artifacts, "read">;
  readonly slots: SlotStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The app's own user, once it is known. */
  readonly botUser: () => string | undefined;
  /** Slack is to post a message there for a file: the milliseconds after which its limits let it. */
  readonly reservePosting: (place: Pick<SlotRecord, "team" | "channel">) => number;
  /** The file is in Slack, or never will be. */
  readonly onSettled: (slot: string) => void;
}

const UploadAddress = z.looseObject({ upload_url: z.url({ protocol: /^https?$/u }), file_id: z.string() });
const Replies = z.looseObject({
  messages: z.array(
    z.looseObject({
      ts: z.string(),
      user: z.string().optional(),
      files: z.array(z.looseObject({ title: z.string().optional() })).optional(),
    }),
  ),
  response_metadata: z.looseObject({ next_cursor: z.string().optional() }).optional(),
});

const AGAIN: Backoff = { firstMs: 2000, factor: 2, longestMs: 60_000 };
const UPLOAD_MS = 120_000;
const MOST_LOOKS = 3;
const PAGE = 200;
const MOST_PAGES = 10;

/** What became of one try: done with it, or to be tried again after a while. */
type Try = { readonly kind: "settled" } | { readonly kind: "again"; readonly afterMs: number | undefined };

/**
 * Brings files into the threads of runs, for as long as it takes. Before Slack is told to show one, that is written
 * down; when its answer is lost the thread is searched before it is told again.
 */
export class FileUploads implements AsyncDisposable {
  readonly #deps: Deps;
  readonly #stop = new AbortController();
  /** By slot, what is under way. */
  readonly #running = new Map<string, Promise<void>>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** May be asked for again and again: a file is sent once. */
  want(file: WantedFile): void {
    if (this.isSettled(file.slot) || this.#running.has(file.slot) || this.#stop.signal.aborted) return;
    this.#running.set(file.slot, this.#run(file));
  }

  isSettled(slot: string): boolean {
    const record = this.#deps.slots.slot(slot);
    return record?.ts !== undefined || record?.lostReason !== undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running.values());
  }

  async #run(file: WantedFile): Promise<void> {
    const { slot } = file;
    try {
      await this.#deliver(file);
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      // What is wrong here is ours, such as a disk that fails; the next start tries it again.
      this.#deps.logger.error("a file could not be brought to Slack", { slot, error: errorText(error) });
    }
    this.#running.delete(slot);
    if (this.isSettled(slot)) this.#deps.onSettled(slot);
  }

  async #deliver(file: WantedFile): Promise<void> {
    const { clock } = this.#deps;
    for (let tries = 1; ; tries += 1) {
      const done = await this.#try(file);
      if (done.kind === "settled") return;
      await clock.sleep(done.afterMs ?? backoffMs(AGAIN, tries + 1), this.#stop.signal);
    }
  }

  async #try(file: WantedFile): Promise<Try> {
    const card = this.#deps.slots.slot(cardSlot(file.run));
    // Nothing stands below a message that is not there.
    if (card?.ts === undefined) return { kind: "again", afterMs: undefined };
    const begun = this.#deps.slots.slot(file.slot);
    if (begun?.postingSince !== undefined) {
      const found = await this.#lookFor(file, begun);
      if (found !== undefined) return found;
    }
    return await this.#send(file, { ...card, ts: card.ts });
  }

  async #send(file: WantedFile, card: SlotRecord & { readonly ts: string }): Promise<Try> {
    const { client, slots, clock } = this.#deps;
    const { slot, title, artifact } = file;
    let posting: SlotRecord | undefined;
    try {
      const id = await this.#upload(file);
      if (id === undefined) return { kind: "again", afterMs: undefined };
      const { team, channel, ts: threadTs } = card;
      const known = { slot, team, channel, threadTs, ts: undefined, sentHash: artifact.digest, lostReason: undefined };
      await clock.sleep(this.#deps.reservePosting(card), this.#stop.signal);
      posting = { ...known, postingSince: clock.now() };
      await slots.save(posting, clock.now());
      const files = JSON.stringify([{ id, title }]);
      await client.apiCall("files.completeUploadExternal", { files, channel_id: channel, thread_ts: threadTs });
    } catch (error) {
      if (error instanceof AppError) return await this.#lose(file, { card, code: error.code });
      const failure = failureOf(error);
      if (failure.status === "refused") return await this.#lose(file, { card, code: failure.code });
      return again(failure);
    }
    return await this.#note(file, posting);
  }

  /** The id of the file, with its content at Slack; undefined when Slack did not take that. Nobody sees it yet. */
  async #upload({ artifact }: WantedFile): Promise<string | undefined> {
    const { client, upload, artifacts, clock } = this.#deps;
    const content = await artifacts.read(artifact);
    const asked = { filename: artifact.name, length: content.length };
    const { upload_url: url, file_id: id } = UploadAddress.parse(
      await client.apiCall("files.getUploadURLExternal", asked),
    );
    using limit = timeLimit(clock, UPLOAD_MS);
    const signal = AbortSignal.any([this.#stop.signal, limit.signal]);
    return (await upload({ url, content, signal })) === 200 ? id : undefined;
  }

  /** Slack says that it shows the file, but not in which message: that is looked for, in vain where we may not read. */
  async #note(file: WantedFile, posting: SlotRecord): Promise<Try> {
    for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
      const found = await this.#lookFor(file, posting);
      if (found?.kind === "settled") return found;
    }
    await this.#save({ ...posting, lostReason: "shown_unseen" });
    return { kind: "settled" };
  }

  /** Looks whether Slack shows it although we were not told; undefined when it does not. */
  async #lookFor({ title }: WantedFile, posting: SlotRecord): Promise<Try | undefined> {
    const { clock } = this.#deps;
    const sinceMs = posting.postingSince ?? clock.now();
    const waitMs = Math.min(LOOK_AFTER_MS, Math.max(0, sinceMs + LOOK_AFTER_MS - clock.now()));
    await clock.sleep(waitMs, this.#stop.signal);
    try {
      const ts = await this.#find(title, { ...posting, sinceMs });
      if (ts === undefined) return undefined;
      await this.#save({ ...posting, ts, postingSince: undefined });
      return { kind: "settled" };
    } catch (error) {
      const failure = failureOf(error);
      if (failure.status !== "refused") return again(failure);
      // Sent once too little is better than twice: nobody can tell here.
      await this.#save({ ...posting, lostReason: failure.code });
      return { kind: "settled" };
    }
  }

  async #find(
    title: string,
    { channel, threadTs, sinceMs }: SlotRecord & { readonly sinceMs: number },
  ): Promise<string | undefined> {
    const { client, botUser } = this.#deps;
    const isOurs = (user: string | undefined): boolean => user === undefined || user === (botUser() ?? user);
    // Slack's clock may be behind ours.
    const oldest = ((sinceMs - 60_000) / 1000).toFixed(6);
    let cursor = "";
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const more = cursor === "" ? {} : { cursor };
      const asked = { channel, ts: threadTs, oldest, limit: PAGE, ...more };
      const replies = Replies.parse(await client.apiCall("conversations.replies", asked));
      const found = replies.messages.find(
        ({ user, files }) => isOurs(user) && files?.some((file) => file.title === title) === true,
      );
      if (found !== undefined) return found.ts;
      cursor = replies.response_metadata?.next_cursor ?? "";
      if (cursor === "") return undefined;
    }
    return undefined;
  }

  /** It will not be shown. */
  async #lose(file: WantedFile, { card, code }: { readonly card: SlotRecord; readonly code: string }): Promise<Try> {
    const { slot } = file;
    this.#deps.logger.warn("Slack does not take a file", { slot, code });
    const { team, channel } = card;
    const place = { slot, team, channel, threadTs: card.ts, ts: undefined, sentHash: undefined };
    await this.#save({ ...place, postingSince: undefined, lostReason: code });
    return { kind: "settled" };
  }

  async #save(record: SlotRecord): Promise<void> {
    await this.#deps.slots.save(record, this.#deps.clock.now());
  }
}

function again(failure: SlackFailure): Try {
  return { kind: "again", afterMs: failure.status === "limited" ? failure.afterMs : undefined };
}
