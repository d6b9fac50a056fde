/** The environment names a proxy that cannot be used. */
export class ProxyError extends Error {
  readonly code = 'ERR_PROXY';

  /** @param variable that names it @param problem what is wrong and what would be right, as a sentence without its subject */
  constructor(variable: string, problem: string) {
    super(`${variable} ${problem}`);
    this.name = 'ProxyError';
  }
}

/** A proxy that the environment names. */
export interface Proxy {
  /** The variable that names it, such as HTTPS_PROXY. */
  readonly variable: string;
  /** `http:` or `https:`, perhaps with a name and a password. */
  readonly address: URL;
}

/** How downloads leave this machine. */
export interface ProxySettings {
  /** For addresses that begin with `http:`. */
  readonly http: Proxy | undefined;
  /** For addresses that begin with `https:`. */
  readonly https: Proxy | undefined;
  /** Hosts that are reached directly, as NO_PROXY lists them. Empty for none. */
  readonly noProxy: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** In capitals or not, as curl, npm and Git read them; the first that is set counts. */
const HTTP = ['http_proxy', 'HTTP_PROXY'];
const HTTPS = ['https_proxy', 'HTTPS_PROXY', ...HTTP];
const NONE = ['no_proxy', 'NO_PROXY'];

/**
 * The proxies that the environment names.
 * @throws ProxyError that never repeats the address, which may hold a password
 */
export function proxySettings(environment: Environment = process.env): ProxySettings {
  const noProxy = firstSet(NONE, environment);
  return {
    http: proxyOf(HTTP, environment),
    https: proxyOf(HTTPS, environment),
    noProxy: noProxy === undefined ? '' : (environment[noProxy] ?? ''),
  };
}

/** The variable that names a proxy for most addresses; undefined where none does. */
export function proxyVariable(environment: Environment = process.env): string | undefined {
  return firstSet(HTTPS, environment);
}

function firstSet(names: readonly string[], environment: Environment): string | undefined {
  return names.find((name) => (environment[name] ?? '').trim() !== '');
}

function proxyOf(names: readonly string[], environment: Environment): Proxy | undefined {
  const variable = firstSet(names, environment);
  if (variable === undefined) return undefined;
  const text = (environment[variable] ?? '').trim();
  const address = addressOf(text.includes('://') ? text : `http://${text}`);
  if (address === undefined) {
    throw new ProxyError(variable, 'is not the address of a proxy: write http://HOST:PORT, or unset it');
  }
  if (address.protocol !== 'http:' && address.protocol !== 'https:') {
    const kind = address.protocol.slice(0, -1);
    throw new ProxyError(variable, `names a proxy that speaks ${kind}: name one that begins with http:// or https://`);
  }
  return { variable, address };
}

function addressOf(text: string): URL | undefined {
  try {
    const url = new URL(text);
    // Both have to be decoded before they are sent.
    decodeURIComponent(url.username + url.password);
    return url.hostname === '' ? undefined : url;
  } catch {
    return undefined;
  }
}
