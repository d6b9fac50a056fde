/** How layers are cut into shards. A module of its own, for the page, which has no use for schemas. */
export { mostShardsOf, shardsOf } from '@layerline/plan/layer-shards';
