import type { Session } from '@layerline/api';
import { computed, signal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import { Client } from './client.js';
import { RefusedError, sentenceOf } from './errors.js';

/** Whether the coordinator knows us. */
export type SignIn =
  | { readonly state: 'unknown' }
  | { readonly state: 'in'; readonly session: Session }
  /** `why`: what became of the attempt, if there was one. */
  | { readonly state: 'out'; readonly why: string | undefined }
  | { readonly state: 'unreachable'; readonly why: string };

const current = signal<SignIn>({ state: 'unknown' });

export const signIn: ReadonlySignal<SignIn> = current;

/** The only client of the page: whichever request finds that the session is over, the whole page shows it. */
export const client = new Client(() => (current.value = { state: 'out', why: undefined }));

/** Whether we may change anything. */
export const isOperator = computed(
  () => current.value.state === 'in' && current.value.session.principal === 'operator',
);

/** Signs in with the code in the address, if there is one, or else finds out whether we still are. */
export async function beginSession(): Promise<void> {
  const code = takeCode();
  try {
    const session =
      code === undefined
        ? await client.get<Session>('/api/session')
        : await client.post<Session>('/api/session', { code });
    current.value = { state: 'in', session };
  } catch (error) {
    current.value = await afterFailure(error, code);
  }
}

/** A code that no longer works is no reason to turn away someone who has a session, such as after a reload. */
async function afterFailure(error: unknown, code: string | undefined): Promise<SignIn> {
  if (!(error instanceof RefusedError)) return { state: 'unreachable', why: sentenceOf(error) };
  if (code === undefined) return { state: 'out', why: undefined };
  try {
    return { state: 'in', session: await client.get<Session>('/api/session') };
  } catch {
    return { state: 'out', why: error.message };
  }
}

/** The one-time code in the address, which is removed from there: it is a secret, and works only once. */
function takeCode(): string | undefined {
  const { hash, pathname, search } = window.location;
  const code = new URLSearchParams(hash.slice(1)).get('code') ?? undefined;
  if (code !== undefined) history.replaceState(null, '', pathname + search);
  return code;
}
