import type { Look, LookList, RunStatus } from '@layerline/api';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { LiveRun } from '../data/live-run.js';
import type { LiveState } from '../data/run-state.js';
import { isOperator } from '../data/session.js';
import { whole } from '../format.js';
import { Panel } from '../ui/panel.js';
import { imageIn } from './look-link.js';
import { LookView } from './look-view.js';
import './look.css';
import { Looks } from './looks.js';

interface PanelProps {
  readonly live: LiveRun;
  readonly state: LiveState;
}

/** What the network makes of single test images, layer by layer. */
export function LookPanel({ live, state: { status, plan } }: PanelProps) {
  const looks = useMemo(() => new Looks(live), [live]);
  useEffect(() => {
    void looks.start();
    return () => looks.stop();
  }, [looks]);
  const list = looks.list.value;
  const shown = looks.shown.value;
  const mayAsk = isOperator.value && status.state !== 'ended';
  return (
    <Panel title="Look inside" aside={<Kept list={list} shown={shown} show={(id) => void looks.show(id)} />}>
      {mayAsk && <Ask testRows={plan.testRows} ask={(chosen) => void looks.ask(chosen)} />}
      <Pending list={list} status={status} />
      {looks.failure.value !== undefined && (
        <p class="banner banner-bad" role="alert">
          {looks.failure.value}
        </p>
      )}
      {shown === undefined ? <Nothing list={list} status={status} /> : <LookView look={shown} plan={plan} />}
    </Panel>
  );
}

interface AskProps {
  readonly testRows: number | undefined;
  readonly ask: (image: number) => void;
}

function Ask({ testRows = 1, ask }: AskProps) {
  const [chosen, choose] = useState(() => imageIn(window.location.hash) ?? 0);
  const isThere = Number.isInteger(chosen) && chosen >= 0 && chosen < testRows;
  return (
    <form
      class="look-ask"
      onSubmit={(event) => {
        event.preventDefault();
        if (isThere) ask(chosen);
      }}
    >
      <label>
        Test image{' '}
        <input
          class="look-number"
          type="number"
          min={0}
          max={testRows - 1}
          required
          value={Number.isNaN(chosen) ? '' : chosen}
          onInput={({ currentTarget }) => choose(currentTarget.valueAsNumber)}
        />
      </label>
      <button class="button" type="submit">
        Look
      </button>
      <button class="button" type="button" onClick={() => choose(Math.floor(Math.random() * testRows))}>
        Another one
      </button>
      <span class="dim">0 … {whole(testRows - 1)}</span>
    </form>
  );
}

interface KeptProps {
  readonly list: LookList | undefined;
  readonly shown: Look | undefined;
  readonly show: (id: number) => void;
}

/** A choice of those that are kept, the newest first. */
function Kept({ list, shown, show }: KeptProps) {
  if (list === undefined || list.looks.length === 0) return null;
  return (
    <label class="dim">
      Looks{' '}
      <select value={shown?.id} onChange={({ currentTarget }) => show(Number(currentTarget.value))}>
        {list.looks.toReversed().map(({ id, image, step }) => (
          <option key={id} value={id}>
            image {image}, batch {whole(step)}
          </option>
        ))}
      </select>
    </label>
  );
}

function Pending({ list, status }: { readonly list: LookList | undefined; readonly status: RunStatus }) {
  if (list === undefined || list.pending.length === 0 || status.state === 'ended') return null;
  const images = list.pending.map(({ image }) => image).join(', ');
  return (
    <p class="look-pending" role="status">
      Looking at test image {images}: it comes after the batch under way…
    </p>
  );
}

function Nothing({ list, status }: { readonly list: LookList | undefined; readonly status: RunStatus }) {
  if (list === undefined) return <p class="empty">Asking for what is kept…</p>;
  if (list.pending.length > 0) return null;
  const hint =
    status.state === 'ended'
      ? 'Nobody has looked inside this run.'
      : 'Choose a test image to see what each layer makes of it.';
  return (
    <p class="empty">{isOperator.value || status.state === 'ended' ? hint : 'Only operators can ask for a look.'}</p>
  );
}
