import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { layerline } from './support/layerline.js';

t.test('the command says which proxy is in the way, and connects to coordinators without one', async (t) => {
  const asked: string[] = [];
  const proxy = createServer();
  proxy.on('connect', ({ url }, socket) => {
    asked.push(url ?? '');
    socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n');
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.teardown(() => proxy.close());
  const host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;

  const env = { HTTPS_PROXY: `http://${host}` };
  const train = await layerline(t, ['train', '--dataset', 'mnist', '--layers', '20'], { env });
  t.equal(train.code, 1);
  const wants = `the proxy ${host} of HTTPS_PROXY wants a name and a password: set HTTPS_PROXY to http://NAME:PASSWORD@${host}; `;
  t.ok(train.stderr.includes(wants), train.stderr);
  t.same([...new Set(asked)].sort(), ['ossci-datasets.s3.amazonaws.com:443', 'storage.googleapis.com:443']);

  const broken = { HTTPS_PROXY: 'http://me:secret@' };
  const auto = ['train', '--layers', '20', '--epochs', '1', '--single-process', '--no-dashboard'];
  const digits = await layerline(t, auto, { env: broken });
  t.equal(digits.code, 0, digits.stderr);
  t.match(
    digits.stdout + digits.stderr,
    /digits \(built in\): MNIST is not .* \(HTTPS_PROXY is not the address of a proxy: /,
  );

  asked.length = 0;
  const status = await layerline(t, ['status', '--coordinator', 'wss://nobody.invalid:7878'], {
    env: { ...env, LAYERLINE_TOKEN: 'a'.repeat(43) },
  });
  t.equal(status.code, 1);
  t.match(
    status.stderr,
    /there is no host by that name\. The proxy of HTTPS_PROXY is for downloads only: coordinators and /,
  );
  t.same(asked, []);
});
