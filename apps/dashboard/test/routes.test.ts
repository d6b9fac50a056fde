import t from 'tap';
import { formatRoute, parseRoute } from '../src/routes.js';
import type { Route } from '../src/routes.js';

t.test('every place has a link that leads back to it', async (t) => {
  const places: readonly Route[] = [
    { page: 'runs' },
    { page: 'run', run: 'mnist 3×1000/a?b#c', tab: 'overview' },
    { page: 'run', run: 'one', tab: 'charts' },
    { page: 'run', run: 'one', tab: 'config' },
    { page: 'compare', runs: ['one', 'two & three', '<b>'] },
  ];
  for (const place of places) t.same(parseRoute(formatRoute(place)), place, formatRoute(place));
});

t.test('what a view keeps in the query is not in the way', async (t) => {
  t.same(parseRoute('#/runs/one/charts?x=epoch&smooth=0.6'), { page: 'run', run: 'one', tab: 'charts' });
  t.same(parseRoute('#/compare?runs=a,b&x=epoch'), { page: 'compare', runs: ['a', 'b'] });
});

t.test('what is not understood leads to the list of runs', async (t) => {
  for (const fragment of ['', '#', '#/', '#/runs', '#/runs/one/nonsense', '#/else', '#code=abc'])
    t.same(parseRoute(fragment), { page: 'runs' }, fragment);
  t.same(parseRoute('#/runs/%E0%A4%A'), { page: 'run', run: '%E0%A4%A', tab: 'overview' }, 'a broken escape');
});
