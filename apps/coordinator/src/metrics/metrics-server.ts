import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { BlockList, isIP } from 'node:net';
import type { AddressInfo } from 'node:net';
import { limitedServer, listen } from '@layerline/security';
import { EXPOSITION_TYPE } from './exposition.js';

/** Scrapers are few, and none shows a secret: the oldest connection makes room for the next. */
const LIMITS = { connections: 64, connectionsPerAddress: 16 };

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');

/**
 * Answers `GET /metrics` on a port of its own, without a token, for a Prometheus that finds its targets by itself; there is
 * nothing else behind it.
 */
export class MetricsServer {
  readonly #http: Server;

  /** @param read what it answers */
  constructor(
    readonly options: { readonly host: string; readonly port: number },
    readonly read: () => string,
  ) {
    this.#http = limitedServer(undefined, LIMITS, (request, response) => this.#answer(request, response));
  }

  /** Starts to listen. @throws ListenError if the address is unavailable */
  async start(): Promise<void> {
    const { host, port } = this.options;
    await listen(this.#http, host, { from: port, to: port });
  }

  /** The port that it listens on. */
  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  stop(): void {
    this.#http.close();
    this.#http.closeAllConnections();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { method, url } = request;
    if (this.#isFromPage(request)) {
      response.writeHead(403).end('requests from web pages are not allowed');
    } else if (method !== 'GET' || url !== '/metrics') {
      response.writeHead(404).end('there is only GET /metrics here');
    } else {
      response.writeHead(200, { 'content-type': EXPOSITION_TYPE, 'cache-control': 'no-store' }).end(this.read());
    }
  }

  /**
   * Whether a page in this machine's browser may have sent a request: it names its origin, or has had a name of its own
   * pointed at the loopback (DNS rebinding).
   */
  #isFromPage({ headers }: IncomingMessage): boolean {
    if (headers.origin !== undefined) return true;
    const name = `http://${headers.host ?? ''}`;
    const host = URL.canParse(name) ? new URL(name).hostname : '';
    return isLoopback(this.options.host) && !isLoopback(host);
  }
}

/** @param host a name, or an address with or without brackets */
function isLoopback(host: string): boolean {
  const address = host.replace(/^\[(.+)\]$/, '$1');
  const family = isIP(address);
  return family === 0 ? host === 'localhost' : LOOPBACK.check(address, family === 6 ? 'ipv6' : 'ipv4');
}
