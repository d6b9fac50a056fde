import { ProxyError, proxySettings, type Proxy } from '@layerline/process';
import { EnvHttpProxyAgent, fetch, Pool, type Dispatcher, type RequestInit, type Response } from 'undici';
import { DownloadError } from './errors.js';
import { unreachableReason } from './unreachable.js';

/** How undici says that a proxy has answered something else than that the way is open. */
const REFUSAL = /^Proxy (?:response|Authentication Required) \((\d+)\)/;
const WANTS_PASSWORD = 407;

/** The way to one address, through the proxy that the environment names for it, if it names one. */
export class Network {
  readonly #url: URL;
  readonly #proxy: Proxy | undefined;
  readonly #agent: Dispatcher;
  /** What has kept the proxy from being reached. */
  #unreachable: Error | undefined;
  #isProxied = false;

  /** @throws DownloadError when the environment names a proxy that cannot be used */
  constructor(url: string) {
    this.#url = new URL(url);
    try {
      const { http, https, noProxy } = proxySettings();
      this.#proxy = this.#url.protocol === 'https:' ? https : http;
      const addresses = { httpProxy: http?.address.href ?? '', httpsProxy: https?.address.href ?? '', noProxy };
      const factory = (origin: string | URL, options: object): Pool => this.#pool(origin, options);
      // What is not encrypted goes to the proxy as a request of its own: few let it through a tunnel.
      this.#agent = new EnvHttpProxyAgent({ ...addresses, proxyTunnel: false, factory, clientFactory: factory });
    } catch (error) {
      if (!(error instanceof ProxyError)) throw error;
      throw new DownloadError('ERR_DOWNLOAD_PROXY', error.message, { cause: error });
    }
  }

  /** @throws DownloadError when a proxy is in the way, or what `fetch` throws */
  async fetch(options: RequestInit): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(this.#url, { ...options, dispatcher: this.#agent });
    } catch (error) {
      throw this.#refusal(error) ?? error;
    }
    if (this.#proxy === undefined || response.status !== WANTS_PASSWORD) return response;
    await response.body?.cancel();
    throw this.#refused(WANTS_PASSWORD, undefined);
  }

  /** What to add to a failure of the other end: which proxy was in between, if one was. */
  get via(): string {
    return this.#isProxied ? `, through ${this.#proxyName}` : '';
  }

  /** Breaks all connections. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  #pool(origin: string | URL, options: object): Pool {
    const pool = new Pool(origin, options);
    if (new URL(origin).host === this.#proxy?.address.host) {
      pool.on('connectionError', (_origin, _targets, error) => (this.#unreachable = error));
      pool.on('connect', () => (this.#isProxied = true));
    }
    return pool;
  }

  /** The error for a failure that is the proxy's; undefined for any other. */
  #refusal(error: unknown): DownloadError | undefined {
    for (let cause = error; cause instanceof Error; cause = cause.cause) {
      const status = REFUSAL.exec(cause.message)?.[1];
      if (status !== undefined) return this.#refused(Number(status), cause);
    }
    if (this.#unreachable === undefined) return undefined;
    const reason = unreachableReason(this.#unreachable) ?? `cannot be reached (${this.#unreachable.message})`;
    return this.#problem(reason, this.#unreachable);
  }

  #refused(status: number, cause: unknown): DownloadError {
    const { host } = this.#url;
    if (status !== WANTS_PASSWORD) return this.#problem(`does not let us through to ${host} (${status})`, cause);
    const { variable, address } = this.#proxy as Proxy;
    // Without a password, a name is not sent either.
    return address.username === '' || address.password === ''
      ? this.#problem(`wants a name and a password: set ${variable} to http://NAME:PASSWORD@${address.host}`, cause)
      : this.#problem(`refuses the name and the password that ${variable} has`, cause);
  }

  #problem(problem: string, cause: unknown): DownloadError {
    return new DownloadError('ERR_DOWNLOAD_PROXY', `${this.#proxyName} ${problem}`, { cause });
  }

  get #proxyName(): string {
    const { variable, address } = this.#proxy as Proxy;
    return `the proxy ${address.host} of ${variable}`;
  }
}
