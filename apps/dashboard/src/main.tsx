import { render } from 'preact';
import { App } from './app.js';
import { startClock } from './data/clock.js';
import { beginSession } from './data/session.js';
import { followAddress } from './location.js';
import { startTheme } from './theme.js';

startTheme();
startClock();
// Takes the code out of the address before that is read.
void beginSession();
followAddress();

const root = document.getElementById('page');
if (root !== null) render(<App />, root);
