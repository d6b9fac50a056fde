import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

export interface LoopbackProxy {
  /** `127.0.0.1:` and its port. */
  readonly host: string;
  /** What it was asked for: `CONNECT host:port`, or `GET http://…`. */
  readonly asked: string[];
}

/** How a proxy treats those who ask. */
export interface Manners {
  /** `NAME:PASSWORD` that it wants to hear. */
  readonly password?: string;
  /** What it answers instead of letting anybody through. */
  readonly refusal?: number;
  /** Where all tunnels lead, whatever host was asked for. */
  readonly tunnelTo?: number;
  /** Whether it never answers. */
  readonly isSilent?: boolean;
}

/** A proxy on the loopback interface that tunnels and forwards. Ends with the test. */
export async function loopbackProxy(
  t: { teardown: (end: () => void) => void },
  { password, refusal, tunnelTo, isSilent = false }: Manners = {},
): Promise<LoopbackProxy> {
  const asked: string[] = [];
  const answerTo = ({ method, url, headers }: IncomingMessage): number => {
    asked.push(`${method} ${url}`);
    const expected = password === undefined ? undefined : `Basic ${Buffer.from(password).toString('base64')}`;
    return headers['proxy-authorization'] === expected ? (refusal ?? 200) : 407;
  };
  const server = createServer((incoming, outgoing) => forward(incoming, outgoing, answerTo(incoming)));
  const sockets = new Set<Socket>();
  server.on('connect', (incoming: IncomingMessage, near: Socket) => {
    sockets.add(near);
    near.on('error', () => undefined);
    const status = answerTo(incoming);
    if (isSilent) return;
    if (status !== 200) return void near.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
    const { hostname, port } = new URL(`http://${incoming.url}`);
    const far = connect(tunnelTo ?? Number(port), tunnelTo === undefined ? hostname : '127.0.0.1', () => {
      near.write('HTTP/1.1 200 Connection established\r\n\r\n');
      far.pipe(near).pipe(far);
    });
    sockets.add(far);
    far.on('error', () => near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    server.close();
  });
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

function forward(incoming: IncomingMessage, outgoing: ServerResponse, status: number): void {
  if (status !== 200) return void outgoing.writeHead(status).end();
  const { 'proxy-authorization': _, ...headers } = incoming.headers;
  const onward = request(incoming.url ?? '', { method: incoming.method, headers }, (response) => {
    outgoing.writeHead(response.statusCode ?? 502, response.headers);
    response.pipe(outgoing);
  });
  onward.on('error', () => outgoing.writeHead(502).end());
  incoming.pipe(onward);
}
