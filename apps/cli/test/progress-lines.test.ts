import { PassThrough } from 'node:stream';
import t from 'tap';
import { DownloadDisplay } from '../src/display/download-display.js';
import { firstLines } from '../src/display/fitting.js';
import { InstallDisplay } from '../src/display/install-display.js';
import { Screen } from './support/screen.js';

const FILE = 'train-images-idx3-ubyte.gz';

t.test('a download is a line that fits the window, and is gone at its end', async (t) => {
  const screen = new Screen(80, 4);
  const display = new DownloadDisplay(screen);
  display.progress({ file: FILE, receivedBytes: 6e6, totalBytes: 12e6 });
  t.same(await screen.everything(), [`Downloading ██████████░░░░░░░░░░  50 %  ${FILE}, 6 MB`]);
  await screen.resize(60, 4);
  t.same(await screen.everything(), [`Downloading ███░░  50 %  ${FILE}, 6 MB`]);
  await screen.resize(40, 4);
  t.same(await screen.everything(), ['Downloading train-images-idx3-ubyte.gz,']);
  await screen.resize(120, 4);
  t.same(await screen.everything(), [`Downloading ${'█'.repeat(15)}${'░'.repeat(15)}  50 %  ${FILE}, 6 MB`]);
  display.files(3, 4);
  t.same(await screen.everything(), [`Reading ${'█'.repeat(23)}${'░'.repeat(7)}  75 %  3 of 4 files`]);
  display.close();
  t.same(await screen.everything(), []);
});

t.test('an installation is a line that fits the window, and is gone at its end', async (t) => {
  const screen = new Screen(40, 4);
  const display = new InstallDisplay(screen);
  display.progress({ step: 'Downloading libtensorflow-cpu-linux-x86_64', bytes: 1e6 });
  t.same(await screen.everything(), ['Downloading libtensorflow-cpu-linux-x86']);
  display.progress({ step: 'Unpacking' });
  t.same(await screen.everything(), ['Unpacking …']);
  display.close();
  display.close();
  t.same(await screen.everything(), []);
});

t.test('elsewhere, each is a line for each file and each step', async (t) => {
  const pipe = new PassThrough({ encoding: 'utf8' });
  const download = new DownloadDisplay(pipe);
  for (const receivedBytes of [1, 2]) download.progress({ file: FILE, receivedBytes, totalBytes: undefined });
  for (const done of [1, 2]) download.files(done, 2);
  download.close();
  const install = new InstallDisplay(pipe);
  for (const bytes of [1, 2]) install.progress({ step: 'Downloading it', bytes });
  install.close();
  t.equal(pipe.read(), `Downloading ${FILE}\nReading 2 files\nDownloading it\n`);
});

t.test('of a text that is too long for the window, the end is counted', async (t) => {
  t.same(firstLines(['a', 'b', 'c'], 3), ['a', 'b', 'c']);
  t.same(firstLines(['a', 'b', 'c', 'd'], 3), ['a', 'b', '… 2 more lines: enlarge the window']);
});
