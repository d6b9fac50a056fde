import t from 'tap';
import { ProxyError, proxySettings, proxyVariable } from '../src/index.js';

/** The variable and the address of each proxy, and what is excepted. */
function read(environment: Record<string, string>): unknown {
  const { http, https, noProxy } = proxySettings(environment);
  return [http, https].map((proxy) => proxy && [proxy.variable, proxy.address.href]).concat([[noProxy]]);
}

t.test('proxies are read as other programs read them', async (t) => {
  t.same(read({}), [undefined, undefined, ['']]);
  const [a, b] = ['http://a:3128/', 'http://b:3128/'];
  t.same(read({ HTTPS_PROXY: b, HTTP_PROXY: a, NO_PROXY: 'x,.y' }), [['HTTP_PROXY', a], ['HTTPS_PROXY', b], ['x,.y']]);
  t.same(read({ https_proxy: b, HTTPS_PROXY: a }), [undefined, ['https_proxy', b], ['']], 'the small one goes first');
  t.same(read({ https_proxy: '', HTTPS_PROXY: a }), [undefined, ['HTTPS_PROXY', a], ['']], 'an empty one is none');
  t.same(read({ http_proxy: a }), [['http_proxy', a], ['http_proxy', a], ['']], 'for all, where it is the only one');
  t.same(read({ HTTPS_PROXY: ' a:3128 ' }), [undefined, ['HTTPS_PROXY', a], ['']], 'without its scheme');
  t.same(read({ HTTPS_PROXY: 'https://me:p%40ss@a' }), [undefined, ['HTTPS_PROXY', 'https://me:p%40ss@a/'], ['']]);
  t.same(
    [proxyVariable({}), proxyVariable({ HTTP_PROXY: a }), proxyVariable({ https_proxy: b })],
    [undefined, 'HTTP_PROXY', 'https_proxy'],
  );
});

t.test('what is no proxy is refused by its variable, without the password in it', async (t) => {
  const refused = (address: string): string => {
    try {
      proxySettings({ HTTPS_PROXY: address });
    } catch (error) {
      if (error instanceof ProxyError) return error.message;
      throw error;
    }
    return 'not refused';
  };
  for (const address of ['http://', 'http://me:secret@a:99999', 'http://me:%zz@a', ':3128', 'http://a b']) {
    t.equal(
      refused(address),
      'HTTPS_PROXY is not the address of a proxy: write http://HOST:PORT, or unset it',
      address,
    );
  }
  t.equal(
    refused('socks5://me:secret@a:1080'),
    'HTTPS_PROXY names a proxy that speaks socks5: name one that begins with http:// or https://',
  );
});
