import type { RunStatus } from '@layerline/api';
import { Command } from '../ui/states.js';

/** How a run ended, where that calls for something: why it failed, and how to go on. */
export function RunEndBanner({ status: { id, end } }: { readonly status: RunStatus }) {
  if (end === null || !('error' in end)) return null;
  const { code, message } = end.error;
  return (
    <section class="banner banner-bad" role="alert">
      <h2>The run failed</h2>
      <p>
        {message} <span class="dim">{code}</span>
      </p>
      <p>Once that is mended, it goes on from its newest snapshot:</p>
      <Command text={`layerline resume ${id}`} />
    </section>
  );
}
