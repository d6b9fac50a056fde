import t from 'tap';
import { decodeView, encodeView, fragmentQuery, WHOLE_VIEW, withQuery } from '../src/charts/view-link.js';
import type { ViewState } from '../src/charts/view-link.js';

const VIEW: ViewState = {
  axis: 'epoch',
  logX: true,
  logY: true,
  smoothing: 0.97,
  zoom: [1.25, 3.5],
  zoomY: { loss: [-0.5, 2], 'test-error': [0, 0.1] },
  hidden: ['layer-2', 'run'],
};

t.test('a link restores a view', async (t) => {
  const fragment = withQuery('#/runs/one/charts', encodeView(VIEW, new URLSearchParams()));
  t.equal(
    fragment,
    '#/runs/one/charts?x=epoch&log=x,y&smooth=0.97&zoom=1.25~3.5&y.loss=-0.5~2&y.test-error=0~0.1&hide=layer-2,run',
  );
  t.strictSame(decodeView(fragmentQuery(fragment)), VIEW);
});

t.test('the whole view needs no query, and takes back what was there', async (t) => {
  const query = encodeView(WHOLE_VIEW, new URLSearchParams('runs=a,b&x=epoch&zoom=1~2&y.loss=0~1'));
  t.equal(withQuery('#/compare?runs=a,b&x=epoch', query), '#/compare?runs=a,b', 'the page keeps its own');
  t.equal(withQuery('', new URLSearchParams()), '#');
  t.strictSame(decodeView(new URLSearchParams()), WHOLE_VIEW);
});

t.test('what makes no sense is left out', async (t) => {
  const query = 'x=miles&log=z&smooth=7&zoom=3~1&y.loss=a~b&hide=,';
  t.strictSame(decodeView(new URLSearchParams(query)), { ...WHOLE_VIEW, smoothing: 0.999 });
  t.strictSame(decodeView(new URLSearchParams('smooth=-1&zoom=&log=')), WHOLE_VIEW);
  t.equal(decodeView(new URLSearchParams('zoom=1~')).zoom, undefined);
});
