import { z } from "zod";

import { bodyAnswer } from "./api-answer.ts";
import { openApiDocument } from "./openapi-document.ts";
import { defineOperation, NO_BODY, type Operation } from "./operation.ts";
import { QUESTION_OPERATIONS } from "./question-operations.ts";
import { READ_OPERATIONS } from "./read-operations.ts";
import { RUN_OPERATIONS } from "./run-operations.ts";

const readDocument = defineOperation(
  {
    id: "readDocument",
    method: "GET",
    path: "/api/openapi.json",
    summary: "This document",
    params: z.strictObject({}),
    query: z.strictObject({}),
    body: NO_BODY,
    answers: { 200: { description: "The document of the API", schema: z.looseObject({ openapi: z.string() }) } },
  },
  () => bodyAnswer(200, openApiDocument(OPERATIONS)),
);

/** Everything that can be asked of the API. */
export const OPERATIONS: readonly Operation[] = [
  ...RUN_OPERATIONS,
  ...READ_OPERATIONS,
  ...QUESTION_OPERATIONS,
  readDocument,
];
