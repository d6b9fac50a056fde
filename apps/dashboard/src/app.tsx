import { useRef } from 'preact/hooks';
import { signIn } from './data/session.js';
import { route } from './location.js';
import { formatRoute } from './routes.js';
import type { Route } from './routes.js';
import { RunPage } from './run/run-page.js';
import { Compare } from './compare/compare.js';
import { RunListPage } from './run-list/run-list-page.js';
import { SignInPage } from './sign-in-page.js';
import { ThemeButton } from './theme-button.js';
import { Message, Skeleton } from './ui/states.js';

/** The frame around every page. */
export function App() {
  const main = useRef<HTMLElement>(null);
  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to the content
      </button>
      <header class="top">
        <a class="brand" href={formatRoute({ page: 'runs' })}>
          <Mark />
          Layerline
        </a>
        <Trail route={route.value} />
        <Who />
        <ThemeButton />
      </header>
      <main ref={main} tabIndex={-1}>
        <Content />
      </main>
    </>
  );
}

/** Three layers and what flows through them. */
function Mark() {
  return (
    <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
      <path class="mark-line" d="M1 10H19" />
      <rect class="mark-1" x="3" y="4" width="3" height="12" rx="1.5" />
      <rect class="mark-2" x="8.5" y="2" width="3" height="16" rx="1.5" />
      <rect class="mark-3" x="14" y="5" width="3" height="10" rx="1.5" />
    </svg>
  );
}

function Trail({ route }: { readonly route: Route }) {
  const here = route.page === 'run' ? route.run : route.page === 'compare' ? 'Compare' : undefined;
  return (
    <nav class="trail" aria-label="Where you are">
      <a href={formatRoute({ page: 'runs' })} aria-current={here === undefined ? 'page' : undefined}>
        Runs
      </a>
      {here !== undefined && <span aria-current="page">{here}</span>}
    </nav>
  );
}

function Who() {
  const current = signIn.value;
  return current.state === 'in' ? <span class="who">{current.session.principal}</span> : null;
}

function Content() {
  const current = signIn.value;
  switch (current.state) {
    case 'unknown':
      return <Skeleton lines={8} />;
    case 'out':
      return <SignInPage why={current.why} />;
    case 'unreachable':
      return (
        <Message title="The coordinator does not answer">
          <p>{current.why}.</p>
          <p>Reload this page once it is there again.</p>
        </Message>
      );
    case 'in':
      return <Page route={route.value} />;
  }
}

function Page({ route }: { readonly route: Route }) {
  switch (route.page) {
    case 'runs':
      return <RunListPage />;
    case 'run':
      return <RunPage run={route.run} tab={route.tab} />;
    case 'compare':
      return <Compare runs={route.runs} />;
  }
}
