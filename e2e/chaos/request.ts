import { request } from 'node:https';
import { agentFor, bearer } from '@layerline/security';

const DEADLINE_MS = 5_000;

/** Where and what to ask. */
export interface Question {
  readonly host: string;
  readonly port: number;
  readonly fingerprint: string;
  readonly token: string;
  readonly method: string;
  readonly path: string;
  readonly body?: Uint8Array | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Asks a coordinator over TLS. @throws Error where it does not answer soon */
export function ask({ fingerprint, token, body, headers, ...where }: Question): Promise<Answer> {
  const agent = agentFor({ fingerprint });
  return new Promise((resolve, reject) => {
    const sent = request({ ...where, agent, headers: { authorization: bearer(token), ...headers } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', reject);
    });
    sent.setTimeout(DEADLINE_MS, () => sent.destroy(new Error('no answer')));
    sent.on('error', reject);
    sent.end(body);
  });
}
