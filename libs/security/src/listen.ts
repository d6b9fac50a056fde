import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { ListenError } from './errors.js';

/** Ports to choose from, both ends included; 0 to 0 for any free one. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Makes a server listen, on the first port of the range that is free. @returns the port
 * @throws ListenError when none can be had
 */
export async function listen(server: Server, host: string, { from, to }: PortRange): Promise<number> {
  for (let port = from; ; port++) {
    try {
      server.listen(port, host);
      await once(server, 'listening');
      return (server.address() as AddressInfo).port;
    } catch (error) {
      const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (taken && port < to) continue;
      throw new ListenError(host, from === to ? from : `${from}-${to}`, error as NodeJS.ErrnoException);
    }
  }
}
