/** Why a server cannot be reached, as far as an error tells, and what to do. */
export function whyUnreachable(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'nothing is listening there. Has it been started, and is the port right?';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
      return 'it cannot be reached from here. Check the address and the firewall';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'there is no host by that name';
    case 'EPROTO':
    case 'ECONNRESET':
      return 'it hung up. Does it speak TLS (wss://), or not (ws://)?';
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
      return 'its certificate is self-signed: give the fingerprint that the coordinator shows, with --fingerprint';
    default:
      return error.message;
  }
}
