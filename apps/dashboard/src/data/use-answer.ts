import { useEffect, useState } from 'preact/hooks';
import { sentenceOf } from './errors.js';
import { client } from './session.js';

/** What has become of a question. */
export type Asked<Answer> =
  | { readonly state: 'asking' }
  | { readonly state: 'answered'; readonly answer: Answer }
  | { readonly state: 'failed'; readonly why: string };

/** Asks the coordinator for something when it is first shown, and again whenever the path changes. */
export function useAnswer<Answer>(path: string): Asked<Answer> {
  const [asked, setAsked] = useState<Asked<Answer>>({ state: 'asking' });
  useEffect(() => {
    const gone = new AbortController();
    setAsked({ state: 'asking' });
    client.get<Answer>(path, gone.signal).then(
      (answer) => setAsked({ state: 'answered', answer }),
      (error: unknown) => {
        if (!gone.signal.aborted) setAsked({ state: 'failed', why: sentenceOf(error) });
      },
    );
    return () => gone.abort();
  }, [path]);
  return asked;
}
