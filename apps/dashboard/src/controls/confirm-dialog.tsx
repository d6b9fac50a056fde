import type { RunAction } from '@layerline/api';
import { useEffect, useId, useRef } from 'preact/hooks';
import { WORDING } from './actions.js';

interface DialogProps {
  readonly action: RunAction;
  readonly confirm: () => void;
  readonly close: () => void;
}

/** Asks before a run is steered. Escape and "Cancel" leave everything as it is. */
export function ConfirmDialog({ action, confirm, close }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const title = useId();
  const { label, question, consequence } = WORDING[action];
  useEffect(() => element.current?.showModal(), []);
  const answered = (): void => {
    if (element.current?.returnValue === action) confirm();
    close();
  };
  return (
    <dialog ref={element} class="dialog" aria-labelledby={title} onClose={answered}>
      <form method="dialog">
        <h2 id={title}>{question}</h2>
        <p>{consequence}</p>
        <div class="dialog-buttons">
          <button class="button" value="">
            Cancel
          </button>
          <button class={`button ${action === 'stop' ? 'button-danger' : 'button-primary'}`} value={action} autofocus>
            {label}
          </button>
        </div>
      </form>
    </dialog>
  );
}
