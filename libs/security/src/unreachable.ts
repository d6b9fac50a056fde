import { proxyVariable } from '@layerline/process';

/** What a server that does not answer at all says with, where there is no code for it. */
const SILENCE = /timed out|no answer/;

/**
 * Why a server cannot be reached, as far as an error tells, and what to do.
 * @param address of the server, to say where it is dialled directly although the environment names a proxy
 */
export function whyUnreachable(error: NodeJS.ErrnoException, address: string): string {
  const [reason, isReached] = reasonOf(error);
  const variable = isReached || isLoopback(address) ? undefined : proxyVariable();
  if (variable === undefined) return reason;
  const note = `The proxy of ${variable} is for downloads only: coordinators and nodes are dialled directly`;
  return `${reason}${reason.endsWith('?') ? '' : '.'} ${note}`;
}

/** @returns the reason, and whether somebody was there nonetheless */
function reasonOf(error: NodeJS.ErrnoException): [string, boolean] {
  switch (error.code) {
    case 'ECONNREFUSED':
      return ['nothing is listening there. Has it been started, and is the port right?', false];
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
      return ['it cannot be reached from here. Check the address and the firewall', false];
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return ['there is no host by that name', false];
    case 'EPROTO':
    case 'ECONNRESET':
      return ['it hung up. Does it speak TLS (wss://), or not (ws://)?', true];
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
      return [
        'its certificate is self-signed: give the fingerprint that the coordinator shows, with --fingerprint',
        true,
      ];
    default:
      return [error.message, !SILENCE.test(error.message)];
  }
}

/** Whether an address can only be reached from its own machine: nobody expects a proxy there. */
function isLoopback(address: string): boolean {
  return /^wss?:\/\/(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?:[:/]|$)/.test(address);
}
