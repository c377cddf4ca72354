import { request } from "undici";

/** A file on its way to the address that Slack named for it. */
export interface Upload {
  readonly url: string;
  readonly content: Uint8Array;
  readonly signal: AbortSignal;
}

/** Resolves with the status: Slack has the file exactly when that is 200. Rejects when there is no answer. */
export type UploadBytes = (upload: Upload) => Promise<number>;

const BOUNDARY = "quarterdeck-file-content";

/** Over the network of this machine, and never on to another address. The address is the credential, so no token goes along. */
export const uploadBytes: UploadBytes = async ({ url, content, signal }) => {
  const head = `--${BOUNDARY}\r\ncontent-disposition: form-data; name="body"; filename="content"\r\ncontent-type: application/octet-stream\r\n\r\n`;
  const body = Buffer.concat([Buffer.from(head), content, Buffer.from(`\r\n--${BOUNDARY}--\r\n`)]);
  const headers = { "content-type": `multipart/form-data; boundary=${BOUNDARY}` };
  const answer = await request(url, { method: "POST", headers, body, signal });
  await answer.body.dump();
  return answer.statusCode;
};
