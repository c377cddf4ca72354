import { AppError } from "../platform/errors.ts";

/** The gRPC codes that Argo CD's API answers with, and the HTTP status of each. */
const CODES = {
  unknown: { code: 2, status: 500 },
  invalidArgument: { code: 3, status: 400 },
  deadlineExceeded: { code: 4, status: 504 },
  notFound: { code: 5, status: 404 },
  permissionDenied: { code: 7, status: 403 },
  failedPrecondition: { code: 9, status: 400 },
  internal: { code: 13, status: 500 },
  unavailable: { code: 14, status: 503 },
  unauthenticated: { code: 16, status: 401 },
} as const;

export type ApiErrorKind = keyof typeof CODES;

/** A refusal in the words of Argo CD; the body of the answer is made of it. */
export class ApiError extends AppError {
  readonly grpcCode: number;
  readonly status: number;

  constructor(kind: ApiErrorKind, message: string) {
    super(message, { code: `simulator.argocd.${kind}` });
    this.grpcCode = CODES[kind].code;
    this.status = CODES[kind].status;
  }

  /** As a unary call answers it. */
  get body(): object {
    return { error: this.message, code: this.grpcCode, message: this.message };
  }

  /** As a stream answers it, and as its last frame. */
  get streamBody(): object {
    const { grpcCode, status, message } = this;
    return { error: { grpc_code: grpcCode, http_code: status, message, http_status: STATUS_TEXTS[status] ?? "" } };
  }
}

const STATUS_TEXTS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  500: "Internal Server Error",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};
