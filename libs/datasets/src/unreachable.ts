import { systemCode } from './errors.js';

/** Failures to reach a host at all, as opposed to those of an established connection. */
const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'cannot be found: no network or no name service',
  EAI_AGAIN: 'cannot be found: no network or no name service',
  ECONNREFUSED: 'refuses connections',
  ENETUNREACH: 'is out of reach',
  EHOSTUNREACH: 'is out of reach',
  ETIMEDOUT: 'does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'does not answer',
};

/** Why a host cannot be reached, to go after its name; undefined where it was reached. */
export function unreachableReason(error: unknown): string | undefined {
  return REASONS[systemCode(error) ?? ''];
}
