import { LookError } from '../errors.js';

/** What a request asks for does not exist, or makes no sense. */
export class ApiError extends Error {
  readonly code = 'ERR_API';

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

/** The HTTP status that an error is answered with. */
export function statusOf(error: Error & { readonly code?: unknown }): number {
  if (error instanceof ApiError || error instanceof LookError) return error.status;
  switch (error.code) {
    case 'ERR_UNAUTHENTICATED':
    case 'ERR_SIGN_IN_CODE':
      return 401;
    case 'ERR_FORBIDDEN':
      return 403;
    case 'ERR_SIGN_IN_RATE':
      return 429;
    case 'ERR_UNKNOWN_RUN':
    case 'ERR_UNKNOWN_NODE':
    case 'ERR_UNKNOWN_LOOK':
    case 'ERR_UNKNOWN_STAGE':
    case 'ERR_UNKNOWN_OPERATION':
      return 404;
    case 'ERR_CONFIG':
    case 'ERR_PROTOCOL':
    case 'ERR_UNKNOWN_SERIES':
      return 400;
    case 'ERR_PLACEMENT':
    case 'ERR_SUBMISSIONS_CLOSED':
    case 'ERR_STRANDING':
    case 'ERR_AMBIGUOUS_RUN':
    case 'ERR_NAME_TAKEN':
    case 'ERR_RUN_ENDED':
    case 'ERR_RUN_ELSEWHERE':
    case 'ERR_RUN_STOPPING':
    case 'ERR_RUN_BUSY':
    case 'ERR_SNAPSHOTS_LOST':
    case 'ERR_RUN_UNDER_WAY':
    case 'ERR_NO_FRAMES':
    case 'ERR_NOTHING_TO_CHANGE':
    case 'ERR_OPERATION_BUSY':
    case 'ERR_OPERATION_OVER':
    case 'ERR_NOT_RESHAPABLE':
    case 'ERR_NOTHING_TRAINS':
    case 'ERR_NO_DASHBOARD':
      return 409;
    default:
      return 500;
  }
}
