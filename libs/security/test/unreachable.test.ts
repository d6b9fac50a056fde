import t from 'tap';
import { whyUnreachable } from '../src/index.js';

const NAMES = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY'];
const failed = (code: string | undefined, message = 'x'): NodeJS.ErrnoException =>
  Object.assign(new Error(message), code === undefined ? {} : { code });

t.test('a server that cannot be reached is not behind the proxy, and that is said', async (t) => {
  const before = NAMES.map((name) => [name, process.env[name]] as const);
  t.teardown(() => {
    for (const [name, value] of before) if (value !== undefined) process.env[name] = value;
  });
  for (const name of NAMES) Reflect.deleteProperty(process.env, name);
  const address = 'wss://10.0.0.1:7878';
  const firewall = 'it cannot be reached from here. Check the address and the firewall';
  t.equal(whyUnreachable(failed('ETIMEDOUT'), address), firewall);
  process.env['HTTPS_PROXY'] = 'http://me:secret@proxy:3128';
  t.teardown(() => Reflect.deleteProperty(process.env, 'HTTPS_PROXY'));
  const note = '. The proxy of HTTPS_PROXY is for downloads only: coordinators and nodes are dialled directly';
  t.equal(whyUnreachable(failed('ETIMEDOUT'), address), firewall + note);
  t.equal(whyUnreachable(failed('ENOTFOUND'), address), `there is no host by that name${note}`);
  t.match(whyUnreachable(failed('ECONNREFUSED'), address), /is the port right\? The proxy of HTTPS_PROXY is for downl/);
  const silence = 'Opening handshake has timed out';
  t.equal(whyUnreachable(failed(undefined, silence), address), silence + note);
  for (const here of ['ws://127.0.0.1:7878', 'ws://localhost:7878', 'wss://[::1]:7878']) {
    t.equal(whyUnreachable(failed('ETIMEDOUT'), here), firewall, here);
  }
  t.equal(whyUnreachable(failed(undefined, 'it answered 401: no'), address), 'it answered 401: no', 'it was reached');
  t.match(whyUnreachable(failed('ECONNRESET'), address), /^it hung up\..*\(ws:\/\/\)\?$/);
});
