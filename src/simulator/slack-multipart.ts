/** The content of the first part of a multipart body; any other body as it is. */
export function firstPart(body: Buffer, contentType: string | undefined): Buffer {
  const boundary = /^multipart\/form-data;.*boundary="?([^";]+)"?/u.exec(contentType ?? "")?.[1];
  if (boundary === undefined) return body;
  const start = body.indexOf("\r\n\r\n");
  const end = body.indexOf(`\r\n--${boundary}`, start + 4);
  return start === -1 || end === -1 ? Buffer.alloc(0) : body.subarray(start + 4, end);
}
