import { expect, test } from "vitest";

import { firstPart } from "../../../src/simulator/slack-multipart.ts";

test("the first part of a form with files is found, whatever bytes it holds", () => {
  const content = Buffer.from([0, 13, 10, 255, 45, 45]);
  const head = '--b1\r\nContent-Disposition: form-data; name="body"; filename="Untitled"\r\n\r\n';
  const body = Buffer.concat([Buffer.from(head), content, Buffer.from("\r\n--b1--\r\n")]);
  expect(firstPart(body, "multipart/form-data; boundary=b1")).toEqual(content);
  expect(firstPart(body, 'multipart/form-data; boundary="b1"')).toEqual(content);
});

test("any other body is the content itself", () => {
  expect(firstPart(Buffer.from("plain"), "application/octet-stream")).toEqual(Buffer.from("plain"));
  expect(firstPart(Buffer.from("plain"), undefined)).toEqual(Buffer.from("plain"));
});
