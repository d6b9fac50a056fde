import type { Preview, RunStatus } from '@layerline/api';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { stageTitle, whole } from '../format.js';
import { shardsInWords } from '../run/operation.js';
import { Scroll } from '../ui/scroll.js';
import type { Considered } from './scaling.js';
import { moversOf } from './words.js';

interface DialogProps {
  readonly considered: Considered;
  /** The node of each stage now. */
  readonly placement: RunStatus['placement'];
  readonly ask: () => void;
  readonly leave: () => void;
}

/** Says what a change would come to before it is made. Escape and "Cancel" leave everything as it is. */
export function ScaleDialog({ considered, placement, ask, leave }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const title = useId();
  const { layer, shards, preview, isAsked, why } = considered;
  useLayoutEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    // A dialog gives the focus back only where it is closed before it is gone.
    return () => dialog?.close();
  }, []);
  return (
    <dialog ref={element} class="dialog" aria-labelledby={title} onClose={leave}>
      <h2 id={title}>
        Scale {stageTitle(layer)} to {shardsInWords(shards)}?
      </h2>
      <div aria-live="polite">
        {preview.state === 'asking' && <p>Asking the nodes what it would come to…</p>}
        {preview.state === 'answered' && <Outlook preview={preview.answer} placement={placement} />}
      </div>
      {preview.state === 'failed' && <Refusal why={preview.why} />}
      {why !== undefined && <Refusal why={why} />}
      <div class="dialog-buttons">
        <button type="button" class="button" onClick={leave}>
          Cancel
        </button>
        <ScaleButton isReady={preview.state === 'answered'} isAsked={isAsked} ask={ask} />
      </div>
    </dialog>
  );
}

interface ButtonProps {
  /** Whether it is known what it would come to, and that it can be done. */
  readonly isReady: boolean;
  readonly isAsked: boolean;
  readonly ask: () => void;
}

/** Keeps the focus that it has from the beginning, also where it can do nothing. */
function ScaleButton({ isReady, isAsked, ask }: ButtonProps) {
  const isOff = !isReady || isAsked;
  return (
    <button
      type="button"
      class={`button button-primary ${isAsked ? 'is-pending' : ''}`}
      aria-disabled={isOff}
      autofocus
      onClick={isOff ? undefined : ask}
    >
      {isAsked ? 'Asking…' : 'Scale'}
    </button>
  );
}

function Refusal({ why }: { readonly why: string }) {
  return (
    <p class="banner banner-bad" role="alert">
      {why}
    </p>
  );
}

function Outlook({ preview, placement }: { readonly preview: Preview; readonly placement: RunStatus['placement'] }) {
  const movers = moversOf(preview, placement);
  return (
    <>
      <Scroll label="New stages" class="scale-stages">
        <table class="figures">
          <thead>
            <tr>
              <th scope="col">Stage</th>
              <th scope="col">Units</th>
              <th scope="col" class="left">
                Node
              </th>
            </tr>
          </thead>
          <tbody>
            {Object.entries(preview.units).map(([stage, units]) => (
              <tr key={stage}>
                <th scope="row">{stageTitle(stage)}</th>
                <td class="number">{whole(units)}</td>
                <td>{preview.placement[stage]}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {movers.length > 0 && <p>Also, {movers.join(', ')}.</p>}
      <p>
        Training pauses at a snapshot, and goes on from the same batch once the stages have started anew with the state
        that they had. No number of the training changes.
      </p>
    </>
  );
}
