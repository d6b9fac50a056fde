import { openFeeder } from '@layerline/pipeline';
import { runStage } from '@layerline/stage';

runStage(openFeeder);
