import { describe, expect, test } from "vitest";

import { createTestSlack, DEPLOYS, GENERAL } from "./slack-test-world.ts";

describe("uploading a file", () => {
  test("files.getUploadURLExternal, the bytes, files.completeUploadExternal share it once", () => {
    const { world, call, post } = createTestSlack({ scopes: (granted) => [...granted, "files:read"] });
    const parent = post({ text: "card" });
    const announced = call("files.getUploadURLExternal", { filename: "plan.txt", length: "4", snippet_type: "text" });
    const id = String(announced["file_id"]);
    const ticket = String(announced["upload_url"]).split("/").at(-1) ?? "";
    const complete = (channel: string) =>
      call("files.completeUploadExternal", {
        files: JSON.stringify([{ id, title: "The plan" }]),
        channel_id: channel,
        thread_ts: parent,
        initial_comment: "look",
      });
    expect(complete(DEPLOYS)["error"]).toBe("file_not_found");
    expect(world.files.receive(ticket, Buffer.from("plan"))).toBe(true);
    expect(world.files.receive(ticket, Buffer.from("again"))).toBe(false);
    expect(complete(GENERAL)["error"]).toBe("not_in_channel");
    expect(complete(DEPLOYS)).toEqual({ ok: true, files: [{ id, title: "The plan" }] });
    const [share] = world.messages.replies(DEPLOYS, parent);
    expect(share).toMatchObject({ text: "look", files: [{ id, title: "The plan", size: 4, mode: "snippet" }] });
    expect(call("files.info", { file: id })["file"]).toMatchObject({
      shares: { public: { [DEPLOYS]: [{ ts: share?.ts }] } },
    });
  });

  test("an empty file, a large snippet and an unreadable list are refused", () => {
    const { call } = createTestSlack();
    const announce = (args: object) => call("files.getUploadURLExternal", { filename: "a", ...args })["error"];
    expect(announce({ length: 0 })).toBe("missing_argument");
    expect(announce({ length: 1_048_577, snippet_type: "text" })).toBe("snippet_too_large");
    expect(announce({ length: 1_048_577 })).toBeUndefined();
    expect(call("files.completeUploadExternal", { files: "[" })["error"]).toBe("invalid_arguments");
  });
});
